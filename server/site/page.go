package site

import (
	"html/template"
	"strings"

	"switchyard/server/information"
)

// table is a part of the page.
type table struct {
	Title string
	Rows  []Row
}

// Row is something that the page says.
type Row struct {
	Name   string
	Values []Value
}

// Say is a row of one text.
func Say(name, text string) Row { return Row{name, []Value{{Text: text}}} }

// Value is a text; Link makes it a link, and Label stands before it.
type Value struct {
	Label, Text string
	Link        template.URL
}

// Tables are what the page shows: what the operator says, and how the router is set.
func (s *Site) Tables() []table {
	return []table{{"Public information", s.public()}, {"Configuration", s.Configuration}}
}

func (s *Site) public() (rows []Row) {
	add := func(name string, values ...Value) {
		var there []Value
		for _, v := range values {
			if v.Text != "" {
				there = append(there, v)
			}
		}
		if len(there) > 0 {
			rows = append(rows, Row{name, there})
		}
	}
	add("Version", Value{Text: s.Version})
	if s.Information.SourceCode != "" {
		add("Source code", page(s.Information.SourceCode))
	} else {
		add("Source code", Value{Text: "not given: the operator can add it to " + s.IniName + ", as the AGPLv3 asks"})
	}
	add("Website", page(s.Information.Website))
	add("Conditions of use", page(s.Information.UsageConditions))
	add("Amendments", page(s.Information.Amendments))
	add("Operator", entity(s.Information.Operator))
	add("Administrator", contacts(s.Information.Admin)...)
	add("Complaints and feedback", contacts(s.Information.Complaints)...)
	add("Hosted by", entity(s.Information.Hosting))
	add("Type of hosting", Value{Text: s.Information.HostingType})
	add("Country of the router", Value{Text: s.Information.ServerCountry})
	return rows
}

// page is a link that shows its own address, and a plain text when it is none of the web: an operator's mistake must
// not run as a script.
func page(address string) Value {
	if strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://") {
		return Value{Text: address, Link: template.URL(address)}
	}
	return Value{Text: address}
}

func entity(e information.Entity) Value {
	if e.Name == "" || e.Country == "" {
		return Value{Text: e.Name}
	}
	return Value{Text: e.Name + " (" + e.Country + ")"}
}

func contacts(c information.Contacts) (values []Value) {
	if strings.HasPrefix(c.SimpleX, "simplex:/") || strings.HasPrefix(c.SimpleX, "https://") {
		values = append(values, Value{Label: "SimpleX", Text: "open address", Link: template.URL(c.SimpleX)})
	}
	if c.Email != "" {
		values = append(values, Value{Label: "Email", Text: c.Email, Link: template.URL("mailto:" + c.Email)})
	}
	if c.PGP.Fingerprint != "" {
		v := page(c.PGP.URI)
		v.Label, v.Text = "PGP", c.PGP.Fingerprint
		values = append(values, v)
	}
	return values
}
