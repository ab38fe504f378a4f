package disk

import (
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestNothingChangesAfterFailure does with a failed guard all that changes a disk.
func TestNothingChangesAfterFailure(t *testing.T) {
	disk := vfs.NewMem()
	g := newTestGuard(disk, func(*Error) {})
	var open []vfs.File
	for _, name := range []string{"table.sst", "1.log", "marker"} {
		f, err := g.Create("/"+name, vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte("some")); err != nil {
			t.Fatal(err)
		}
		open = append(open, f)
	}
	before := disk.String()
	g.fail(syscall.EIO, "file")
	for _, f := range open {
		f.Write([]byte("more"))
		f.Sync()
		f.Close()
	}
	for _, name := range []string{"/other.sst", "/2.log", "/marker"} {
		f, err := g.Create(name, vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		f.Write([]byte("new"))
		f.Sync()
		f.Close()
	}
	f, _ := g.ReuseForWrite("/1.log", "/3.log", vfs.WriteCategoryUnspecified)
	f.Write([]byte("new"))
	f.Close()
	for _, err := range []error{
		g.Rename("/marker", "/renamed"), g.Link("/marker", "/linked"), g.MkdirAll("/dir", 0o700),
		g.Remove("/marker"), g.Remove("/1.log"), g.RemoveAll("/table.sst"),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	if after := disk.String(); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	if i, err := g.Stat("/other.sst"); err != nil || i.Size() != 3 {
		t.Errorf("a table made in memory: %v", err)
	}
}
