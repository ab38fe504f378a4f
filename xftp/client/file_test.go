package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"switchyard/smp"
	"switchyard/xftp"
	"switchyard/xftp/desc"
	"switchyard/xftp/router"
	"switchyard/xftp/router/routertest"
)

var ctx = context.Background()

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// files is a directory with a file to send and one for what is received.
type files struct {
	t       *testing.T
	content []byte
	path    string
	temp    string
	out     string
}

func newFiles(t *testing.T, name string, size int) *files {
	f := &files{t: t, content: make([]byte, size), temp: t.TempDir(), out: t.TempDir()}
	rand.Read(f.content)
	f.path = filepath.Join(t.TempDir(), name)
	check(t, os.WriteFile(f.path, f.content, 0o600))
	return f
}

func (f *files) receive(p *Pool, d *desc.Description) (string, error) {
	return p.Receive(ctx, d, ReceiveOptions{TempDir: f.temp, Destination: func(name string) (string, error) {
		return UniquePath(f.out, SafeName(name))
	}})
}

// received checks that a path holds the content, and that nothing else is left.
func (f *files) received(path string, err error) {
	f.t.Helper()
	check(f.t, err)
	got, err := os.ReadFile(path)
	check(f.t, err)
	if !bytes.Equal(got, f.content) {
		f.t.Errorf("%d bytes, want %d", len(got), len(f.content))
	}
	f.nothingLeft()
}

func (f *files) nothingLeft() {
	f.t.Helper()
	for _, dir := range []string{f.temp, f.out} {
		entries, err := os.ReadDir(dir)
		check(f.t, err)
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), ".xftp") || strings.HasPrefix(e.Name(), "xftp.") {
				f.t.Errorf("%s is left", e.Name())
			}
		}
	}
}

// TestFilesOfManySizes sends and receives over two routers with two recipients, and leaves clean routers.
func TestFilesOfManySizes(t *testing.T) {
	a, b := routertest.Start(t, nil), routertest.Start(t, func(c *router.Config) { c.Password = "secret" })
	withPassword := b.Address
	withPassword.BasicAuth = "secret"
	for _, size := range []int{0, 1, 65000, 70000, 3<<20 + 17, 9 << 20} {
		f := newFiles(t, "test.file.bin", size)
		p := &Pool{}
		var last, total int64
		sent, err := p.Send(ctx, f.path, SendOptions{Servers: []smp.ServerAddress{a.Address, withPassword}, Recipients: 2, TempDir: f.temp,
			Progress: func(done, all int64) { last, total = done, all }})
		check(t, err)
		f.nothingLeft()
		if last != sent.Sender.Size || total != last {
			t.Errorf("progress ends with %d of %d, the file has %d", last, total, sent.Sender.Size)
		}
		if text := string(sent.Sender.YAML()); strings.Contains(text, "secret") {
			t.Error("the password is in the description")
		}
		for i, d := range sent.Recipients {
			parsed, err := desc.ParseFragment(d.Fragment())
			check(t, err)
			path, err := f.receive(p, parsed)
			f.received(path, err)
			want := []string{"test.file.bin", "test_1.file.bin"}[i]
			if filepath.Base(path) != want {
				t.Errorf("%s, want %s", path, want)
			}
			if _, err := f.receive(p, parsed); !errors.Is(err, xftp.ErrAuth) {
				t.Errorf("an acknowledged file: %v", err)
			}
		}
		check(t, p.Delete(ctx, sent.Sender))
		p.Close()
		if n := a.Bodies(t) + b.Bodies(t); n > 0 || a.Store.Usage().Bytes+b.Store.Usage().Bytes != 0 {
			t.Errorf("%d packets are left", n)
		}
	}
}

func send(t *testing.T, p *Pool, f *files, server smp.ServerAddress) *Sent {
	t.Helper()
	sent, err := p.Send(ctx, f.path, SendOptions{Servers: []smp.ServerAddress{server}, TempDir: f.temp})
	check(t, err)
	return sent
}

// describe sends a description as a file, as redirects do.
func describe(t *testing.T, p *Pool, d *desc.Description, server smp.ServerAddress) *desc.Description {
	t.Helper()
	text := d.YAML()
	sent, err := p.SendReader(ctx, bytes.NewReader(text), "", int64(len(text)), SendOptions{Servers: []smp.ServerAddress{server}})
	check(t, err)
	outer := sent.Recipients[0]
	outer.Redirect = &desc.Redirect{Size: d.Size, Digest: d.Digest}
	return outer
}

func TestRedirects(t *testing.T) {
	r := routertest.Start(t, nil)
	p := &Pool{}
	defer p.Close()
	f := newFiles(t, "redirected", 100000)
	sent := send(t, p, f, r.Address)
	inner := sent.Recipients[0]

	twice := describe(t, p, describe(t, p, inner, r.Address), r.Address)
	if _, err := f.receive(p, twice); !errors.Is(err, ErrRedirect) {
		t.Errorf("two redirects: %v", err)
	}
	other := describe(t, p, inner, r.Address)
	other.Redirect.Size++
	if _, err := f.receive(p, other); !errors.Is(err, ErrRedirectFile) {
		t.Errorf("another file: %v", err)
	}
	forSender := describe(t, p, sent.Sender, r.Address)
	if _, err := f.receive(p, forSender); err == nil {
		t.Error("a sender's description is taken")
	}
	path, err := f.receive(p, describe(t, p, inner, r.Address))
	f.received(path, err)
}

