package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// inSums goes to the package of testdata. What is traced there is not remembered; what is built is.
func inSums(t *testing.T) {
	t.Helper()
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOCACHE", strings.TrimSpace(string(cache)))
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Chdir("testdata/sums")
}

// outcome runs the command in the package of testdata.
func outcome(t *testing.T, args ...string) (out string, err error) {
	t.Helper()
	inSums(t)
	var text, log bytes.Buffer
	err = command(t.Context(), append(args, "."), &text, &log)
	t.Log(log.String())
	return text.String(), err
}

// What tests notice is killed, what they do not notice survives, and nothing else is told.
func TestMutants(t *testing.T) {
	out, err := outcome(t)
	if err != errSurvivors {
		t.Error(err)
	}
	_, survivors, _ := strings.Cut(out, "survivors:\n")
	for _, want := range []string{
		"HalfKnown: `n > 10` → `n >= 10` (2 tests come here)",
		"HalfKnown: `n < 100` → `n <= 100` (2 tests come here)",
		"Unknown: `a == b` → `a != b` (no test comes here)",
		"Unknown: `1<<a | b%7` → `1<<a & b%7` (no test comes here)",
		"Unknown: `b%7` → `b + 7` (no test comes here)",
		"Same: `last = i` → `` (1 tests come here)",
		"Same: `last = 0` → `` (1 tests come here)",
	} {
		if !strings.Contains(survivors, want) {
			t.Errorf("no survivor %s", want)
		}
	}
	for _, known := range []string{" Known:", "`n++`", "panic", "`n > 10 && n < 100` →"} {
		if strings.Contains(survivors, known) {
			t.Errorf("%s survives", known)
		}
	}
	if !strings.Contains(out, "killed by") && !strings.Contains(out, " killed (") {
		t.Error("no sum")
	}
	if t.Failed() {
		t.Log(out)
	}
}

// A list with reasons makes survivors known; what it has too much is told.
func TestReasons(t *testing.T) {
	list := t.TempDir()
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(list, "..txt"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("# survivors\n\nsums.go Same: `last = i` → ``\n\tnobody looks\n\tat it\nsums.go Same: `last = 0` → ``\n\tas above\n" +
		"sums.go Same: `n++` → ``\n\twrong\n")
	out, err := outcome(t, "-only", "Same", "-list", list)
	if err != nil || !strings.Contains(out, "nobody looks at it") || !strings.Contains(out, "in the list, and killed:\n  sums.go:37 Same: `n++` → ``\n") {
		t.Errorf("%v\n%s", err, out)
	}
	for name, text := range map[string]string{
		"no reason":           "sums.go Same: `last = i` → ``\n",
		"a reason of nothing": "\tbecause\n",
	} {
		write(text)
		if _, err := readReasons(list, "."); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A test that fails whatever is changed kills nothing by that.
func TestFlakyTestKillsNothing(t *testing.T) {
	flaky := filepath.Join(t.TempDir(), "flaky")
	if err := os.WriteFile(flaky, []byte("xx"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SUMS_FLAKY", flaky)
	cut := func() { _ = os.Truncate(flaky, 0) }
	cut()
	if err := os.WriteFile(flaky, []byte("xx"), 0o600); err != nil { // so that it passes when it is traced
		t.Fatal(err)
	}
	inSums(t)
	p, err := loadPackage(t.Context(), ".")
	if err != nil {
		t.Fatal(err)
	}
	w, err := newWorkshop(t.Context(), p, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	if err := w.trace(t.Context(), "."); err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, m := range w.mutants {
		if m.to != "n >= 10" {
			continue
		}
		tried++
		cut()
		if r := w.tryOne(t.Context(), m); r.killed {
			t.Errorf("killed by %s", r.by)
		}
	}
	if tried != 1 {
		t.Error(tried)
	}
}

// The same seed draws the same sample, another one another.
func TestSample(t *testing.T) {
	var all []*mutant
	for i := range 100 {
		all = append(all, &mutant{id: i, file: "a.go"})
	}
	ids := func(seed uint64) (ids []int) {
		for _, m := range choose(all, &options{sample: 10, seed: seed}) {
			ids = append(ids, m.id)
		}
		return ids
	}
	a, again, b := ids(1), ids(1), ids(2)
	same := func(a, b []int) bool {
		for i := range a {
			if a[i] != b[i] {
				return false
			}
		}
		return len(a) == 10
	}
	if !same(a, again) || same(a, b) {
		t.Error(a, again, b)
	}
	if n := len(choose(all, &options{sample: 1000})); n != 100 {
		t.Error(n)
	}
}

// A loop that does not end, and one that fills the memory, are killed.
func TestEndlessChange(t *testing.T) {
	if n := resident(os.Getpid()); n < 1<<20 {
		t.Errorf("this process has %d bytes", n)
	}
	stopped := make(chan struct{})
	done := make(chan struct{})
	go watchMemory(os.Getpid(), done, func() { close(stopped) })
	close(done)
	select {
	case <-stopped:
		t.Error("stopped for little memory")
	default:
	}
}

func TestOneLine(t *testing.T) {
	if got := oneLine("a\n\t\tb  c"); got != "a b c" {
		t.Error(got)
	}
	long := strings.Repeat("ä", 50) + strings.Repeat("b", 50)
	if got := []rune(oneLine(long)); len(got) != 86 || got[60] != '…' {
		t.Error(len(got))
	}
}

// An argument that is no package, or several, is told in a line.
func TestBadPackages(t *testing.T) {
	for pattern, want := range map[string]string{"./nowhere": "nowhere", "../simulate/...": "more than one"} {
		if _, err := loadPackage(t.Context(), pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", pattern, err)
		}
	}
}
