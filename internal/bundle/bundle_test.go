package bundle_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"switchyard/internal/bundle"
)

const root = "../.."

// TestAssetsAreBuilt makes the scripts anew: they are those that the programs hold.
func TestAssetsAreBuilt(t *testing.T) {
	for _, p := range bundle.Pages {
		built, err := bundle.Build(filepath.Join(root, p.Dir), p.Scripts...)
		if err != nil {
			t.Fatalf("%v; `make interop` installs the libraries", err)
		}
		if len(built) != len(p.Scripts) {
			t.Errorf("%s: %d of %d scripts", p.Dir, len(built), len(p.Scripts))
		}
		for name, want := range built {
			got, err := os.ReadFile(filepath.Join(root, p.Out, name))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s/%s is not what %s makes (%v); run `make web`", p.Out, name, p.Dir, err)
			}
		}
	}
}

// TestTypes runs TypeScript's check of all sources.
func TestTypes(t *testing.T) {
	t.Parallel()
	tsc := filepath.Join(root, bundle.Pages[0].Dir, "node_modules/.bin/tsc")
	if out, err := exec.Command(tsc, "-p", ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s; `make interop` installs tsc", err, out)
	}
}
