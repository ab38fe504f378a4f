package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"switchyard/box"
	"switchyard/smp"
	"switchyard/xftp"
	"switchyard/xftp/client"
	"switchyard/xftp/desc"
	"switchyard/xftp/packets/s3test"
)

// transfer is how many bytes the file of TestTransferOverRestarts has: some packets of 4 MiB and smaller ones.
const transfer = 20 << 20

// TestTransferOverRestarts sends a file, kills the router, receives it, stops the router with signals, and deletes it;
// the router is clean then.
func TestTransferOverRestarts(t *testing.T) {
	p := newProcess(t, "log_stats = off", "log_stats = on", "# prometheus_interval = 60", "prometheus_interval = 1")
	p.start()
	content := make([]byte, transfer)
	rand.Read(content)
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	check(t, os.WriteFile(path, content, 0o600))
	pool := &client.Pool{}
	defer pool.Close()
	sent, err := pool.Send(ctx, path, client.SendOptions{Servers: []smp.ServerAddress{p.address}, TempDir: dir})
	check(t, err)
	if p.bodies() != sent.Sender.Size {
		t.Errorf("%d bytes on the disk, %d sent", p.bodies(), sent.Sender.Size)
	}
	p.stop(syscall.SIGKILL)
	p.start()
	out := filepath.Join(dir, "received")
	_, err = pool.Receive(ctx, sent.Recipients[0], client.ReceiveOptions{TempDir: dir,
		Destination: func(string) (string, error) { return out, nil }})
	check(t, err)
	got, err := os.ReadFile(out)
	check(t, err)
	if !bytes.Equal(got, content) {
		t.Error("another file is received")
	}
	p.stop(syscall.SIGTERM)
	backup, err := os.ReadFile(filepath.Join(p.dir, "var", "file-server-stats.log"))
	check(t, err)
	if !strings.Contains(string(backup), "fileDownloadAcks=") || strings.Contains(string(backup), "fileDownloadAcks=0\n") {
		t.Errorf("%s", backup)
	}
	p.start()
	check(t, pool.Delete(ctx, sent.Sender))
	if p.bodies() != 0 {
		t.Errorf("%d bytes are left", p.bodies())
	}
	p.stop(os.Interrupt)
}

// TestKillInMidUpload: after the restart quota and disk agree: nothing of the upload is there, and the whole quota is
// free.
func TestKillInMidUpload(t *testing.T) {
	p := newProcess(t, "storage_quota = 100mb", "storage_quota = 8mb")
	p.start()
	stored, pending := p.packet(), p.packet()
	check(t, stored.upload(p, bytes.NewReader(stored.body)))
	// Half of the packet arrives and is written; then the router dies.
	body := &halting{head: pending.body[:xftp.Size4M/2], reached: make(chan struct{}), release: make(chan struct{})}
	failed := make(chan error, 1)
	go func() { failed <- pending.upload(p, body) }()
	<-body.reached
	for p.bodies() <= xftp.Size4M { // the socket's buffers hold the rest
	}
	p.stop(syscall.SIGKILL)
	close(body.release)
	if err := <-failed; err == nil {
		t.Error("the upload succeeded")
	}
	p.start()
	if p.bodies() != xftp.Size4M {
		t.Errorf("%d bytes on the disk, want %d", p.bodies(), xftp.Size4M)
	}
	check(t, pending.upload(p, bytes.NewReader(pending.body))) // fits only if the first try holds nothing
	var e xftp.Error
	if err := p.packet().upload(p, bytes.NewReader(pending.body)); !errors.As(err, &e) || e != xftp.ErrQuota {
		t.Errorf("over the quota: %v", err)
	}
	p.stop(syscall.SIGTERM)
}

// packet is one of 4 MiB with its keys.
type packet struct {
	t    testing.TB
	body []byte
	key  *box.PrivateKey
	id   []byte
}

func (p *process) packet() *packet {
	p.t.Helper()
	x := &packet{t: p.t, body: make([]byte, xftp.Size4M)}
	rand.Read(x.body)
	var err error
	x.key, err = box.GenerateKey(box.Ed25519, rand.Reader)
	check(p.t, err)
	c := p.dial()
	defer c.Close()
	sum := sha256.Sum256(x.body)
	x.id, _, err = c.Create(ctx, x.key, client.Packet{Size: xftp.Size4M, Digest: sum[:], Recipients: []box.PublicKey{x.key.Public()}})
	check(p.t, err)
	return x
}

func (p *process) dial() *client.Conn {
	p.t.Helper()
	c, err := client.Dial(ctx, client.Config{Address: p.address})
	check(p.t, err)
	return c
}

func (x *packet) upload(p *process, body io.Reader) error {
	c, err := client.Dial(ctx, client.Config{Address: p.address})
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Upload(ctx, x.key, x.id, body, xftp.Size4M)
}

