package loadtest

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// Setting is one line of a router's ini.
type Setting struct{ Section, Key, Value string }

// ParseSetting reads SECTION.KEY=VALUE.
func ParseSetting(text string) (Setting, error) {
	name, value, valued := strings.Cut(text, "=")
	section, key, dotted := strings.Cut(name, ".")
	if !valued || !dotted || section == "" || key == "" || strings.ContainsAny(text, "\r\n") {
		return Setting{}, fmt.Errorf("%q is no setting: give SECTION.KEY=VALUE, as SWITCHYARD.sync=interval", text)
	}
	return Setting{section, key, value}, nil
}

// changeSettings sets settings in an ini file.
func changeSettings(ini string, settings []Setting) error {
	text, err := os.ReadFile(ini)
	if err != nil {
		return err
	}
	changed := string(text)
	for _, s := range settings {
		changed = s.apply(changed)
	}
	return os.WriteFile(ini, []byte(changed), 0o600)
}

var (
	sectionLine = regexp.MustCompile(`^\[([^]]*)\]`)
	settingLine = regexp.MustCompile(`^([A-Za-z_]+)[ \t]*[=:][ \t]*`)
)

// apply sets the setting in the text of an ini: in the place of its line, or at the end of its section, or in a section
// of its own at the end.
func (s Setting) apply(ini string) string {
	lines := strings.SplitAfter(ini, "\n")
	if last := lines[len(lines)-1]; last == "" {
		lines = lines[:len(lines)-1]
	} else {
		lines[len(lines)-1] = last + "\n"
	}
	section, end := "", -1
	for i, line := range lines {
		if m := sectionLine.FindStringSubmatch(line); m != nil {
			section = m[1]
		}
		if section != s.Section {
			continue
		}
		if m := settingLine.FindStringSubmatch(line); m != nil && m[1] == s.Key {
			lines[i] = m[0] + s.Value + "\n"
			return strings.Join(lines, "")
		}
		if strings.TrimSpace(line) != "" {
			end = i
		}
	}
	line := s.Key + " = " + s.Value + "\n"
	if end < 0 {
		return strings.Join(lines, "") + "[" + s.Section + "]\n" + line
	}
	return strings.Join(slices.Insert(lines, end+1, line), "")
}
