package shadow

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// content is what a directory has: names and contents.
func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	entries, err := os.ReadDir(dir)
	check(t, err)
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		check(t, err)
		all[e.Name()] = string(text)
	}
	return all
}

func same(a, b map[string]string) bool {
	for name, text := range a {
		if got, there := b[name]; !there || got != text {
			return false
		}
	}
	return len(a) == len(b)
}

func read(t *testing.T, fs vfs.FS, name string) string {
	t.Helper()
	f, err := fs.Open(name)
	check(t, err)
	text, err := io.ReadAll(f)
	check(t, errors.Join(err, f.Close()))
	return string(text)
}

func write(t *testing.T, f vfs.File, err error, text string) {
	t.Helper()
	check(t, err)
	_, err = f.Write([]byte(text))
	check(t, errors.Join(err, f.Close()))
}

// TestNothingReachesTheDisk: every change is seen through the file system, and none below it.
func TestNothingReachesTheDisk(t *testing.T) {
	dir := t.TempDir()
	name := func(n string) string { return filepath.Join(dir, n) }
	for _, n := range []string{"a", "b", "c", "d", "e"} {
		check(t, os.WriteFile(name(n), []byte("old "+n), 0o600))
	}
	before := content(t, dir)
	fs := Over(vfs.Default)
	f, err := fs.Create(name("a"), vfs.WriteCategoryUnspecified)
	write(t, f, err, "new a")
	check(t, fs.Remove(name("b")))
	check(t, fs.Rename(name("c"), name("moved")))
	f, err = fs.OpenReadWrite(name("d"), vfs.WriteCategoryUnspecified)
	check(t, err)
	_, err = f.WriteAt([]byte("OLD"), 0)
	check(t, errors.Join(err, f.Close()))
	f, err = fs.ReuseForWrite(name("e"), name("reused"), vfs.WriteCategoryUnspecified)
	write(t, f, err, "new e")
	f, err = fs.Create(name("new"), vfs.WriteCategoryUnspecified)
	write(t, f, err, "new")
	check(t, fs.Remove(name("new")))
	check(t, fs.MkdirAll(name("sub/dir"), 0o700))

	for n, want := range map[string]string{"a": "new a", "moved": "old c", "d": "OLD d", "reused": "new e"} {
		if got := read(t, fs, name(n)); got != want {
			t.Errorf("%s is %q", n, got)
		}
	}
	for _, n := range []string{"b", "c", "e", "new"} {
		if _, err := fs.Stat(name(n)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", n, err)
		}
		if _, err := fs.Open(name(n)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", n, err)
		}
		if err := fs.Remove(name(n)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", n, err)
		}
		if err := fs.Rename(name(n), name("x")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", n, err)
		}
	}
	names, err := fs.List(dir)
	check(t, err)
	slices.Sort(names)
	if want := []string{"a", "d", "moved", "reused", "sub"}; !slices.Equal(names, want) {
		t.Error(names)
	}
	if info, err := fs.Stat(name("sub/dir")); err != nil || !info.IsDir() {
		t.Error(info, err)
	}
	if after := content(t, dir); !same(before, after) {
		t.Errorf("the disk has %v", after)
	}
	check(t, fs.RemoveAll(dir))
	if _, err := fs.Stat(name("a")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if _, err := fs.List(name("none")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// TestDatabase: one that was killed opens with all that its log has, twice, and takes writes that nobody finds afterwards.
func TestDatabase(t *testing.T) {
	dir := t.TempDir()
	killed := vfs.NewCrashableMem()
	db, err := pebble.Open("", &pebble.Options{FS: killed})
	check(t, err)
	check(t, db.Set([]byte("in a table"), []byte("1"), pebble.Sync))
	check(t, db.Flush())
	check(t, db.Set([]byte("in the log"), []byte("2"), pebble.Sync))
	clone := killed.CrashClone(vfs.CrashCloneCfg{})
	check(t, db.Close())
	names, err := clone.List("")
	check(t, err)
	for _, n := range names {
		check(t, os.WriteFile(filepath.Join(dir, n), []byte(read(t, clone, n)), 0o600))
	}
	before := content(t, dir)
	for range 2 {
		db, err := pebble.Open(dir, &pebble.Options{FS: Over(vfs.Default)})
		check(t, err)
		for key, want := range map[string]string{"in a table": "1", "in the log": "2"} {
			got, closer, err := db.Get([]byte(key))
			check(t, err)
			if string(got) != want {
				t.Errorf("%s: %q", key, got)
			}
			check(t, closer.Close())
		}
		if _, _, err := db.Get([]byte("here")); !errors.Is(err, pebble.ErrNotFound) {
			t.Error(err)
		}
		check(t, db.Set([]byte("here"), []byte("3"), pebble.Sync))
		check(t, db.Flush())
		check(t, db.Close())
	}
	if after := content(t, dir); !same(before, after) {
		t.Error("the disk has other files")
	}
}
