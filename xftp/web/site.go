package web

import (
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"
	"time"

	"switchyard/smp"
)

// Site is what the pages say.
type Site struct {
	Version    string            // of the program
	Address    smp.ServerAddress // without hosts, the page takes the one that it was loaded from
	Transfer   bool              // browsers can reach the router: files can be sent and received
	NewFiles   bool              // may be uploaded
	Password   bool              // is needed to upload
	FileTTL    time.Duration     // 0: files do not expire
	Quota      int64             // bytes that the router may hold; 0: any number
	Statistics bool
	IniName    string // of the file with the operator's settings
	Information
}

// Information is what an operator says of a router. Whatever is empty is left out.
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
	SimpleX        string // link
	Email          string
	PGP            string // link to the key
	PGPFingerprint string
}

//go:embed templates/*.html
var templateFiles embed.FS

var templates = template.Must(template.ParseFS(templateFiles, "templates/*.html"))

// Onion is the host in the Tor network, if there is one.
func (s *Site) Onion() string {
	for _, h := range s.Address.Hosts {
		if strings.HasSuffix(h, ".onion") {
			return h
		}
	}
	return ""
}

// What the transfer page knows of the router it uploads to.

// Hosts are those of the address, with commas.
func (s *Site) Hosts() string { return strings.Join(s.Address.Hosts, ",") }

// Port is that of the address.
func (s *Site) Port() string {
	if s.Address.Port == "" {
		return "443"
	}
	return s.Address.Port
}

// KeyHash is the fingerprint of the router's identity in base64url.
func (s *Site) KeyHash() string { return base64.URLEncoding.EncodeToString(s.Address.KeyHash[:]) }

// Uploads is who may upload: open, password or closed.
func (s *Site) Uploads() string {
	switch {
	case !s.NewFiles:
		return "closed"
	case s.Password:
		return "password"
	}
	return "open"
}

// maxFile is what the page can send (page/src/sizes.ts).
const maxFile = 1 << 30

// Most is how many bytes a file may have.
func (s *Site) Most() int64 {
	if s.Quota > 0 {
		return min(s.Quota, maxFile)
	}
	return maxFile
}

// MostText is Most in words.
func (s *Site) MostText() string {
	n, unit := s.Most(), "bytes"
	for _, larger := range []string{"KB", "MB", "GB"} {
		if n < 1024 {
			break
		}
		n, unit = n/1024, larger
	}
	return fmt.Sprint(n, " ", unit)
}

// Keeps is how long files are kept, empty when they do not expire.
func (s *Site) Keeps() string {
	if s.FileTTL == 0 {
		return ""
	}
	return Duration(s.FileTTL)
}
