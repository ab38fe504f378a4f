package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"switchyard/smp"
	"switchyard/xftp"
	"switchyard/xftp/router"
	"switchyard/xftp/router/routertest"
)

// resumedSize makes five packets, of which four are under way at a time: when the first is there and interrupts that,
// the fifth has not begun.
const resumedSize = 700_000

// upload is one that is interrupted when some packets are there, and goes on.
type upload struct {
	*files
	router  *routertest.Router
	pool    *Pool
	journal string
}

func newUpload(t *testing.T, change func(*router.Config)) *upload {
	u := &upload{newFiles(t, "file.bin", resumedSize), routertest.Start(t, change), &Pool{Attempts: 1}, filepath.Join(t.TempDir(), "state", "journal")}
	t.Cleanup(u.pool.Close)
	return u
}

func (u *upload) send(o SendOptions) (*Sent, error) {
	o.TempDir, o.Journal = u.temp, u.journal
	if o.Servers == nil {
		o.Servers = []smp.ServerAddress{u.router.Address}
	}
	return u.pool.Send(ctx, u.path, o)
}

// interrupt sends until the first packets are there.
func (u *upload) interrupt() *Interrupted {
	u.t.Helper()
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	_, err := u.pool.Send(within, u.path, SendOptions{Servers: []smp.ServerAddress{u.router.Address}, TempDir: u.temp, Journal: u.journal,
		Progress: func(int64, int64) { cancel() }})
	var kept *Interrupted
	if !errors.As(err, &kept) || kept.Kept != u.journal || kept.Done == 0 || kept.Done == kept.Total {
		u.t.Fatalf("%+v", err)
	}
	if info, err := os.Stat(u.journal); err != nil || info.Mode().Perm() != 0o600 {
		u.t.Fatal(info.Mode(), err)
	}
	u.nothingLeft()
	return kept
}

// finish sends to the end, receives, and deletes; resumed is how much was not uploaded again.
func (u *upload) finish() (resumed int64) {
	u.t.Helper()
	sent, err := u.send(SendOptions{Resuming: func(done, _ int64) { resumed = done }})
	check(u.t, err)
	defer sent.Close()
	path, err := u.receive(u.pool, sent.Recipients[0])
	u.received(path, err)
	check(u.t, u.pool.Delete(ctx, sent.Sender))
	if n := u.router.Bodies(u.t); n > 0 {
		u.t.Errorf("%d packets are left", n)
	}
	sent.Forget()
	if _, err := os.Stat(u.journal); !errors.Is(err, fs.ErrNotExist) {
		u.t.Error("the journal is left")
	}
	return resumed
}

// TestSendGoesOn: what an interrupted call has uploaded is not uploaded again, and the file is whole.
func TestSendGoesOn(t *testing.T) {
	u := newUpload(t, nil)
	kept := u.interrupt()
	if resumed := u.finish(); resumed != kept.Done {
		t.Errorf("goes on from %d, was at %d", resumed, kept.Done)
	}
}

// TestSendGoesOnAfterAKill: the journal is that of a process that could not end it, with half a line.
func TestSendGoesOnAfterAKill(t *testing.T) {
	u := newUpload(t, nil)
	kept := u.interrupt()
	f, err := os.OpenFile(u.journal, os.O_WRONLY|os.O_APPEND, 0)
	check(t, err)
	f.WriteString(`{"uploaded":{"packet":3,"keyHa`)
	check(t, f.Close())
	if resumed := u.finish(); resumed != kept.Done {
		t.Errorf("goes on from %d, was at %d", resumed, kept.Done)
	}
}

// TestSendGoesOnUntilItIsForgotten: that descriptions could not be written costs no upload.
func TestSendGoesOnUntilItIsForgotten(t *testing.T) {
	u := newUpload(t, nil)
	sent, err := u.send(SendOptions{})
	check(t, err)
	sent.Close()
	before := u.router.Stats.Uploaded.Load()
	if resumed := u.finish(); resumed != sent.Sender.Size || u.router.Stats.Uploaded.Load() != before {
		t.Errorf("goes on from %d of %d", resumed, sent.Sender.Size)
	}
}

// TestSendOfAnotherFile: a file that has changed is sent anew, with another key, and what was uploaded of the one before
// is deleted.
func TestSendOfAnotherFile(t *testing.T) {
	u := newUpload(t, nil)
	u.interrupt()
	u.content[len(u.content)/2] ^= 1
	check(t, os.WriteFile(u.path, u.content, 0o600))
	before := u.head()
	if resumed := u.finish(); resumed != 0 {
		t.Errorf("goes on from %d", resumed)
	}
	if deleted := u.router.Stats.Deleted.Load(); deleted == 0 {
		t.Error("nothing was deleted")
	}
	u.interrupt()
	if bytes.Equal(before.Key, u.head().Key) {
		t.Error("two files have the same key")
	}
}

