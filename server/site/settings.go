package site

import "switchyard/server/inifile"

// section is that of the ini.
const section = "WEB"

// Settings are those of the section.
type Settings struct {
	Static    string // directory of the site; empty: there is none
	Cert, Key string // files for browsers, of use only together
	HTTP      string // ports
	HTTPS     string
}

// Read reads the section.
func Read(f *inifile.File) Settings {
	return Settings{
		Static: f.Text(section, "static_path", ""),
		Cert:   f.Text(section, "cert", ""), Key: f.Text(section, "key", ""),
		HTTP: f.Port(section, "http"), HTTPS: f.Port(section, "https"),
	}
}

// Secure tells whether there is a site with a certificate for browsers.
func (s *Settings) Secure() bool { return s.Static != "" && s.Cert != "" && s.Key != "" }

// Idle names settings that are there in vain, each once.
func Idle(f *inifile.File) (lines []string) {
	missing := func(key string) bool { return f.Text(section, key, "") == "" }
	without := func(needed string, keys ...string) {
		if missing(needed) {
			lines = append(lines, f.Idle(section, "there is no "+needed, keys...)...)
		}
	}
	without("key", "cert")
	without("cert", "key")
	without("static_path", "http", "https")
	if !missing("static_path") && (missing("cert") || missing("key")) {
		lines = append(lines, f.Idle(section, "it needs cert and key", "https")...)
	}
	return lines
}
