package packets

import (
	"context"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestUsageIsCounted damages what says how much is stored: it is counted.
func TestUsageIsCounted(t *testing.T) {
	f := newFixture(t, 0)
	r := f.Restore()
	for i := range 100 {
		record := Record{Sender: testKey, Size: 16, Digest: []byte("digest"), Created: 3600, Uploaded: i%10 > 0}
		recipients := []Recipient{{newID(), testKey}} // whose keys come before those of records
		if err := r.Add(newID(), record, recipients); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Finish(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := f.fs.List("db")
	if err != nil {
		t.Fatal(err)
	}
	largest, size := "", int64(0)
	for _, name := range names {
		info, err := f.fs.Stat("db/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, ".sst") && info.Size() > size {
			largest, size = "db/"+name, info.Size()
		}
	}
	flipFirst(t, f.fs, largest) // in the block with the smallest keys
	for range 2 {
		f.dir.Close()
		f.open(0, nil)
		if f.Usage() != (Usage{90 * 16, 90}) {
			t.Errorf("%+v", f.Usage())
		}
		id := f.create(16)
		if err := f.upload(id, 16); err != nil || f.Usage().Count != 91 {
			t.Error(err, f.Usage())
		}
		if err := f.Delete(context.Background(), id); err != nil {
			t.Error(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	f.dir.Close()
	f.open(0, nil)
	if n := strings.Count(f.log.String(), "is counted"); n != 1 {
		t.Errorf("told %d times: %s", n, f.log.String())
	}
}

// flipFirst flips a bit near the start of a file.
func flipFirst(t *testing.T, fs *vfs.MemFS, name string) {
	t.Helper()
	file, err := fs.OpenReadWrite(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	b := make([]byte, 1)
	if _, err := file.ReadAt(b, 20); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 1
	if _, err := file.WriteAt(b, 20); err != nil {
		t.Fatal(err)
	}
}
