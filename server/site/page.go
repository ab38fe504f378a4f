package web

import (
	"fmt"
	"html/template"
	"strings"
	"time"
)

// table is a part of the information page.
type table struct {
	Title string
	Rows  []row
}

type row struct {
	Name   string
	Values []value
}

// value is a text; Link makes it a link, and Label stands before it.
type value struct {
	Label, Text string
	Link        template.URL
}

// Tables are what the information page shows: what the operator says, and how the router is set.
func (s *Site) Tables() []table {
	return []table{{"Public information", s.public()}, {"Configuration", s.configuration()}}
}

func (s *Site) public() (rows []row) {
	add := func(name string, values ...value) {
		var there []value
		for _, v := range values {
			if v.Text != "" {
				there = append(there, v)
			}
		}
		if len(there) > 0 {
			rows = append(rows, row{name, there})
		}
	}
	add("Version", value{Text: s.Version})
	if s.SourceCode != "" {
		add("Source code", page(s.SourceCode))
	} else {
		add("Source code", value{Text: "not given: the operator can add it to " + s.IniName + ", as the AGPLv3 asks"})
	}
	add("Website", page(s.Website))
	add("Conditions of use", page(s.UsageConditions))
	add("Amendments", page(s.Amendments))
	add("Operator", s.Operator.value())
	add("Administrator", s.Admin.values()...)
	add("Complaints and feedback", s.Complaints.values()...)
	add("Hosted by", s.Hosting.value())
	add("Type of hosting", value{Text: s.HostingType})
	add("Country of the router", value{Text: s.ServerCountry})
	return rows
}

func (s *Site) configuration() []row {
	expiry := "never"
	if s.FileTTL > 0 {
		expiry = "after " + Duration(s.FileTTL)
	}
	return []row{
		{"Files expire", []value{{Text: expiry}}},
		{"New files", []value{{Text: map[string]string{
			"open": "allowed", "password": "allowed with a password", "closed": "not allowed",
		}[s.Uploads()]}}},
		{"Statistics", []value{{Text: map[bool]string{true: "kept", false: "not kept"}[s.Statistics]}}},
	}
}

// page is a link that shows its own address, and a plain text when it is none of the web: an operator's mistake must
// not run as a script.
func page(address string) value {
	if strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://") {
		return value{Text: address, Link: template.URL(address)}
	}
	return value{Text: address}
}

func (e Entity) value() value {
	if e.Name == "" || e.Country == "" {
		return value{Text: e.Name}
	}
	return value{Text: e.Name + " (" + e.Country + ")"}
}

func (c Contacts) values() (values []value) {
	if strings.HasPrefix(c.SimpleX, "simplex:/") || strings.HasPrefix(c.SimpleX, "https://") {
		values = append(values, value{Label: "SimpleX", Text: "open address", Link: template.URL(c.SimpleX)})
	}
	if c.Email != "" {
		values = append(values, value{Label: "Email", Text: c.Email, Link: template.URL("mailto:" + c.Email)})
	}
	if c.PGP != "" && c.PGPFingerprint != "" {
		v := page(c.PGP)
		v.Label, v.Text = "PGP", c.PGPFingerprint
		values = append(values, v)
	}
	return values
}

// Duration is a time in whole days or hours, in words.
func Duration(d time.Duration) string {
	n, unit := int64(d/time.Hour), "hour"
	if n%24 == 0 {
		n, unit = n/24, "day"
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}
