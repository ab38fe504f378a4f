package process

import (
	"cmp"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
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

func (s Setting) name() string { return s.Section + "." + s.Key }

// changeSettings sets settings in an ini file. One that the router does not know is an error, as it would measure what was not
// asked for.
func changeSettings(ini string, settings []Setting) error {
	text, err := os.ReadFile(ini)
	if err != nil {
		return err
	}
	known := settingsOf(string(text))
	changed := string(text)
	for _, s := range settings {
		if len(known) > 0 && !slices.Contains(known, s.name()) {
			return fmt.Errorf("the router has no setting %s; the nearest is %s", s.name(), nearest(s.name(), known))
		}
		changed = s.apply(changed)
	}
	return os.WriteFile(ini, []byte(changed), 0o600)
}

var (
	sectionLine = regexp.MustCompile(`^\[([^]]*)\]`)
	settingLine = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)[ \t]*[=:][ \t]*`)
	// commentedLine is a setting that is commented out: as init writes it, so that it is no sentence.
	commentedLine = regexp.MustCompile(`^# ([a-z_][a-z0-9_]*) =`)
)

// settingsOf names the settings of an ini as SECTION.key, those that are commented out included.
func settingsOf(ini string) (names []string) {
	section := ""
	for line := range strings.Lines(ini) {
		if m := sectionLine.FindStringSubmatch(line); m != nil {
			section = m[1]
		} else if m := settingLine.FindStringSubmatch(line); m != nil {
			names = append(names, section+"."+m[1])
		} else if m := commentedLine.FindStringSubmatch(line); m != nil {
			names = append(names, section+"."+m[1])
		}
	}
	return names
}

// nearest is the name that differs from another by the fewest letters.
func nearest(name string, all []string) string {
	return slices.MinFunc(all, func(a, b string) int {
		return cmp.Compare(levenshtein.ComputeDistance(name, a), levenshtein.ComputeDistance(name, b))
	})
}

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