// TestDamagedDescriptions: nothing is saved when packets and file are not what the description says.
func TestDamagedDescriptions(t *testing.T) {
	r := routertest.Start(t, nil)
	p := &Pool{Attempts: 1}
	defer p.Close()
	f := newFiles(t, "name", 100000)
	for name, test := range map[string]struct {
		damage func(*desc.Description)
		want   error
	}{
		"packet digest": {func(d *desc.Description) { d.Chunks[1].Digest[0] ^= 1 }, ErrPacketDigest},
		"file digest":   {func(d *desc.Description) { d.Digest = append([]byte{1}, d.Digest[1:]...) }, ErrFileDigest},
		"packet size":   {func(d *desc.Description) { d.Chunks[1].Size *= 2 }, ErrPacketSize},
		"smaller size":  {func(d *desc.Description) { d.Chunks[1].Size /= 2 }, nil},
		"key":           {func(d *desc.Description) { d.Key[0] ^= 1 }, nil},
		"no replica":    {func(d *desc.Description) { d.Chunks[1].Replicas = nil }, ErrNoReplica},
	} {
		d := send(t, p, f, r.Address).Recipients[0]
		test.damage(d)
		_, err := f.receive(p, d)
		if err == nil || test.want != nil && !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
		if left, _ := os.ReadDir(f.out); len(left) > 0 {
			t.Errorf("%s: %s is saved", name, left[0].Name())
		}
	}
}

// breaking is a network whose connections break after some bytes, but for every third.
func breaking(limit int64) func(context.Context, string) (net.Conn, error) {
	var n atomic.Int64
	return func(ctx context.Context, address string) (net.Conn, error) {
		var d net.Dialer
		c, err := d.DialContext(ctx, "tcp", address)
		if err != nil || n.Add(1)%3 == 0 {
			return c, err
		}
		return &brittle{Conn: c, left: limit}, nil
	}
}

type brittle struct {
	net.Conn
	left int64
}

func (b *brittle) spend(n int, err error) (int, error) {
	if b.left -= int64(n); b.left < 0 {
		b.Close()
		return n, io.ErrUnexpectedEOF
	}
	return n, err
}

func (b *brittle) Write(p []byte) (int, error) { return b.spend(b.Conn.Write(p)) }

// TestConnectionsThatBreak: uploads and downloads are tried again, what was downloaded is not downloaded twice, and a
// broken upload leaves nothing on the router.
func TestConnectionsThatBreak(t *testing.T) {
	r := routertest.Start(t, nil)
	p := &Pool{Attempts: 8, Connect: Config{Connect: breaking(100_000)}}
	defer p.Close()
	f := newFiles(t, "brittle", 400000)
	sent := send(t, p, f, r.Address)
	if n := r.Bodies(t); n != len(sent.Sender.Chunks) {
		t.Errorf("%d packets, want %d", n, len(sent.Sender.Chunks))
	}
	path, err := f.receive(p, sent.Recipients[0])
	f.received(path, err)
}

// TestReceiveGoesOn: a later call does not download again what an earlier one left.
func TestReceiveGoesOn(t *testing.T) {
	r := routertest.Start(t, nil)
	p := &Pool{Attempts: 1}
	defer p.Close()
	f := newFiles(t, "resumed", 300000)
	d := send(t, p, f, r.Address).Recipients[0]
	server := &d.Chunks[1].Replicas[0].Server
	right := server.Port
	server.Port = "1" // where nobody listens
	var kept *Interrupted
	if _, err := f.receive(p, d); !errors.As(err, &kept) || kept.Done != int64(d.Chunks[0].Size) || kept.Total != d.Size || !strings.HasPrefix(kept.Kept, f.temp) {
		t.Fatalf("%+v, %v", kept, err)
	}
	before := r.Stats.Downloads.Load()
	server.Port = right
	path, err := f.receive(p, d)
	f.received(path, err)
	if again := r.Stats.Downloads.Load() - before; before+again != int64(len(d.Chunks)) {
		t.Errorf("%d packets were downloaded, then %d, of %d", before, again, len(d.Chunks))
	}
}

// TestFailedSendIsWithdrawn: what was uploaded before the failure is deleted.
func TestFailedSendIsWithdrawn(t *testing.T) {
	good, bad := routertest.Start(t, nil), routertest.Start(t, func(c *router.Config) { c.NewFiles = false })
	p := &Pool{Attempts: 1}
	defer p.Close()
	f := newFiles(t, "unsent", 9<<20)
	for range 3 {
		_, err := p.Send(ctx, f.path, SendOptions{Servers: []smp.ServerAddress{good.Address, bad.Address}, TempDir: f.temp})
		if err != nil && !errors.Is(err, xftp.ErrAuth) {
			t.Error(err)
		}
		if err != nil && good.Bodies(t) != 0 {
			t.Errorf("%d packets are left", good.Bodies(t))
		}
		if err == nil { // all packets went to the good one
			return
		}
	}
	f.nothingLeft()
}

func TestRefusedFiles(t *testing.T) {
	p := &Pool{}
	f := newFiles(t, "x", 1)
	server := []smp.ServerAddress{{Scheme: smp.SchemeXFTP, Hosts: []string{"127.0.0.1"}, Port: "1"}}
	check(t, os.Truncate(f.path, MaxFile+1))
	for name, test := range map[string]struct{ path, want string }{
		"too large": {f.path, "Files bigger than 1gb are not supported"},
		"directory": {f.out, "is not a file"},
		"missing":   {f.path + "x", "no such file"},
	} {
		if _, err := p.Send(ctx, test.path, SendOptions{Servers: server, TempDir: f.temp}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	check(t, os.Truncate(f.path, 5))
	p.Attempts = 1
	var refused *ConnectError
	if _, err := p.Send(ctx, f.path, SendOptions{Servers: server, TempDir: f.temp}); !errors.As(err, &refused) {
		t.Error(err)
	}
	f.nothingLeft()
}
