// Package information is what the operator of a server tells the public: section [INFORMATION] of the ini, and its form in
// JSON, that of the reference's ServerInformation (facts: ntf-and-ops, B2 and B7).
//
// It imports server/inifile. An Information is not changed after Read.
package information

import (
	"strings"

	"switchyard/server/inifile"
)

// Section is that of the ini.
const Section = "INFORMATION"

// Information is what an operator says of a server. Whatever is empty is left out; without SourceCode all is.
type Information struct {
	SourceCode      string
	Website         string
	UsageConditions string
	Amendments      string
	Operator        Entity
	Admin           Contacts
	Complaints      Contacts
	Hosting         Entity
	HostingType     string
	ServerCountry   string // ISO 3166 code, two letters
}

// Entity is an organization or a person.
type Entity struct {
	Name    string
	Country string // ISO 3166 code, two letters
}

// Contacts are ways to reach somebody.
type Contacts struct {
	SimpleX string // link
	Email   string
	PGP     PGP
}

// PGP is a key: both of its fields, or none.
type PGP struct {
	URI         string // link to the key
	Fingerprint string
}

// keys are those that count with source_code only. hosting_type is none of them: init always writes it.
var keys = []string{
	"usage_conditions", "condition_amendments", "server_country", "operator", "operator_country", "website",
	"admin_simplex", "admin_email", "admin_pgp", "admin_pgp_fingerprint",
	"complaints_simplex", "complaints_email", "complaints_pgp", "complaints_pgp_fingerprint",
	"hosting", "hosting_country",
}

// Read reads the section. Without source_code nothing in it counts, and nothing is judged: so it is with the reference.
func Read(f *inifile.File) (i Information) {
	r := reader{f}
	if i.SourceCode = r.text("source_code"); i.SourceCode == "" {
		return i
	}
	i.Website = r.text("website")
	if i.UsageConditions = r.text("usage_conditions"); i.UsageConditions != "" {
		i.Amendments = r.text("condition_amendments")
	}
	i.Operator, i.Hosting = r.entity("operator"), r.entity("hosting")
	i.Admin, i.Complaints = r.contacts("admin"), r.contacts("complaints")
	i.HostingType, i.ServerCountry = r.hostingType(), r.country("server_country")
	return i
}

// Idle names the settings that do not count, as there is no source_code.
func Idle(f *inifile.File) []string {
	if f.Text(Section, "source_code", "") != "" {
		return nil
	}
	return f.Idle(Section, "there is no source_code", keys...)
}

type reader struct{ *inifile.File }

func (r reader) text(key string) string { return r.Text(Section, key, "") }

func (r reader) country(key string) string {
	code := strings.ToUpper(r.text(key))
	if code != "" && (len(code) != 2 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		r.Refuse(Section, key, "is not a country", "write its ISO 3166 code, two letters")
	}
	return code
}

// entity has a country only with a name.
func (r reader) entity(key string) (e Entity) {
	country := r.country(key + "_country")
	if e.Name = r.text(key); e.Name != "" {
		e.Country = country
	}
	return e
}

func (r reader) contacts(who string) (c Contacts) {
	c.SimpleX, c.Email = r.text(who+"_simplex"), r.text(who+"_email")
	if c.SimpleX != "" && !strings.HasPrefix(c.SimpleX, "simplex:/") && !strings.HasPrefix(c.SimpleX, "https://") {
		r.Refuse(Section, who+"_simplex", "is not a SimpleX address", "write one that begins with simplex:/ or https://")
	}
	key := PGP{URI: r.text(who + "_pgp"), Fingerprint: r.text(who + "_pgp_fingerprint")}
	if key.URI != "" && key.Fingerprint != "" {
		c.PGP = key
	}
	return c
}

func (r reader) hostingType() string {
	if r.text("hosting_type") == "" {
		return ""
	}
	return r.Choice(Section, "hosting_type", "virtual", "dedicated", "colocation", "owned")
}
