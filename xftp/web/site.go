package web

import (
	"bytes"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"
	"time"

	"switchyard/server/information"
	"switchyard/server/site"
	"switchyard/smp"
)

// Policy is what the pages may do: beside what all may, run the worker that encrypts, and speak with routers. A link may name
// packets on other routers; nothing else is ever asked of anybody else.
const Policy = site.Policy + "; worker-src 'self'; connect-src 'self' https:"

// Site is what the pages say.
type Site struct {
	Version     string            // of the program
	Address     smp.ServerAddress // without hosts, the page takes the one that it was loaded from
	Transfer    bool              // browsers can reach the router: files can be sent and received
	NewFiles    bool              // may be uploaded
	Password    bool              // is needed to upload
	FileTTL     time.Duration     // 0: files do not expire
	Quota       int64             // bytes that the router may hold; 0: any number
	Statistics  bool
	IniName     string // of the file with the operator's settings
	Information information.Information
}

//go:embed templates/file.html
var templateFiles embed.FS

var transfer = template.Must(template.ParseFS(templateFiles, "templates/file.html"))

//go:embed assets
var assets embed.FS

// transferPage is the file of the page.
const transferPage = "file/index.html"

// Site is the whole site of the router.
func (s *Site) Site() (*site.Site, error) {
	whole := &site.Site{
		Kind: "XFTP router", Purpose: "of files", Version: s.Version, Address: s.Address, IniName: s.IniName,
		Information: s.Information, Configuration: s.configuration(),
		Config: config{int64(s.FileTTL / time.Second), s.Statistics, s.NewFiles, s.Password},
		Files:  make(map[string][]byte),
	}
	if !s.Transfer {
		whole.Gone = []string{transferPage}
		return whole, site.AddFiles(whole.Files, assets, "assets", "assets")
	}
	var page bytes.Buffer
	if err := transfer.Execute(&page, s); err != nil {
		return nil, err
	}
	whole.Files[transferPage] = page.Bytes()
	whole.Offer = &site.Offer{Text: "Send a file in your browser, and pass on a link to it.", Label: "Send a file", Address: "/file/"}
	whole.Scripts = []string{"/assets/forward.js"}
	return whole, site.AddFiles(whole.Files, assets, "assets", "assets")
}

// config is how the router is set, for programs.
type config struct {
	FileExpiration  int64 `json:"fileExpiration,omitempty"` // seconds
	StatsEnabled    bool  `json:"statsEnabled"`
	NewFilesAllowed bool  `json:"newFilesAllowed"`
	BasicAuth       bool  `json:"basicAuthEnabled"`
}

func (s *Site) configuration() []site.Row {
	expiry := "never"
	if s.FileTTL > 0 {
		expiry = "after " + site.Duration(s.FileTTL)
	}
	return []site.Row{
		site.Say("Files expire", expiry),
		site.Say("New files", map[string]string{"open": "allowed", "password": "allowed with a password", "closed": "not allowed"}[s.Uploads()]),
		site.Say("Statistics", map[bool]string{true: "kept", false: "not kept"}[s.Statistics]),
	}
}

// Onion is the host in the Tor network, if there is one.
func (s *Site) Onion() string { return (&site.Site{Address: s.Address}).Onion() }

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
	return site.Duration(s.FileTTL)
}
