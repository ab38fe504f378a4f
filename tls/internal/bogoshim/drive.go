package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed testdata/profile.go
var profileSource []byte

// Where testdata/profile.go is called from in the runner's main file.
var hooks = []struct{ at, becomes string }{
	{"\tinitRawPublicKeyCredentials()\n", "\tinitRawPublicKeyCredentials()\n\tuseProfile()\n"},
	{"\taddDelegatedCredentialTests()\n", "\twithRSA(addDelegatedCredentialTests)\n"},
	{"\taddTrustAnchorTests()\n", "\twithRSA(addTrustAnchorTests)\n"},
	{"\n\tcheckTests()\n", "\n\ttellShim()\n\tcheckTests()\n"},
}

// drive runs the runner of a checkout, and prints the result as Markdown. Nothing is written into the checkout: Go's
// overlays put our file beside the runner's, and the hooks into its main file. More arguments go to the runner, such as
// -test 'KeyUpdate*'.
func drive(args []string) error {
	if len(args) == 0 {
		return errors.New("usage: bogoshim run DIR [flags of the runner]")
	}
	checkout, err := filepath.Abs(args[0])
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "bogoshim")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := prepare(checkout, work); err != nil {
		return err
	}
	log, err := runRunner(checkout, work, args[1:])
	r, readErr := readResults(work)
	if readErr != nil {
		return fmt.Errorf("%w\n%s", errors.Join(err, readErr), log)
	}
	if err := r.report(os.Stdout); err != nil || len(args) > 1 {
		return err
	}
	return r.checkPatterns()
}

// prepare writes the overlay and the configuration. The cases that config.json leaves out are left to the shim, which
// counts them.
func prepare(checkout, work string) error {
	dir := filepath.Join(checkout, "ssl", "test", "runner")
	main, err := os.ReadFile(filepath.Join(dir, "runner.go"))
	if err != nil {
		return err
	}
	for _, hook := range hooks {
		if n := bytes.Count(main, []byte(hook.at)); n != 1 {
			return fmt.Errorf("the runner has changed: %q is in its runner.go %d times", strings.TrimSpace(hook.at), n)
		}
		main = bytes.Replace(main, []byte(hook.at), []byte(hook.becomes), 1)
	}
	config, err := readConfig()
	if err != nil {
		return err
	}
	config.DisabledTests = nil
	overlay := map[string]map[string]string{"Replace": {
		filepath.Join(dir, "runner.go"):  filepath.Join(work, "runner.go"),
		filepath.Join(dir, "profile.go"): filepath.Join(work, "profile.go"),
	}}
	return errors.Join(
		os.WriteFile(filepath.Join(work, "runner.go"), main, 0o600),
		os.WriteFile(filepath.Join(work, "profile.go"), profileSource, 0o600),
		writeJSON(filepath.Join(work, "overlay.json"), overlay),
		writeJSON(filepath.Join(work, "config.json"), config),
	)
}

func writeJSON(file string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

// runRunner returns what the runner printed. Its error says only that some case failed, or that it could not be built.
func runRunner(checkout, work string, more []string) ([]byte, error) {
	shim, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := []string{
		"test", "-overlay", filepath.Join(work, "overlay.json"), "-count=1", "-timeout=1h", "./ssl/test/runner",
		"-shim-path", shim, "-shim-config", filepath.Join(work, "config.json"),
		"-json-output", filepath.Join(work, "results.json"), "-allow-unimplemented", "-pipe",
	}
	runner := exec.Command("go", append(args, more...)...)
	runner.Dir = checkout
	runner.Env = append(os.Environ(), leftOutFile+"="+filepath.Join(work, "leftout"))
	return runner.CombinedOutput()
}

// results are what the runner and the shims wrote.
type results struct {
	Tests map[string]struct {
		Actual, Error string
	}
	leftOut map[string]leftOut // by case
}

func readResults(work string) (*results, error) {
	r := &results{leftOut: map[string]leftOut{}}
	text, err := os.ReadFile(filepath.Join(work, "results.json"))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, err
	}
	lines, err := os.ReadFile(filepath.Join(work, "leftout"))
	for line := range strings.Lines(string(lines)) {
		name, why, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		r.leftOut[name] = leftOut(why)
	}
	if errors.Is(err, os.ErrNotExist) {
		err = nil // every case was run
	}
	return r, err
}

// report prints the table, and then what is wrong: cases that failed or have no reason for being left out.
func (r *results) report(w io.Writer) error {
	count := map[string]int{}
	var wrong []string
	for _, name := range slices.Sorted(maps.Keys(r.Tests)) {
		test := r.Tests[name]
		count[test.Actual]++
		why, known := r.leftOut[name]
		switch {
		case test.Actual == "SKIP" && (!known || why == unknownFlag):
			wrong = append(wrong, name+": left out without a reason")
		case test.Actual != "SKIP" && test.Actual != "PASS":
			wrong = append(wrong, name+": "+test.Error)
		}
	}
	fmt.Fprintf(w, "| cases of the runner | tried | passed | left out |\n|---|---|---|---|\n| %d | %d | %d | %d |\n\n",
		len(r.Tests), len(r.Tests)-count["SKIP"], count["PASS"], count["SKIP"])
	reasons := map[leftOut]int{}
	for _, why := range r.leftOut {
		reasons[why]++
	}
	fmt.Fprintf(w, "| left out | cases |\n|---|---|\n")
	for _, why := range slices.SortedFunc(maps.Keys(reasons), func(a, b leftOut) int { return reasons[b] - reasons[a] }) {
		fmt.Fprintf(w, "| %s | %d |\n", why, reasons[why])
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%d cases:\n%s", len(wrong), strings.Join(wrong, "\n"))
	}
	return nil
}

// checkPatterns finds patterns of config.json that leave nothing out of a run of everything.
func (r *results) checkPatterns() error {
	config, err := readConfig()
	if err != nil {
		return err
	}
	var idle []string
	for pattern := range config.DisabledTests {
		used := func(name string) bool { ok, _ := path.Match(pattern, name); return ok }
		if !slices.ContainsFunc(slices.Collect(maps.Keys(r.leftOut)), used) {
			idle = append(idle, pattern)
		}
	}
	if len(idle) > 0 {
		slices.Sort(idle)
		return fmt.Errorf("patterns of config.json that match no case: %q", idle)
	}
	return nil
}
