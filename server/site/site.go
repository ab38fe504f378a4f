package site

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"switchyard/server/information"
	"switchyard/server/qrcode"
	"switchyard/smp"
)

// Site is what a server shows browsers.
type Site struct {
	Kind    string            // of the server, as "SMP router"
	Purpose string            // what it is for, behind "A router"
	Version string            // of the program
	Address smp.ServerAddress // which has no password here; without hosts none is shown
	IniName string            // of the file with the operator's settings

	Information   information.Information
	Configuration []Row // how the server is set, for the page
	Config        any   // the same for programs

	Offer   *Offer            // stands first on the page; nil: nothing
	Scripts []string          // of the page, by their addresses
	Files   map[string][]byte // more of the site, by their names
	Gone    []string          // names of files that an earlier start may have written, and that are not to be there
}

// Offer is what visitors can do on a page of the server's kind.
type Offer struct{ Text, Label, Address string }

//go:embed templates/*.html
var templateFiles embed.FS

var index = template.Must(template.ParseFS(templateFiles, "templates/index.html"))

//go:embed media
var media embed.FS

// addressCode is the file with the address as a QR code.
const addressCode = "media/address.svg"

// Write writes the site into a directory, which it makes. Files of other names stay as they are.
func (s *Site) Write(dir string) error {
	files, err := s.files()
	if err != nil {
		return err
	}
	for _, name := range s.Gone {
		if err := removeFile(dir, name); err != nil {
			return err
		}
	}
	if files[addressCode] == nil {
		if err := removeFile(dir, addressCode); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := writeFile(dir, name, files[name]); err != nil {
			return err
		}
	}
	return nil
}

// files are all files of the site.
func (s *Site) files() (map[string][]byte, error) {
	files := maps.Clone(s.Files)
	if files == nil {
		files = make(map[string][]byte)
	}
	var page bytes.Buffer
	if err := index.Execute(&page, s); err != nil {
		return nil, err
	}
	files["index.html"] = page.Bytes()
	json, err := s.Information.JSON(s.Config)
	if err != nil {
		return nil, err
	}
	files["information.json"] = append(json, '\n')
	if address := s.AddressText(); address != "" {
		svg, err := qrcode.SVG(address)
		if err != nil {
			return nil, err
		}
		files[addressCode] = []byte(svg)
	}
	return files, AddFiles(files, media, "media", "media")
}

// AddFiles adds the files of a directory, under the name of another.
func AddFiles(files map[string][]byte, from fs.FS, dir, to string) error {
	return fs.WalkDir(from, dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(from, name)
		files[to+strings.TrimPrefix(name, dir)] = data
		return err
	})
}

// AddressText is the server's address for the public, empty while its hosts are not known.
func (s *Site) AddressText() string {
	if len(s.Address.Hosts) == 0 {
		return ""
	}
	public := s.Address
	public.BasicAuth = ""
	return public.String()
}

// Onion is the host in the Tor network, if there is one.
func (s *Site) Onion() string {
	for _, h := range s.Address.Hosts {
		if strings.HasSuffix(h, ".onion") {
			return h
		}
	}
	return ""
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
