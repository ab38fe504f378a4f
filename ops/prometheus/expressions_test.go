package prometheus

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// emptied says which expressions have no data on routers that are well, by a part of their text, and why.
var emptied = []struct{ part, reason string }{
	{"switchyard_s3_request", "packets are in a directory, so there are no requests to an object store"},
}

func rightlyEmpty(expr string) (reason string, empty bool) {
	expr = regexp.MustCompile(`\{job="[^"]*",instance=~"[^"]*"`).ReplaceAllString(expr, "{")
	for _, e := range emptied {
		if strings.Contains(expr, e.part) {
			return e.reason, true
		}
	}
	return "", false
}

// page is what the test looks at of a dashboard.
type page struct {
	UID        string
	Templating struct {
		List []struct{ Name string }
	}
	Panels []struct {
		ID      int
		Type    string
		Title   string
		GridPos struct{ X, Y, W, H int }
		Targets []struct {
			Expr       string
			Datasource struct{ UID string }
		}
	}
}

func readPages(t *testing.T) map[string]page {
	t.Helper()
	names, err := filepath.Glob("../grafana/*.json")
	if err != nil || len(names) != 2 {
		t.Fatal(names, err)
	}
	pages := make(map[string]page)
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var p page
		if err := json.Unmarshal(text, &p); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		pages[strings.TrimSuffix(filepath.Base(name), ".json")] = p
	}
	return pages
}

// dashboardExpressions are those of all panels, as Grafana would ask them.
func dashboardExpressions(t *testing.T) (all []string) {
	t.Helper()
	for name, p := range readPages(t) {
		fill := strings.NewReplacer("$job", name+"-server", "$instance", ".+", "$__rate_interval", "1m")
		for _, panel := range p.Panels {
			for _, target := range panel.Targets {
				all = append(all, fill.Replace(target.Expr))
			}
		}
	}
	return all
}

// rule is one of rules.yml.
type rule struct {
	Alert string
	Expr  string
}

func readRules(t *testing.T) (all []rule) {
	t.Helper()
	text, err := os.ReadFile("rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Groups []struct{ Rules []rule } }
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	return all
}

// ruleExpressions are what rules ask: as an alert has data when something is wrong only, each of the series that it is about.
func ruleExpressions(t *testing.T) (all []string) {
	t.Helper()
	selector := regexp.MustCompile(`\b(up|switchyard_[a-z0-9_]+)(\{[^}]*\})?`)
	for _, r := range readRules(t) {
		found := selector.FindAllString(r.Expr, -1)
		if len(found) == 0 {
			t.Errorf("%s is about nothing that this test knows: %s", r.Alert, r.Expr)
		}
		all = append(all, found...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TestDashboardsCanBeRead: panels do not cover each other, have numbers of their own, and ask the source that is chosen.
func TestDashboardsCanBeRead(t *testing.T) {
	for name, p := range readPages(t) {
		used, ids := make(map[[2]int]string), make(map[int]bool)
		rows := 0
		for _, panel := range p.Panels {
			if ids[panel.ID] || panel.Title == "" {
				t.Errorf("%s: panel %d, %q, is there twice or has no title", name, panel.ID, panel.Title)
			}
			ids[panel.ID] = true
			if panel.Type == "row" {
				rows++
			} else if len(panel.Targets) == 0 {
				t.Errorf("%s: %s shows nothing", name, panel.Title)
			}
			g := panel.GridPos
			for x := g.X; x < g.X+g.W; x++ {
				for y := g.Y; y < g.Y+g.H; y++ {
					if other, taken := used[[2]int{x, y}]; taken || x >= 24 {
						t.Fatalf("%s: %s covers %s, or is not on the screen", name, panel.Title, other)
					}
					used[[2]int{x, y}] = panel.Title
				}
			}
			for _, target := range panel.Targets {
				if target.Datasource.UID != "${datasource}" {
					t.Errorf("%s: %s asks %s", name, panel.Title, target.Datasource.UID)
				}
			}
		}
		if rows < 6 || len(p.Templating.List) != 3 {
			t.Errorf("%s has %d rows and %d variables", name, rows, len(p.Templating.List))
		}
	}
}
