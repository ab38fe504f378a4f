package main

import (
	_ "embed"
	"path/filepath"
	"strings"
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
	Host, ControlPort                                             string
	OwnDomains, SocksProxy                                        string
	WebPath, WebOff, WebCert, WebKey                              string
	StorePath                                                     string
}

var iniTemplate = template.Must(template.New(iniName).Funcs(template.FuncMap{
	"setting": iniSetting,
	"onOff":   onOff,

	"connectionLimits": connections.LimitsText,
}).Parse(iniText))

// iniSetting is a line for a value, or commented out with a placeholder without one.
func iniSetting(key, value, placeholder string) string {
	if value == "" {
		return "# " + key + " = " + placeholder
	}
	return key + " = " + value
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// render makes the text of an ini file.
func (v iniValues) render() (string, error) {
	var b strings.Builder
	err := iniTemplate.Execute(&b, v)
	return b.String(), err
}

// knownSettings are all settings of the template.
func knownSettings() map[string][]string {
	text, err := iniValues{}.render()
	if err != nil {
		panic("smp-server: the template of the ini file is broken: " + err.Error())
	}
	return inifile.Settings(text)
}

// storeDir is where queues and messages are unless the ini says otherwise.
func (p paths) storeDir() string { return filepath.Join(p.logDir, "store") }
