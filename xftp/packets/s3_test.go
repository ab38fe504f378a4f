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

	"github.com/cockroachdb/pebble/v2/vfs"

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
	f := &fixture{t: t, fs: vfs.NewMem()}
	var err error
	if f.Store, err = Open(context.Background(), "db", openS3(t, server), Options{FS: f.fs}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f, server
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

// TestS3BrokenUploads: an upload that ends early and one that the object store refuses leave nothing.
func TestS3BrokenUploads(t *testing.T) {
	f, server := newS3Fixture(t)
	id := f.create(100_000)
	u, err := f.Upload(context.Background(), id, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	u.Write(make([]byte, 60_000))
	u.Abort()
	for _, method := range []string{"PUT", "DELETE"} {
		server.Fail = func(m, object string) bool { return m == method && strings.Contains(object, uploadsPrefix) }
		if err := f.upload(id, 100_000); err == nil {
			t.Errorf("%s failed and the upload succeeded", method)
		}
		server.Fail = nil
		if f.reserved != 0 || f.Usage() != (Usage{}) {
			t.Errorf("%s: reserved %d, %+v", method, f.reserved, f.Usage())
		}
	}
	f.recoverNow()
	if got := server.Objects(); len(got) > 0 {
		t.Errorf("objects %v", got)
	}
	if err := f.upload(id, 100_000); err != nil {
		t.Error(err)
	}
}

func (f *fixture) recoverNow() {
	f.t.Helper()
	if err := f.recover(context.Background()); err != nil {
		f.t.Fatal(err)
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
	f.recoverNow()
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
