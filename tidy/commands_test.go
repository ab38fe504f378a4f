package tidy

import (
	"go/ast"
	"path"
	"strings"
	"testing"
)

// commandsPage is the table of SMP commands; the last column names the tests of each.
const commandsPage = "smp/COMMANDS.md"

// testsByPackage are the tests of all directories, as directory.Name.
func testsByPackage(files []*file) map[string]bool {
	tests := make(map[string]bool)
	for _, f := range files {
		if f.syntax == nil || !f.isTest() {
			continue
		}
		for _, d := range f.syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
				tests[path.Dir(f.name)+"."+fn.Name.Name] = true
			}
		}
	}
	return tests
}

// testColumn returns the cells under the header "test", by the first cell of their row.
func testColumn(page string) map[string]string {
	cells := make(map[string]string)
	inTable := false
	for line := range strings.Lines(page) {
		line = strings.TrimSpace(line)
		switch {
		case !strings.HasPrefix(line, "| "):
			inTable = inTable && strings.HasPrefix(line, "|---")
		case strings.HasSuffix(line, " | test |"):
			inTable = true
		case inTable:
			row := strings.Split(strings.Trim(line, "| "), " | ")
			cells[row[0]] = row[len(row)-1]
		}
	}
	return cells
}

// The tests that the page names exist. That they give their commands, and have them answered, their own packages check when they
// have run (internal/namedtests).
func TestEverySMPCommandNamesItsTests(t *testing.T) {
	files := tracked(t)
	tests := testsByPackage(files)
	var commands map[string]string
	for _, f := range files {
		if f.name == commandsPage {
			commands = testColumn(string(f.data))
		}
	}
	if commands["NEW"] == "" || commands["RFWD"] == "" {
		t.Fatalf("no tests of commands in %s", commandsPage)
	}
	for command, names := range commands {
		for name := range strings.SplitSeq(names, ", ") {
			if !tests[name] {
				t.Errorf("%s: %s is tested by %s, which is nowhere", commandsPage, command, name)
			}
		}
	}
}

func TestTestColumn(t *testing.T) {
	got := testColumn("# A\n\n| a | test |\n|---|---|\n| NEW | x.TestA, y.TestB |\n\n| b | c |\n|---|---|\n| OLD | z |\n")
	if len(got) != 1 || got["NEW"] != "x.TestA, y.TestB" {
		t.Errorf("%q", got)
	}
}
