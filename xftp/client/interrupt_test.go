package client

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"switchyard/smp"
	"switchyard/xftp"
	"switchyard/xftp/desc"
	"switchyard/xftp/router/routertest"
)

// endless is a source that ends its context after some reads, and never itself.
type endless struct {
	cancel context.CancelFunc
	reads  int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.reads--; e.reads == 0 {
		e.cancel()
	}
	return len(p), nil
}

func (e *endless) Close() error { return nil }

// TestEncryptionCanBeInterrupted: it ends with the context, and leaves nothing.
func TestEncryptionCanBeInterrupted(t *testing.T) {
	r := routertest.Start(t, nil)
	p := &Pool{}
	defer p.Close()
	f := newFiles(t, "x", 0)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	src := Source{"endless", MaxFile, func() (io.ReadCloser, error) { return &endless{cancel, 50}, nil }}
	journal := filepath.Join(t.TempDir(), "journal")
	_, err := p.SendSource(ctx, src, SendOptions{Servers: []smp.ServerAddress{r.Address}, TempDir: f.temp, Journal: journal})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := os.Stat(journal); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a journal is left")
	}
	f.nothingLeft()
}

// TestPipesAreNotWaitedFor: opening one would wait until somebody writes into it.
func TestPipesAreNotWaitedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	check(t, unix.Mkfifo(path, 0o600))
	if _, err := FileSource(path); err == nil || !strings.Contains(err.Error(), "is not a file") {
		t.Error(err)
	}
}

// TestDecryptionCanBeInterrupted: the packets stay, and the same call goes on without downloading them again.
func TestDecryptionCanBeInterrupted(t *testing.T) {
	r := routertest.Start(t, nil)
	p := &Pool{}
	defer p.Close()
	f := newFiles(t, "received", 300000)
	d := send(t, p, f, r.Address).Recipients[0]
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	_, err := p.Receive(ctx, d, ReceiveOptions{TempDir: f.temp, Dir: f.out, Decrypting: cancel,
		Destination: func(name string) (string, error) { return UniquePath(f.out, name) }})
	var kept *Interrupted
	if !errors.As(err, &kept) || !errors.Is(err, context.Canceled) || kept.Done != d.Size {
		t.Fatalf("%+v", err)
	}
	if entries, err := os.ReadDir(f.out); err != nil || len(entries) > 0 {
		t.Errorf("%v is left", entries)
	}
	before := r.Stats.Downloads.Load()
	path, err := f.receive(p, d)
	f.received(path, err)
	if r.Stats.Downloads.Load() != before {
		t.Error("packets are downloaded again")
	}
}

// TestKeepingAFile: without an acknowledgement the description serves again, and that of a redirect too.
func TestKeepingAFile(t *testing.T) {
	r := routertest.Start(t, nil)
	p := &Pool{Attempts: 1}
	defer p.Close()
	f := newFiles(t, "kept", 100000)
	inner := send(t, p, f, r.Address).Recipients[0]
	for _, d := range []*desc.Description{inner, describe(t, p, inner, r.Address)} {
		var asked []string
		receive := func(answer bool) (string, error) {
			return p.Receive(ctx, d, ReceiveOptions{TempDir: f.temp, Dir: f.out,
				Destination: func(name string) (string, error) { return UniquePath(f.out, name) },
				Acknowledge: func(path string) bool { asked = append(asked, path); return answer }})
		}
		for range 2 {
			path, err := receive(false)
			f.received(path, err)
		}
		if d == inner {
			continue
		}
		path, err := receive(true)
		f.received(path, err)
		if len(asked) != 3 || asked[2] != path {
			t.Error(asked)
		}
		for _, d := range []*desc.Description{inner, d} {
			if _, err := f.receive(p, d); !errors.Is(err, xftp.ErrAuth) {
				t.Errorf("an acknowledged file: %v", err)
			}
		}
	}
}

