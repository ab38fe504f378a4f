package storelog

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/box"
	"switchyard/xftp/packets"
)

// bodies has the bodies of all packets but some.
type bodies struct {
	packets.Bodies
	missing, broken func(packets.ID) bool
}

func (b bodies) Open(_ context.Context, id packets.ID) (io.ReadCloser, error) {
	switch {
	case b.missing(id):
		return nil, fs.ErrNotExist
	case b.broken(id):
		return nil, &fs.PathError{Op: "open", Err: syscall.EIO}
	}
	return io.NopCloser(strings.NewReader("")), nil
}

// TestImport: bodies that are missing or cannot be read do not keep the others from being taken over, unless there are so
// many that the directory is not what it should be.
func TestImport(t *testing.T) {
	key, err := box.GenerateKey(box.Ed25519, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	const count = 500
	var s State
	for i := range count {
		record := packets.Record{Sender: key.Public(), Size: 10, Digest: []byte{1}, Uploaded: true, Created: 3600}
		s.Packets = append(s.Packets, Packet{ID: packets.ID{byte(i >> 8), byte(i)}, Record: record})
	}
	for _, test := range []struct {
		broken int // one of so many packets
		want   Imported
	}{{10, Imported{Missing: 5, Unreadable: 45}}, {2, Imported{}}} {
		dir, err := packets.OpenDir(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer dir.Close()
		number := func(id packets.ID) int { return int(id[0])<<8 | int(id[1]) }
		b := bodies{dir, func(id packets.ID) bool { return number(id)%100 == 0 }, func(id packets.ID) bool { return number(id)%test.broken == 0 }}
		store, err := packets.Open(context.Background(), "store", b, packets.Options{FS: vfs.NewMem()})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		n, err := Import(context.Background(), store, s)
		if test.want == (Imported{}) {
			if !errors.Is(err, syscall.EIO) || !strings.Contains(err.Error(), "more than 100 bodies") {
				t.Errorf("got %v", err)
			}
			continue
		}
		if err != nil || n != test.want {
			t.Errorf("got %+v, %v", n, err)
		}
		if u := store.Usage(); u.Count != count-5 || u.Bytes != (count-5)*10 {
			t.Errorf("%+v", u)
		}
	}
}

// TestLongLine: a line without end does not keep the others from being read.
func TestLongLine(t *testing.T) {
	packet := func(n byte) string { return "FNEW " + id(n) + " " + key(t) + " 65536 AAAA 3600\n" }
	for _, test := range []struct {
		log     string
		packets int
		skipped string
	}{
		{packet(1) + strings.Repeat("x", 10_000) + "\n" + packet(2), 2, "line 2: the line is too long"},
		{packet(1) + strings.Repeat("x", 10_000), 1, "line 2: the line is too long"},
		{packet(1) + strings.TrimSuffix(packet(2), "\n"), 2, ""},
		{packet(1) + "\n\r\n" + packet(2), 2, ""},
	} {
		s, err := read(strings.NewReader(test.log), 500)
		if err != nil || len(s.Packets) != test.packets {
			t.Errorf("%d packets, %v", len(s.Packets), err)
		}
		skipped := ""
		for _, line := range s.Skipped {
			skipped += line.String()
		}
		if skipped != test.skipped {
			t.Errorf("skipped %q, want %q", skipped, test.skipped)
		}
	}
}
