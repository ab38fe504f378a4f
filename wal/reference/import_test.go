package reference

import (
	"archive/tar"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/wal"
)

// importDir imports a directory into a store in memory, and returns what stands in the report.
func importDir(t *testing.T, dir string) (*wal.Store, Counts, string, error) {
	t.Helper()
	scratch := t.TempDir()
	name := filepath.Join(scratch, "report")
	report, err := NewReport(name)
	if err != nil {
		t.Fatal(err)
	}
	source, err := OpenLogs(dir, LogsOptions{Scratch: scratch, Skip: report.Skip, Note: report.Line})
	if err != nil {
		return nil, Counts{}, "", err
	}
	store, err := wal.Open("store", wal.Options{FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	im := &Import{Source: source, Store: store, Report: report, Scratch: scratch}
	n, err := im.Run()
	if err := report.Close(); err != nil {
		t.Fatal(err)
	}
	text, err2 := os.ReadFile(name)
	if err2 != nil {
		t.Fatal(err2)
	}
	return store, n, strings.TrimSuffix(string(text), "\n"), err
}

// states unpacks the states of stopped routers of the reference.
func states(t testing.TB) string {
	t.Helper()
	f, err := os.Open("testdata/state.tar.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for files := tar.NewReader(in); ; {
		h, err := files.Next()
		if err == io.EOF {
			return dir
		}
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, h.Name)
		if h.Typeflag == tar.TypeDir {
			if err := os.MkdirAll(name, 0o700); err != nil {
				t.Fatal(err)
			}
			continue
		}
		content, err := io.ReadAll(files)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestImportStates imports what routers of the reference have left.
func TestImportStates(t *testing.T) {
	dir := states(t)
	for _, c := range []struct {
		state string
		want  Counts
	}{
		{"smp-memory", Counts{Queues: 33, Services: 2, Messages: 173, Notifications: 6, Deleted: 2}},
		{"smp-journal", Counts{Queues: 33, Services: 2, Messages: 173, Notifications: 6, Deleted: 2}},
	} {
		_, n, report, err := importDir(t, filepath.Join(dir, c.state, "var"))
		if err != nil || n != c.want || report != "" {
			t.Errorf("%s: %+v, %v, want %+v; report:\n%s", c.state, n, err, c.want, report)
		}
	}
}
