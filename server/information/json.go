package information

import "encoding/json"

// JSON is the document that a server publishes: how it is set, which each kind of server has its own type for, and what its
// operator says.
func (i *Information) JSON(config any) ([]byte, error) {
	d := document{Config: config}
	if i.SourceCode != "" {
		d.Information = i.public()
	}
	return json.MarshalIndent(d, "", "  ")
}

type document struct {
	Config      any     `json:"config"`
	Information *public `json:"information,omitempty"`
}

type public struct {
	SourceCode      string      `json:"sourceCode"`
	UsageConditions *conditions `json:"usageConditions,omitempty"`
	Operator        *entity     `json:"operator,omitempty"`
	Website         string      `json:"website,omitempty"`
	Admin           *contacts   `json:"adminContacts,omitempty"`
	Complaints      *contacts   `json:"complaintsContacts,omitempty"`
	Hosting         *entity     `json:"hosting,omitempty"`
	HostingType     string      `json:"hostingType,omitempty"`
	ServerCountry   string      `json:"serverCountry,omitempty"`
}

type conditions struct {
	Conditions string `json:"conditions"`
	Amendments string `json:"amendments,omitempty"`
}

type entity struct {
	Name    string `json:"name"`
	Country string `json:"country,omitempty"`
}

type contacts struct {
	SimpleX string `json:"simplex,omitempty"`
	Email   string `json:"email,omitempty"`
	PGP     *pgp   `json:"pgp,omitempty"`
}

type pgp struct {
	URI         string `json:"pkURI"`
	Fingerprint string `json:"pkFingerprint"`
}

func (i *Information) public() *public {
	p := &public{
		SourceCode: i.SourceCode, Operator: i.Operator.json(), Website: i.Website,
		Admin: i.Admin.json(), Complaints: i.Complaints.json(),
		Hosting: i.Hosting.json(), HostingType: i.HostingType, ServerCountry: i.ServerCountry,
	}
	if i.UsageConditions != "" {
		p.UsageConditions = &conditions{i.UsageConditions, i.Amendments}
	}
	return p
}

func (e Entity) json() *entity {
	if e.Name == "" {
		return nil
	}
	return &entity{e.Name, e.Country}
}

func (c Contacts) json() *contacts {
	if c == (Contacts{}) {
		return nil
	}
	j := &contacts{SimpleX: c.SimpleX, Email: c.Email}
	if c.PGP != (PGP{}) {
		j.PGP = &pgp{c.PGP.URI, c.PGP.Fingerprint}
	}
	return j
}
