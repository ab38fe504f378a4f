package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// sums is a workshop of the package in testdata.
func sums(t *testing.T) *workshop {
	t.Helper()
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOCACHE", strings.TrimSpace(string(cache)))
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // what is traced is not remembered
	t.Chdir("testdata/sums")
	p, err := loadPackage(t.Context(), ".")
	if err != nil {
		t.Fatal(err)
	}
	w, err := newWorkshop(t.Context(), p, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.close)
	w.least = 2 * time.Second
	if err := w.trace(t.Context(), ".", "^TestSkipped$"); err != nil {
		t.Fatal(err)
	}
	return w
}

// What tests notice is killed, what they do not notice survives, and nothing else is told.
func TestMutants(t *testing.T) {
	flaky := filepath.Join(t.TempDir(), "flaky")
	t.Setenv("SUMS_FLAKY", flaky)
	fails := func(soon bool) {
		t.Helper()
		if err := os.WriteFile(flaky, []byte("xx")[:map[bool]int{false: 2}[soon]], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fails(false)
	w := sums(t)
	t.Run("all", func(t *testing.T) { all(t, w) })
	t.Run("reasons", func(t *testing.T) { withReasons(t, w) })
	fails(true)
	t.Run("flaky", func(t *testing.T) { flakyTest(t, w) })
}

func all(t *testing.T, w *workshop) {
	var text bytes.Buffer
	if err := w.examine(t.Context(), &options{workers: 2, only: regexp.MustCompile("")}, nil, &text); err != errSurvivors {
		t.Error(err)
	}
	out := text.String()
	t.Log(out)
	_, survivors, _ := strings.Cut(out, "survivors:\n")
	for _, want := range []string{
		"HalfKnown: `n > 10` → `n >= 10` (2 tests come here)",
		"HalfKnown: `n < 100` → `n <= 100` (2 tests come here)",
		"Unknown: `a == b` → `a != b` (no test comes here)",
		"Unknown: `1<<a | b%7` → `1<<a & b%7` (no test comes here)",
		"Unknown: `b%7` → `b + 7` (no test comes here)",
		"Same: `last = i` → `` (1 tests come here)",
		"Bits: `set[n/64] |= 1 << (n % 64)` → `` (no test comes here)",
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
	if want := "12 killed (60.0 %), 1 of them by a limit; 8 survived, 0 of them with a reason"; !strings.Contains(out, want) {
		t.Errorf("the sum is not %q", want)
	}
}

// A list with reasons makes survivors known; what it has too much is told.
func withReasons(t *testing.T, w *workshop) {
	list := t.TempDir()
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(list, "..txt"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("# survivors\n\nsums.go Same: `last = i` → ``\n\tnobody looks\n\tat it\nsums.go Same: `last = 0` → ``\n\tas above\n" +
		"sums.go Same: `n++` → ``\n\twrong\nsums.go Gone: `n++` → ``\n\tof before\n")
	reasons, err := readReasons(list, ".")
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := w.examine(t.Context(), &options{only: regexp.MustCompile("Same")}, reasons, &text); err != nil {
		t.Error(err)
	}
	for _, want := range []string{
		"nobody looks at it",
		"in the list, and killed:\n  sums.go:37 Same: `n++` → ``\n",
		"in the list, and not in the package:\n  sums.go Gone: `n++` → ``\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not said", want)
		}
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
func flakyTest(t *testing.T, w *workshop) {
	tried := 0
	for _, m := range w.mutants {
		if m.to != "n >= 10" {
			continue
		}
		tried++
		if r := w.tryOne(t.Context(), m); r.killed {
			t.Errorf("killed by %s", r.by)
		}
	}
	if tried != 1 {
		t.Error(tried)
	}
}

// What names no mutant, or no package, is told.
func TestArguments(t *testing.T) {
	if err := (&workshop{p: &pkg{name: "sums"}}).examine(t.Context(), &options{only: regexp.MustCompile("nothing")}, nil, io.Discard); err == nil {
		t.Error("no mutant is none")
	}
	for _, args := range [][]string{{}, {"./a", "./b"}, {"-seed", "x", "."}} {
		if err := command(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}

// The same seed draws the same sample, another one another, and a smaller sample is the beginning of a larger one.
func TestSample(t *testing.T) {
	var all []*mutant
	for i := range 100 {
		all = append(all, &mutant{id: i, file: "a.go"})
	}
	draw := func(o options) (ids []int) {
		o.only = regexp.MustCompile("")
		for _, m := range choose(all, &o) {
			ids = append(ids, m.id)
		}
		return ids
	}
	first := draw(options{sample: 10, seed: 1})
	if len(first) != 10 || !slices.Equal(first, draw(options{sample: 10, seed: 1})) {
		t.Errorf("two samples of seed 1 differ from %v", first)
	}
	if slices.Equal(first, draw(options{sample: 10, seed: 2})) {
		t.Error("seed 2 draws what seed 1 draws")
	}
	rest := draw(options{sample: 30, from: 10, seed: 1})
	both := slices.Sorted(slices.Values(slices.Concat(first, rest)))
	if !slices.Equal(both, draw(options{sample: 30, seed: 1})) {
		t.Errorf("%v and %v are not a sample of 30", first, rest)
	}
	for _, n := range []int{0, 1000} {
		if n := len(draw(options{sample: n, seed: 1})); n != len(all) {
			t.Errorf("of 100 only %d", n)
		}
	}
}

// A process that takes too much memory, or waits for ever, is stopped, others are not.
func TestWatch(t *testing.T) {
	if n := resident(os.Getpid()); n < 1<<20 {
		t.Errorf("this process has %d bytes", n)
	}
	if n := work(os.Getpid()); n <= 0 {
		t.Errorf("this process has worked for %v", n)
	}
	waiting := exec.CommandContext(t.Context(), "cat")
	in, err := waiting.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := waiting.Start(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		bounds
		want error
	}{{bounds{0, time.Hour}, errMemory}, {bounds{memoryLimit, 0}, errIdle}} {
		stopped := make(chan error, 1)
		watch(waiting.Process.Pid, c.bounds, nil, func(why error) { stopped <- why })
		if got := <-stopped; got != c.want {
			t.Errorf("stopped for %v, not %v", got, c.want)
		}
	}
	done := make(chan struct{})
	close(done)
	watch(waiting.Process.Pid, bounds{memoryLimit, time.Hour}, done, func(error) { t.Error("stopped within its bounds") })
	_ = in.Close()
	if err := waiting.Wait(); err != nil {
		t.Error(err)
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
