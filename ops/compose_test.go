package ops

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// compose is what these tests read of a compose file.
type compose struct {
	Include  []string
	Services map[string]struct {
		Image   string
		Volumes []string
	}
}

// TestComposeFiles reads the compose files, and looks for the files that they give to containers.
func TestComposeFiles(t *testing.T) {
	names, err := filepath.Glob("compose/*.yaml")
	if err != nil || len(names) < 3 {
		t.Fatal(names, err)
	}
	seen := 0
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var c compose
		if err := yaml.Unmarshal(text, &c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		given := c.Include
		for service, s := range c.Services {
			seen++
			if s.Image == "" {
				t.Errorf("%s: %s has no image", name, service)
			}
			for _, v := range s.Volumes {
				if source, _, _ := strings.Cut(v, ":"); strings.HasPrefix(source, ".") && filepath.Ext(source) != "" {
					given = append(given, source)
				}
			}
		}
		for _, source := range given {
			if _, err := os.Stat(filepath.Join("compose", source)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if seen < 4 {
		t.Errorf("%d services", seen)
	}
}
