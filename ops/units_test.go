package ops

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// exposure is what systemd may find at most, of 100: 2.0.
const exposure = "20"

// TestUnits has systemd judge the units: that they say nothing it does not know, and how much of the machine is open to them.
func TestUnits(t *testing.T) {
	units, err := filepath.Glob("systemd/*")
	if err != nil || len(units) < 6 {
		t.Fatalf("units: %v, %v", units, err)
	}
	dir := t.TempDir()
	program := regexp.MustCompile(`/usr/bin/[a-z]+-server`)
	var copies []string
	for _, unit := range units {
		text, err := os.ReadFile(unit)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, filepath.Base(unit))
		text = program.ReplaceAll(text, []byte("/bin/true")) // systemd looks whether it is there
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		copies = append(copies, name)
		if strings.HasSuffix(unit, ".service") {
			out, err := exec.Command("systemd-analyze", "security", "--offline=true", "--threshold="+exposure, name).CombinedOutput()
			if err != nil {
				t.Errorf("%s: %v\n%s", unit, err, out)
			}
		}
	}
	// What the units of this machine say of each other is not ours.
	arguments := append([]string{"verify", "--man=no", "--recursive-errors=no"}, copies...)
	if out, err := exec.Command("systemd-analyze", arguments...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}
