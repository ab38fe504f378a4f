package main

import (
	_ "embed"
	"text/template"

	"switchyard/server/connections"
	"switchyard/server/inifile"
)

// iniName is the configuration's name in the configuration directory.
const iniName = "file-server.ini"

//go:embed file-server.ini.tmpl
var iniText string

// iniValues fills the template. An empty text leaves its setting commented out.
type iniValues struct {
	SourceCode       string
	StoreLog         bool
	Host, Password   string
	FilesPath, Quota string
	WebPath          string
	WebCert, WebKey  string
	StorePath        string
}

var iniTemplate = inifile.NewTemplate(iniName, iniText, template.FuncMap{"connectionLimits": connections.LimitsText})

// render makes the text of an ini file.
func (v iniValues) render() (string, error) { return iniTemplate.Render(v) }

// knownSettings are all settings of the template.
func knownSettings() map[string][]string { return iniTemplate.Settings(iniValues{}) }