// halting gives head, tells that it has been taken, and waits.
type halting struct {
	head             []byte
	reached, release chan struct{}
}

func (h *halting) Read(b []byte) (int, error) {
	if len(h.head) == 0 {
		close(h.reached)
		<-h.release
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(b, h.head)
	h.head = h.head[n:]
	return n, nil
}

// TestObjectStore: a router that keeps files in a bucket.
func TestObjectStore(t *testing.T) {
	bucket := s3test.Start(t, "xftp")
	p := newProcess(t, "# s3_endpoint = s3.example.net", "s3_endpoint = "+bucket.URL.Host, "# s3_bucket", "s3_bucket",
		"# s3_access_key =", "s3_access_key = a", "# s3_secret_key =", "s3_secret_key = s", "# s3_tls = on", "s3_tls = off",
		"# s3_prefix", "s3_prefix")
	p.start()
	x := p.packet()
	check(t, x.upload(p, bytes.NewReader(x.body)))
	if n := bucket.Objects(); len(n) != 1 || !strings.HasPrefix(n[0], "packets/") || p.bodies() != 0 {
		t.Errorf("objects %v, %d bytes on the disk", n, p.bodies())
	}
	p.stop(syscall.SIGKILL)
	p.start()
	c := p.dial()
	defer c.Close()
	check(t, c.Delete(ctx, x.key, x.id))
	if n := bucket.Objects(); len(n) > 0 {
		t.Errorf("objects %v", n)
	}
	p.stop(syscall.SIGTERM)
}

// TestTakesOverTheReference starts on the directories of the reference's router and receives its files with its
// descriptions.
func TestTakesOverTheReference(t *testing.T) {
	p := &process{t: t, dir: t.TempDir()}
	extract(t, "testdata/reference.tar.gz", p.dir)
	var err error
	p.port, err = freePort()
	check(t, err)
	p.edit("port = 19350", "port = "+p.port, "path = /srv/xftp", "path = "+filepath.Join(p.dir, "files"),
		"expire_files_hours = 48", "expire_files_hours = 876000") // they are of November 2026
	p.start()
	if _, err := os.Stat(filepath.Join(p.dir, "var", "file-server-store.log.bak")); err != nil {
		t.Error(err)
	}
	two := make([]byte, 100000)
	for i := range two {
		two[i] = byte(i*7 + i/256)
	}
	small, err := os.ReadFile(filepath.Join(p.dir, "source", "small.txt"))
	check(t, err)
	// The descriptions name the port of the router that was.
	pool := &client.Pool{Attempts: 1, Connect: client.Config{Connect: func(ctx context.Context, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", p.port))
	}}}
	defer pool.Close()
	for _, test := range []struct {
		description string
		want        []byte // nil: AUTH
	}{
		{"small.txt.xftp/rcv1.xftp", small},
		{"empty.bin.xftp/rcv1.xftp", []byte{}},
		{"two-chunks.bin.xftp/rcv1.xftp", two},
		{"two-chunks.bin.xftp/rcv2.xftp", nil}, // acknowledged
		{"deleted.bin.xftp/rcv1.xftp", nil},
	} {
		out := filepath.Join(t.TempDir(), "out")
		_, err := pool.Receive(ctx, p.description(test.description), client.ReceiveOptions{TempDir: t.TempDir(),
			Destination: func(string) (string, error) { return out, nil }})
		if test.want == nil {
			if !errors.Is(err, xftp.ErrAuth) {
				t.Errorf("%s: %v", test.description, err)
			}
			continue
		}
		check(t, err)
		if got, err := os.ReadFile(out); err != nil || !bytes.Equal(got, test.want) {
			t.Errorf("%s: %d bytes, %v", test.description, len(got), err)
		}
	}
	for _, name := range []string{"small.txt", "empty.bin", "two-chunks.bin"} {
		check(t, pool.Delete(ctx, p.description(name+".xftp/snd.xftp.private")))
	}
	if p.bodies() != 0 {
		t.Errorf("%d bytes are left", p.bodies())
	}
	p.stop(syscall.SIGTERM)
	p.start() // with the store that was made of the log
	p.stop(syscall.SIGTERM)
}

func (p *process) description(name string) *desc.Description {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, "descriptions", name))
	check(p.t, err)
	d, err := desc.Parse(text)
	check(p.t, err)
	return d
}

func extract(t testing.TB, archive, dir string) {
	t.Helper()
	f, err := os.Open(archive)
	check(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	check(t, err)
	files := tar.NewReader(z)
	for {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		check(t, err)
		path := filepath.Join(dir, filepath.FromSlash(h.Name))
		if h.Typeflag == tar.TypeDir {
			check(t, os.MkdirAll(path, 0o755))
			continue
		}
		data, err := io.ReadAll(files)
		check(t, err)
		check(t, os.WriteFile(path, data, 0o600))
	}
}
