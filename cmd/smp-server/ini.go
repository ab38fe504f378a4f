package main

import (
	_ "embed"
	"path/filepath"
	"text/template"

	"switchyard/server/connections"
	"switchyard/server/inifile"
)

// iniName is the configuration's name in the configuration directory.
const iniName = "smp-server.ini"

//go:embed smp-server.ini.tmpl
var iniText string

// iniValues fills the template. An empty text leaves its setting commented out.
type iniValues struct {
	SourceCode, ServerCountry, Operator, OperatorCountry, Website string
	Hosting, HostingCountry, HostingType                          string
	StoreLog, DailyStats                                          bool
	DBConnection, DBSchema, DBPoolSize                            string
	Password, AdminPassword, ControlPassword                      string
	Host, Ports, ControlPort                                      string
	OwnDomains, SocksProxy                                        string
	WebPath, WebOff, WebCert, WebKey                              string
	StorePath                                                     string
}

var iniTemplate = inifile.NewTemplate(iniName, iniText, template.FuncMap{"connectionLimits": connections.LimitsText})

// render makes the text of an ini file.
func (v iniValues) render() (string, error) { return iniTemplate.Render(v) }

// knownSettings are all settings of the template.
func knownSettings() map[string][]string { return iniTemplate.Settings(iniValues{}) }

// storeDir is where queues and messages are unless the ini says otherwise.
func (p paths) storeDir() string { return filepath.Join(p.logDir, "store") }
