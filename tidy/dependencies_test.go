package tidy

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDependenciesHaveALine wants a row in docs/dependencies.md for each module that go.mod requires directly, and no row for
// another one.
func TestDependenciesHaveALine(t *testing.T) {
	read := func(name string) string {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	needed := make(map[string]bool)
	var indirect []string
	for _, line := range strings.Split(read("../go.mod"), "\n") {
		switch fields := strings.Fields(strings.TrimPrefix(line, "require ")); {
		case len(fields) == 2 && fields[0] == "tool": // stands behind all requirements
			for _, name := range indirect {
				if strings.HasPrefix(fields[1], name+"/") {
					needed[name] = true
				}
			}
		case len(fields) == 2 && strings.HasPrefix(fields[1], "v"):
			needed[fields[0]] = true
		case len(fields) == 4 && fields[3] == "indirect":
			indirect = append(indirect, fields[0])
		}
	}
	told := make(map[string]bool)
	for _, line := range strings.Split(read("../docs/dependencies.md"), "\n") {
		if cells := strings.Split(line, "|"); len(cells) > 3 {
			for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[1], -1) {
				told[m[1]] = true
			}
		}
	}
	for name := range needed {
		if !told[name] {
			t.Errorf("docs/dependencies.md has no row for %s", name)
		}
	}
	for name := range told {
		if !needed[name] {
			t.Errorf("docs/dependencies.md has a row for %s, which go.mod does not require directly", name)
		}
	}
}