// TestRedirectGoesOn: the description of a redirect is not used up before the file is there.
func TestRedirectGoesOn(t *testing.T) {
	r := routertest.Start(t, nil)
	p := &Pool{Attempts: 1}
	defer p.Close()
	f := newFiles(t, "redirected", 100000)
	d := describe(t, p, send(t, p, f, r.Address).Recipients[0], r.Address)
	full := errors.New("the disk is full")
	_, err := p.Receive(ctx, d, ReceiveOptions{TempDir: f.temp, Destination: func(string) (string, error) { return "", full }})
	if !errors.Is(err, full) {
		t.Error(err)
	}
	path, err := f.receive(p, d)
	f.received(path, err)
}

// TestDeleteGoesOn: packets that are gone do not keep the others from being deleted.
func TestDeleteGoesOn(t *testing.T) {
	r := routertest.Start(t, nil)
	p := &Pool{}
	defer p.Close()
	f := newFiles(t, "deleted", 300000)
	d := send(t, p, f, r.Address).Sender
	first := *d
	first.Chunks = d.Chunks[:1]
	check(t, p.Delete(ctx, &first))
	check(t, p.Delete(ctx, d))
	if n := r.Bodies(t); n > 0 {
		t.Errorf("%d packets are left", n)
	}
	var gone *RouterError
	if err := p.Delete(ctx, d); !errors.As(err, &gone) || gone.Step != Deleting {
		t.Error(err)
	}
}

// TestLooksBeforeItDownloads: where a file cannot go, or would not fit, nothing is downloaded.
func TestLooksBeforeItDownloads(t *testing.T) {
	r := routertest.Start(t, nil)
	p := &Pool{}
	defer p.Close()
	f := newFiles(t, "file", 100000)
	d := send(t, p, f, r.Address).Recipients[0]
	receive := func(dir string) error {
		_, err := p.Receive(ctx, d, ReceiveOptions{TempDir: f.temp, Dir: dir,
			Destination: func(name string) (string, error) { return UniquePath(dir, name) }})
		return err
	}
	for _, dir := range []string{f.path, filepath.Join(f.out, "missing"), "/proc/self"} {
		if err := receive(dir); err == nil {
			t.Errorf("%s takes a file", dir)
		}
	}
	free := int64(0)
	defer func(asked func(string) (int64, uint64, bool)) { room = asked }(room)
	room = func(string) (int64, uint64, bool) { return free, 7, true }
	var full *RoomError
	for _, free = range []int64{0, d.Size, 2*d.Size - 1} {
		if err := receive(f.out); !errors.As(err, &full) || full.Need != 2*d.Size || full.Free != free {
			t.Errorf("%d bytes are free: %v", free, err)
		}
	}
	if r.Stats.Downloads.Load() > 0 {
		t.Error("packets were downloaded")
	}
	f.nothingLeft()
	free = 2 * d.Size
	check(t, receive(f.out))

	free = d.Size - 1
	_, err := p.Send(ctx, f.path, SendOptions{Servers: []smp.ServerAddress{r.Address}, TempDir: f.temp})
	if !errors.As(err, &full) || full.Need != d.Size || full.Dir != f.temp {
		t.Error(err)
	}
	f.nothingLeft()
}

// TestPacketsOfOthers: a directory for packets that somebody else has made, or may write to, is not used.
func TestPacketsOfOthers(t *testing.T) {
	d := &desc.Description{Digest: make([]byte, 64)}
	for name, prepare := range map[string]func(dir string) error{
		"writable": func(dir string) error { return errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, 0o777)) },
		"a link":   func(dir string) error { return os.Symlink(t.TempDir(), dir) },
		"a file":   func(dir string) error { return os.WriteFile(dir, nil, 0o600) },
	} {
		temp := t.TempDir()
		dir, err := packetDir(temp, d)
		check(t, err)
		check(t, os.Remove(dir))
		check(t, prepare(dir))
		if _, err := packetDir(temp, d); err == nil {
			t.Errorf("%s is used", name)
		}
	}
}