// head is the first line of the journal.
func (u *upload) head() *journalFile {
	text, err := os.ReadFile(u.journal)
	check(u.t, err)
	first, _, _ := bytes.Cut(text, []byte("\n"))
	var l journalLine
	check(u.t, json.Unmarshal(first, &l))
	return l.File
}

// TestSendOfGonePackets: what has expired meanwhile is uploaded again.
func TestSendOfGonePackets(t *testing.T) {
	u := newUpload(t, nil)
	kept := u.interrupt()
	j, err := openJournal(u.journal)
	check(t, err)
	u.pool.withdraw(ctx, j.read().all())
	j.close()
	if u.router.Bodies(t) > 0 {
		t.Fatal("packets are left")
	}
	if resumed := u.finish(); resumed != kept.Done {
		t.Errorf("goes on from %d, was at %d", resumed, kept.Done)
	}
}

// TestOldJournals: of an upload long ago packets may expire before anybody has them.
func TestOldJournals(t *testing.T) {
	u := newUpload(t, nil)
	for _, began := range []time.Time{time.Now().Add(-journalLife - time.Minute), time.Now().Add(time.Hour)} {
		u.interrupt()
		text, err := os.ReadFile(u.journal)
		check(t, err)
		_, rest, _ := bytes.Cut(text, []byte("\n"))
		head := u.head()
		head.Began = began.Unix()
		first, err := json.Marshal(journalLine{File: head})
		check(t, err)
		check(t, os.WriteFile(u.journal, append(append(first, '\n'), rest...), 0o600))
		if resumed := u.finish(); resumed != 0 {
			t.Errorf("goes on from %d", resumed)
		}
	}
	u.interrupt()
	old := time.Now().Add(-journalLife - time.Minute)
	RemoveOldJournals(filepath.Dir(u.journal))
	if _, err := os.Stat(u.journal); err != nil {
		t.Error(err)
	}
	check(t, os.Chtimes(u.journal, old, old))
	RemoveOldJournals(filepath.Dir(u.journal))
	if _, err := os.Stat(u.journal); !errors.Is(err, fs.ErrNotExist) {
		t.Error("an old journal stays")
	}
}

// TestJournalsOfNoUse: none of these is gone on with, and none keeps a file from being sent.
func TestJournalsOfNoUse(t *testing.T) {
	u := newUpload(t, nil)
	for name, spoil := range map[string]func(){
		"empty":           func() { check(t, os.WriteFile(u.journal, nil, 0o600)) },
		"no journal":      func() { check(t, os.WriteFile(u.journal, []byte("{}\n[]\n"), 0o600)) },
		"open to others":  func() { check(t, os.Chmod(u.journal, 0o644)) },
		"of another form": func() { check(t, os.WriteFile(u.journal, []byte(`{"file":{"format":2}}`+"\n"), 0o600)) },
	} {
		u.interrupt()
		spoil()
		sent, err := u.send(SendOptions{Resuming: func(int64, int64) { t.Errorf("%s: goes on", name) }})
		check(t, err)
		check(t, u.pool.Delete(ctx, sent.Sender))
		sent.Forget()
		os.Remove(u.journal)
	}
	u.interrupt()
	j, err := openJournal(u.journal)
	check(t, err)
	defer j.close()
	sent, err := u.send(SendOptions{Resuming: func(int64, int64) { t.Error("two processes go on with one upload") }})
	check(t, err)
	sent.Close()
}

// TestSendThatCannotGoOn leaves nothing: another try would fail for the same reason.
func TestSendThatCannotGoOn(t *testing.T) {
	good, bad := routertest.Start(t, nil), routertest.Start(t, func(c *router.Config) { c.NewFiles = false })
	u := newUpload(t, nil)
	for {
		sent, err := u.send(SendOptions{Servers: []smp.ServerAddress{good.Address, bad.Address}})
		if err == nil { // all packets went to the good one
			check(t, u.pool.Delete(ctx, sent.Sender))
			sent.Forget()
			continue
		}
		var refused *RouterError
		if !errors.As(err, &refused) || refused.Step != Uploading || refused.Password || refused.Err != xftp.ErrAuth {
			t.Fatal(err)
		}
		break
	}
	if _, err := os.Stat(u.journal); !errors.Is(err, fs.ErrNotExist) || good.Bodies(t) > 0 {
		t.Errorf("%d packets are left, journal: %v", good.Bodies(t), err)
	}
}

func FuzzJournal(f *testing.F) {
	f.Add([]byte(`{"file":{"format":1,"key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","nonce":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}
{"created":{"packet":0,"keyHash":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","hosts":["a"],"sender":{"id":"AA==","key":"AA=="}}}
`))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "journal")
		check(t, os.WriteFile(path, text, 0o600))
		j, err := openJournal(path)
		check(t, err)
		defer j.close()
		p := j.read()
		if p == nil {
			return
		}
		s := &sending{packets: make([]sendingPacket, 3), options: SendOptions{Recipients: 1}}
		if n := len(p.apply(s)); n > len(p.packets) {
			t.Error(n)
		}
	})
}
