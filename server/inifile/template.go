package inifile

import (
	"strings"
	"text/template"
)

// Template makes an ini file, for a server's init, and knows all settings that there are. In its text setting makes the line
// of a setting, and onOff the value of a switch.
type Template struct{ parsed *template.Template }

// NewTemplate parses the text, in which more may be called beside the functions above. It panics when the text is broken.
func NewTemplate(name, text string, more template.FuncMap) Template {
	functions := template.FuncMap{"setting": setting, "onOff": onOff}
	return Template{template.Must(template.New(name).Funcs(functions).Funcs(more).Parse(text))}
}

// setting is a line for a value, or commented out with a placeholder without one.
func setting(key, value, placeholder string) string {
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

// Render makes the text of an ini file.
func (t Template) Render(values any) (string, error) {
	var b strings.Builder
	err := t.parsed.Execute(&b, values)
	return b.String(), err
}

// Settings are all settings of the template, given values that set none. It panics when these are not the template's.
func (t Template) Settings(values any) map[string][]string {
	text, err := t.Render(values)
	if err != nil {
		panic("inifile: the template " + t.parsed.Name() + " is broken: " + err.Error())
	}
	return Settings(text)
}
