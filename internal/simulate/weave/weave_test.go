package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// wovenAs weaves a file of a package and returns what stands behind its imports.
func wovenAs(t *testing.T, source string, smaller map[string]string) string {
	t.Helper()
	sources := map[string][]byte{"p/p.go": []byte(source)}
	out, err := weavePackage(sources, smaller)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.ParseFile(token.NewFileSet(), "p.go", out["p/p.go"], 0); err != nil {
		t.Fatalf("%v:\n%s", err, out["p/p.go"])
	}
	if got, want := strings.Count(string(out["p/p.go"]), "\n"), strings.Count(source, "\n"); got != want {
		t.Errorf("%d lines of %d", got, want)
	}
	return string(out["p/p.go"])
}

func TestOperations(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{"x := <-c", "x := simulate.Receive(c)"},
		{"x, ok := <-c", "x, ok := simulate.Receive2(c)"},
		{"f(<-a.b, 1)", "f(simulate.Receive(a.b), 1)"},
		{"_ = <-<-c", "_ = simulate.Receive(simulate.Receive(c))"},
		{"c <- f(<-d)", "simulate.Send(c , f(simulate.Receive(d)))"},
		{"close(c)", "simulate.Close(c)"},
		{"c := make(chan int)\nfor x := range c {\n}", "for x := range simulate.Range(c) {"},
		{"for x := range l {\n}", "for x := range l {"},
		{"go w.run(1)", `simulate.Go("run", func() { w.run(1)})`},
		{"go func() { <-c }()", `simulate.Go("go", func() { func() { simulate.Receive(c) }()})`},
		{"select {\ncase c <- 1:\ndefault:\n\tf(<-d)\n}", "case c <- 1:\ndefault:\n\tf(simulate.Receive(d))\n"},
		{"select {\ncase x := <-c:\n\tclose(x)\ncase <-d:\n}",
			"{ simulated1: select {\ncase x := <-c:\n\tsimulate.Close(x)\ncase <-d:\n" +
				"default: simulate.Select(simulate.Receivable(c), simulate.Receivable(d)); goto simulated1; } }"},
		{"select {\ncase <-after(1):\n}",
			"{ simulated1_0 := after(1); simulated1: select {\ncase <-simulated1_0:\ndefault: simulate.Select(simulate.Receivable(simulated1_0)); goto simulated1; } }"},
	} {
		got := wovenAs(t, "package p\n\nfunc f() {\n"+c.source+"\n}\n", nil)
		if !strings.Contains(got, c.want+"\n") && !strings.Contains(got, c.want) {
			t.Errorf("%s becomes\n%s", c.source, got)
		}
	}
}

func TestImports(t *testing.T) {
	got := wovenAs(t, "package p\n\nimport (\n\t\"fmt\"\n\t\"sync\"\n\t\"sync/atomic\"\n)\n\nvar c = make(chan int, 1)\n\nfunc f() { c <- 1 }\n", nil)
	for _, want := range []string{
		`package p; import simulate "switchyard/internal/simulate"` + "\n", "\t\"fmt\"\n",
		"\t\"switchyard/internal/simulate/sync\"\n", "\t\"switchyard/internal/simulate/atomic\"\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	if got := wovenAs(t, "package p\n\nimport \"sync\"\n", nil); strings.Contains(got, "import simulate") {
		t.Errorf("what does not need the package imports it:\n%s", got)
	}
}

func TestLimitsBecomeSmaller(t *testing.T) {
	got := wovenAs(t, "package p\n\nconst (\n\ta = 1 << 20\n\tb = 2 * a\n)\n", map[string]string{"a": "3"})
	if !strings.Contains(got, "\ta = 3\n\tb = 2 * a\n") {
		t.Error(got)
	}
	if _, err := weavePackage(map[string][]byte{"p/p.go": []byte("package p\n")}, map[string]string{"gone": "1"}); err == nil {
		t.Error("a constant that is not there becomes smaller")
	}
}

func TestWhatCannotBeWoven(t *testing.T) {
	source := "package p\n\nfunc f(c, d chan int) {\n\tselect {\n\tcase c <- 1:\n\tcase <-d:\n\t}\n}\n"
	if _, err := weavePackage(map[string][]byte{"p/p.go": []byte(source)}, nil); err == nil || !strings.Contains(err.Error(), "p/p.go:4:2: a select that sends has no default") {
		t.Error(err)
	}
}

// What a simulation is made of has nothing that it does not see: no goroutine of Go's, no channel that an actor could block at,
// no package whose operations are no points.
func TestNothingIsLeft(t *testing.T) {
	for _, p := range packages {
		sources, err := sourcesOf("../../..", p.dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		woven, err := weavePackage(sources, p.smaller)
		if err != nil {
			t.Fatal(err)
		}
		for name, source := range woven {
			for _, fault := range leftIn(t, name, source) {
				t.Error(fault)
			}
		}
	}
}

func leftIn(t *testing.T, name string, source []byte) (faults []string) {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, name, source, 0)
	if err != nil {
		t.Fatal(err)
	}
	tries := make(map[ast.Node]bool) // operations of selects with a default
	ast.Inspect(f, func(n ast.Node) bool {
		fault := ""
		switch n := n.(type) {
		case *ast.SelectStmt:
			waits := true
			for _, c := range n.Body.List {
				waits = waits && c.(*ast.CommClause).Comm != nil
			}
			for _, c := range n.Body.List {
				if comm := c.(*ast.CommClause).Comm; comm != nil && !waits {
					ast.Inspect(comm, func(n ast.Node) bool { tries[n] = true; return true })
				}
			}
		case *ast.GoStmt:
			fault = "a goroutine"
		case *ast.SendStmt:
			if !tries[n] {
				fault = "a send"
			}
		case *ast.UnaryExpr:
			if n.Op == token.ARROW && !tries[n] {
				fault = "a receive"
			}
		case *ast.ImportSpec:
			if path := strings.Trim(n.Path.Value, `"`); standIns[path] != "" {
				fault = path
			}
		}
		if fault != "" {
			faults = append(faults, set.Position(n.Pos()).String()+": "+fault)
		}
		return true
	})
	return faults
}

// Patches that are not of the sources any more are named.
func TestFaultThatDoesNotFit(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Fatal(err)
	}
	patch := filepath.Join(t.TempDir(), "old.patch")
	text := "A change of what is gone.\n\ndiff --git a/shard/doc.go b/shard/doc.go\n--- a/shard/doc.go\n+++ b/shard/doc.go\n@@ -1 +1 @@\n-what is gone\n+what is not\n"
	if err := os.WriteFile(patch, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := apply(t.Context(), root, t.TempDir(), patch); err == nil || !strings.Contains(err.Error(), "old.patch no longer fits the sources") {
		t.Error(err)
	}
}

// Every patch that is kept fits the sources.
func TestFaultsFit(t *testing.T) {
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	patches, err := filepath.Glob(filepath.Join(root, "shard/testdata/faults/*.patch"))
	if err != nil || len(patches) == 0 {
		t.Fatalf("%d patches, %v", len(patches), err)
	}
	for _, patch := range patches {
		changed, err := apply(t.Context(), root, t.TempDir(), patch)
		if err != nil {
			t.Error(err)
			continue
		}
		if _, err := writeOverlay(root, t.TempDir(), changed); err != nil {
			t.Errorf("%s: %v", patch, err)
		}
	}
}
