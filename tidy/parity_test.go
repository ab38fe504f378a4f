package tidy

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// parity is the page that says what of the reference is here.
const parity = "../docs/parity.md"

// tables are the rows of a page's tables, without those that only draw lines.
func tables(text string) (rows [][]string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "| ---") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	return rows
}

// faultsOfParity are cells that say nothing, and settings that the page has not or has too much.
func faultsOfParity(text string, settings map[string][]string) (faults []string) {
	there := make(map[string]bool)
	section := regexp.MustCompile(`^[A-Z_]+$`)
	for _, row := range tables(text) {
		for i, cell := range row {
			if cell == "" {
				faults = append(faults, "cell "+string(rune('1'+i))+" is empty: "+strings.Join(row, " | "))
			}
		}
		if len(row) == 4 && section.MatchString(row[0]) {
			there[row[0]+" "+row[1]] = true
		}
	}
	for section, keys := range settings {
		if section == "SWITCHYARD" { // ours
			continue
		}
		for _, key := range keys {
			if name := section + " " + key; !there[name] {
				faults = append(faults, "the page lacks "+name)
			} else {
				delete(there, name)
			}
		}
	}
	for name := range there {
		faults = append(faults, "the ini has no "+name)
	}
	return faults
}

// settingsOf are the settings of a template of an ini, those that are commented out included.
func settingsOf(template string) map[string][]string {
	line := regexp.MustCompile(`^(?:\[([A-Z_]+)\]|(?:# |\{\{\.WebOff\}\})?([a-z_]+) =|\{\{setting "([a-z_]+)")`)
	all, section := make(map[string][]string), ""
	for text := range strings.Lines(template) {
		if m := line.FindStringSubmatch(text); m != nil && m[1] != "" {
			section = m[1]
		} else if m != nil {
			all[section] = append(all[section], m[2]+m[3])
		}
	}
	return all
}

// TestParity compares the page with the ini that init writes.
func TestParity(t *testing.T) {
	text, err := os.ReadFile(parity)
	if err != nil {
		t.Fatal(err)
	}
	template, err := os.ReadFile("../cmd/smp-server/smp-server.ini.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range faultsOfParity(string(text), settingsOf(string(template))) {
		t.Error(fault)
	}
}

// TestParityFindsFaults breaks the rules, each by itself.
func TestParityFindsFaults(t *testing.T) {
	settings := map[string][]string{"AUTH": {"new_queues"}, "SWITCHYARD": {"sync"}}
	for text, want := range map[string]string{
		"| AUTH | new_queues | same | – |\n":                               "",
		"| AUTH | new_queues | same |  |\n":                                "is empty",
		"| a | b | c |\n":                                                  "lacks AUTH new_queues",
		"| AUTH | new_queues | same | – |\n| AUTH | old | same | – |\n":    "the ini has no AUTH old",
		"| AUTH | new_queues | same | – |\n| --- | --- |\n| one |  |\nx\n": "is empty",
	} {
		got := strings.Join(faultsOfParity(text, settings), "; ")
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
