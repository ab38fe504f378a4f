package main

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestInteropNamesWhatIsLeftOut holds the tables of tls/INTEROP.md against the reasons of leftout.go and config.json.
func TestInteropNamesWhatIsLeftOut(t *testing.T) {
	text, err := os.ReadFile("../../INTEROP.md")
	if err != nil {
		t.Fatal(err)
	}
	_, tables, _ := strings.Cut(string(text), "### Left out for")
	config, err := readConfig()
	if err != nil {
		t.Fatal(err)
	}
	patterns := map[string]bool{}
	for _, quoted := range regexp.MustCompile("`[^`]+` ?").FindAllString(rowsOf(tables), -1) {
		patterns[strings.Trim(quoted, "` ")] = true
	}
	if got, want := slices.Sorted(maps.Keys(patterns)), slices.Sorted(maps.Keys(config.DisabledTests)); !slices.Equal(got, want) {
		t.Errorf("INTEROP.md leaves out by name\n%q\nconfig.json\n%q", got, want)
	}
	for why := range outside {
		if !strings.Contains(tables, "\n| "+string(why)+" | ") {
			t.Errorf("INTEROP.md has no row for %q", why)
		}
	}
	for pattern, why := range config.DisabledTests {
		if _, group := outside[why]; !group && !strings.Contains(tables, "| `"+pattern+"` | "+string(why)+" |") {
			t.Errorf("INTEROP.md has no row for %s with its reason", pattern)
		}
	}
}

func rowsOf(text string) string {
	var rows []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "|") {
			rows = append(rows, line)
		}
	}
	return strings.Join(rows, "")
}
