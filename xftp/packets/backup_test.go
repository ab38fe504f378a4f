package packets

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// onDisk is a fixture whose records are on the disk, too.
func onDisk(t *testing.T, records, files string) *fixture {
	t.Helper()
	f := newFixture(t, 0)
	f.Store.Close()
	f.dir.Close()
	f.path = files
	var err error
	if f.dir, err = OpenDir(files); err == nil {
		f.Store, err = Open(context.Background(), records, f.dir, f.options(0, vfs.Default))
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestBackup: records and bodies as they were, whatever is done to the store meanwhile, in a directory on the same file system
// and in one that was begun before; what is half done is not in it.
func TestBackup(t *testing.T) {
	dir := t.TempDir()
	name := func(n string) string { return filepath.Join(dir, n) }
	f := onDisk(t, name("records"), name("files"))
	var ids []ID
	for range 5 {
		id := f.create(1<<16, newID())
		if err := f.upload(id, 1<<16); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	f.create(1<<16, newID()) // without a body
	if err := f.Store.Backup(name("copy")); err != nil {
		t.Fatal(err)
	}
	if err := Look(name("copy")); err != nil {
		t.Error(err)
	}

	// A body that has its temporary name still, one that is gone, one of a packet that the backup does not know.
	in := f.enter()
	r, err := in.packet(ids[1])
	in.Leave()
	if err == nil {
		err = os.Rename(f.dir.file(ids[1]), filepath.Join(Uploads(f.path), temporaryName(ids[1], r.tag)))
	}
	if err == nil {
		err = os.Remove(f.dir.file(ids[2]))
	}
	later := f.create(1<<16, newID())
	if err := errors.Join(err, f.upload(later, 1<<16)); err != nil {
		t.Fatal(err)
	}
	for again, want := range []Copied{{Linked: 4, Missing: 1}, {Kept: 4, Missing: 1}} {
		got, err := CopyBodies(context.Background(), name("copy"), f.path, name("bodies"))
		if err != nil || got != want {
			t.Errorf("time %d: %+v, %v", again, got, err)
		}
	}
	if _, err := os.Stat(filepath.Join(name("bodies"), fileName(later))); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a body of later is in the backup")
	}
	if err := f.Delete(context.Background(), ids[3]); err != nil {
		t.Fatal(err)
	}

	b := onDisk(t, name("copy"), name("bodies"))
	for i, id := range ids {
		switch got, err := b.body(id); {
		case i == 2:
			if err == nil {
				t.Error("the body that is gone is there")
			}
		case err != nil || !bytes.Equal(got, content(id, 1<<16)):
			t.Errorf("packet %d: %d bytes, %v", i, len(got), err)
		}
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := CopyBodies(ended, name("copy"), f.path, name("never")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestCopyBody: where no link goes, a body is copied as a whole.
func TestCopyBody(t *testing.T) {
	dir := t.TempDir()
	source, target := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	want := bytes.Repeat([]byte("body"), 1000)
	if err := os.WriteFile(source, want, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(target+".new", []byte("of a copy that was cut short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := copyBody(source, target); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(target)
	entries, _ := os.ReadDir(dir)
	if err != nil || !slices.Equal(got, want) || len(entries) != 2 {
		t.Errorf("%d bytes, %v, %v", len(got), err, entries)
	}
	if err := copyBody(filepath.Join(dir, "none"), target); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
