package packets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/internal/disk/disktest"
	"switchyard/xftp/packets/s3test"
)

func openS3(t *testing.T, s *s3test.Server) *S3 {
	t.Helper()
	b, err := OpenS3(context.Background(), S3Config{Endpoint: s.URL.Host, Bucket: "packets", Prefix: "x/", AccessKey: "a", SecretKey: "s"})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func newS3Fixture(t *testing.T) (*fixture, *s3test.Server) {
	t.Helper()
	server := s3test.Start(t, "packets")
	f := &fixture{t: t, fs: vfs.NewCrashableMem(), now: time.Unix(1_700_000_000, 0), looks: make(disktest.Looker), tidy: make(disktest.Looker)}
	f.openS3(server)
	t.Cleanup(func() { f.Close() })
	return f, server
}

func (f *fixture) openS3(server *s3test.Server) {
	f.t.Helper()
	var err error
	if f.Store, err = Open(context.Background(), "db", openS3(f.t, server), f.options(0, f.fs)); err != nil {
		f.t.Fatal(err)
	}
}

func TestS3Bodies(t *testing.T) {
	f, server := newS3Fixture(t)
	id := f.create(300_000)
	if err := f.upload(id, 300_000); err != nil {
		t.Fatal(err)
	}
	if got := server.Objects(); !slices.Equal(got, []string{"x/" + fileName(id)}) {
		t.Errorf("objects %v", got)
	}
	if b, err := f.body(id); err != nil || !bytes.Equal(b, content(id, 300_000)) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if err := f.Delete(context.Background(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := f.body(id); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if got := server.Objects(); len(got) > 0 || f.Usage() != (Usage{}) {
		t.Errorf("objects %v, %+v", got, f.Usage())
	}
}

// TestS3BrokenUploads: an upload that ends early and one that the object store refuses leave nothing. One whose temporary
// object stays for a while is stored.
func TestS3BrokenUploads(t *testing.T) {
	f, server := newS3Fixture(t)
	id := f.create(100_000)
	u, err := f.Upload(context.Background(), id, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	u.Write(make([]byte, 60_000))
	u.Abort()
	server.Refuse(func(m, object string) bool { return m == "PUT" && strings.Contains(object, uploadsPrefix) })
	if err := f.upload(id, 100_000); err == nil {
		t.Error("PUT failed and the upload succeeded")
	}
	if f.account.reserved != 0 || f.Usage() != (Usage{}) || len(server.Objects()) > 0 {
		t.Errorf("reserved %d, %+v, objects %v", f.account.reserved, f.Usage(), server.Objects())
	}
	server.Refuse(func(m, object string) bool { return m == "DELETE" && strings.Contains(object, uploadsPrefix) })
	if err := f.upload(id, 100_000); err != nil {
		t.Error(err)
	}
	server.Refuse(nil)
	f.tidy.Look()
	if got := server.Objects(); !slices.Equal(got, []string{"x/" + fileName(id)}) || f.Usage().Bytes != 100_000 {
		t.Errorf("objects %v, %+v", got, f.Usage())
	}
}

// TestS3DeleteCancelled: the client has gone when its packet is deleted or blocked. That goes on to the end.
func TestS3DeleteCancelled(t *testing.T) {
	f, server := newS3Fixture(t)
	for _, end := range []func(context.Context, ID) error{
		f.Delete, func(ctx context.Context, id ID) error { return f.Block(ctx, id, "reason=spam") },
	} {
		id := f.create(1000)
		if err := f.upload(id, 1000); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := end(ctx, id); err != nil {
			t.Error(err)
		}
		if got := server.Objects(); len(got) > 0 || f.Usage() != (Usage{}) {
			t.Errorf("objects %v, %+v", got, f.Usage())
		}
	}
}

// TestS3DeleteFails: the object store refuses to remove bodies. They count until they are removed, by this process or by the
// next one.
func TestS3DeleteFails(t *testing.T) {
	for _, restarted := range []bool{false, true} {
		f, server := newS3Fixture(t)
		ids := []ID{f.create(1000), f.create(1000), f.create(1000)}
		for _, id := range ids {
			if err := f.upload(id, 1000); err != nil {
				t.Fatal(err)
			}
		}
		server.Refuse(func(method, _ string) bool { return method == "DELETE" })
		for _, id := range ids[:2] {
			if err := f.Delete(context.Background(), id); err != nil {
				t.Error(err)
			}
			if _, err := f.Packet(id); !errors.Is(err, ErrNotFound) {
				t.Error(err)
			}
		}
		f.tidy.Look()
		if got := server.Objects(); len(got) != 3 || f.Usage() != (Usage{3000, 3}) {
			t.Errorf("objects %v, %+v", got, f.Usage())
		}
		server.Refuse(func(method, object string) bool { return method == "DELETE" && object == "x/"+fileName(ids[0]) })
		if restarted {
			crashed := f.fs.CrashClone(vfs.CrashCloneCfg{})
			f.Store.Close()
			f.fs = crashed
			f.openS3(server)
		} else {
			f.tidy.Look()
		}
		if got := server.Objects(); len(got) != 2 || f.Usage() != (Usage{2000, 2}) {
			t.Errorf("one is refused: objects %v, %+v", got, f.Usage())
		}
		server.Refuse(nil)
		f.tidy.Look()
		if got := server.Objects(); !slices.Equal(got, []string{"x/" + fileName(ids[2])}) || f.Usage() != (Usage{1000, 1}) {
			t.Errorf("objects %v, %+v", got, f.Usage())
		}
		if strings.Contains(f.log.String(), fileName(ids[0])) {
			t.Error("the log has an ID: ", f.log.String())
		}
	}
}

// TestS3Slow: while the object store takes its time to name one body, others' packets and this one's recipients are served,
// and the body is read.
func TestS3Slow(t *testing.T) {
	f, server := newS3Fixture(t)
	id, came, goes := f.create(1000), make(chan struct{}), make(chan struct{})
	server.Refuse(func(method, object string) bool {
		if method == "PUT" && object == "x/"+fileName(id) { // its copy
			close(came)
			<-goes
		}
		return false
	})
	uploaded := make(chan error)
	go func() { uploaded <- f.upload(id, 1000) }()
	<-came
	other := newID()
	other[0] = id[0] // of the same stripe
	if err := f.Create(other, Record{Sender: testKey, Size: 1000, Digest: []byte("digest")}, nil); err != nil {
		t.Error(err)
	}
	if err := f.upload(other, 1000); err != nil {
		t.Error(err)
	}
	if err := f.Delete(context.Background(), other); err != nil {
		t.Error(err)
	}
	reader := newID()
	if err := f.AddRecipients(id, []Recipient{{reader, testKey}}); err != nil {
		t.Error(err)
	}
	if b, err := f.body(id); err != nil || !bytes.Equal(b, content(id, 1000)) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	deleted := make(chan error)
	go func() { deleted <- f.Delete(context.Background(), id) }() // its body is removed after it has got its name
	close(goes)
	if err := <-uploaded; err != nil {
		t.Error(err)
	}
	if err := <-deleted; err != nil {
		t.Error(err)
	}
	if got := server.Objects(); len(got) > 0 || f.Usage() != (Usage{}) {
		t.Errorf("objects %v, %+v", got, f.Usage())
	}
}

// TestS3Recover: an upload whose record was committed gets its name, others go.
func TestS3Recover(t *testing.T) {
	f, server := newS3Fixture(t)
	id := f.create(1000)
	if err := f.upload(id, 1000); err != nil {
		t.Fatal(err)
	}
	r, err := f.Packet(id)
	if err != nil {
		t.Fatal(err)
	}
	// As if the router had died before the copy, while another upload of the packet was under way.
	if err := f.bodies.Remove(context.Background(), id); err != nil {
		t.Fatal(err)
	}
	server.Put("x/"+uploadsPrefix+temporaryName(id, r.tag), content(id, 1000))
	server.Put("x/"+uploadsPrefix+temporaryName(id, r.tag+1), nil)
	server.Put("x/"+uploadsPrefix+"foreign", nil)
	f.tidyUp(context.Background())
	if got := server.Objects(); !slices.Equal(got, []string{"x/" + fileName(id)}) {
		t.Errorf("objects %v", got)
	}
	if b, err := f.body(id); err != nil || !bytes.Equal(b, content(id, 1000)) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

func TestS3Missing(t *testing.T) {
	server := s3test.Start(t, "packets")
	for _, cfg := range []S3Config{
		{Endpoint: server.URL.Host, Bucket: "others", AccessKey: "a", SecretKey: "s"},
		{Endpoint: "not a host", Bucket: "packets"},
	} {
		if _, err := OpenS3(context.Background(), cfg); err == nil || strings.Contains(fmt.Sprint(err), "\n") {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}
