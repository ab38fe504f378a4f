package wal

import (
	"errors"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/shard"
	"switchyard/smp"
)

// onEachFS runs a test in memory and on disk, with each sync mode.
func onEachFS(t *testing.T, test func(t *testing.T, dir string, o Options)) {
	for _, mode := range []Sync{SyncAlways, SyncInterval, SyncNever} {
		t.Run("memory/"+mode.String(), func(t *testing.T) { test(t, "store", Options{FS: vfs.NewMem(), Sync: mode}) })
		t.Run("disk/"+mode.String(), func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "a", "store"), Options{Sync: mode}) })
	}
}

// TestAgainstModel does random things, in transactions of random size, with tables in memory that are small enough to
// be written to disk many times, and compares with a model after each reopening.
func TestAgainstModel(t *testing.T) {
	onEachFS(t, func(t *testing.T, dir string, o Options) {
		o.MemTable = 256 << 10
		m := newModel(3)
		for range 3 {
			s := openStore(t, dir, o)
			m.check(t, s)
			for range 100 {
				tx := s.Begin(0)
				for range m.rng.IntN(12) {
					m.step(tx)
				}
				commit(t, tx)
			}
			m.check(t, s)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestMissing(t *testing.T) {
	s := openStore(t, "store", Options{FS: vfs.NewMem()})
	rng := rand.New(rand.NewPCG(1, 1))
	r := randomRecord(rng)
	tx := s.Begin(0)
	tx.PutQueue(&r)
	commit(t, tx)
	for name, id := range map[string][]byte{
		"unknown": randomBytes(rng, idSize), "empty": nil, "short": r.RecipientID[:23], "longer": append(r.RecipientID[:], 0),
		"longest": randomBytes(rng, 255), "too long": randomBytes(rng, 300),
	} {
		for _, kind := range []shard.IDKind{shard.ByRecipient, shard.BySender, shard.ByNotifier, shard.ByLink} {
			l := []shard.Lookup{{Kind: kind, ID: id, Found: new(shard.Loaded), Err: ErrCorrupt}}
			if s.Load(l); l[0].Found != nil || l[0].Err != nil {
				t.Errorf("%s ID, kind %d: found %v, error %v", name, kind, l[0].Found, l[0].Err)
			}
		}
	}
	if _, err := s.Header(&r.RecipientID, 0); err != ErrMissing {
		t.Errorf("header of no message: %v", err)
	}
	if _, err := s.Body(&r.RecipientID, 0, nil); err != ErrMissing {
		t.Errorf("body of no message: %v", err)
	}
}

// TestRowsThatLeadNowhere checks that an ID which its queue no longer has finds nothing.
func TestRowsThatLeadNowhere(t *testing.T) {
	s := openStore(t, "store", Options{FS: vfs.NewMem()})
	rng := rand.New(rand.NewPCG(1, 1))
	r := randomRecord(rng)
	r.Notifier = &shard.Notifier{ID: randomID(rng), Key: randomKey(rng, 1)}
	old := r.Notifier.ID
	tx := s.Begin(0)
	tx.PutQueue(&r)
	r.Notifier = nil
	tx.PutQueue(&r) // without DeleteNotifier
	tx.(*transaction).set(spaceLinks, []byte("link"), old[:])
	commit(t, tx)
	l := []shard.Lookup{{Kind: shard.ByNotifier, ID: old[:]}, {Kind: shard.ByLink, ID: []byte("link")}}
	s.Load(l)
	for _, l := range l {
		if l.Found != nil || l.Err != nil {
			t.Errorf("kind %d: found %v, error %v", l.Kind, l.Found, l.Err)
		}
	}
}

func TestCorruptRows(t *testing.T) {
	s := openStore(t, "store", Options{FS: vfs.NewMem()})
	rng := rand.New(rand.NewPCG(1, 1))
	bad, good := randomRecord(rng), randomRecord(rng)
	tx := s.Begin(0).(*transaction)
	tx.PutQueue(&good)
	tx.PutQueue(&bad)
	tx.set(spaceQueues, bad.RecipientID[:], []byte("x"))
	tx.set(spaceLinks, []byte("link"), []byte("x"))
	tx.set(spaceHeads, append(good.RecipientID[:], 0, 0, 0, 0, 0, 0, 0, 1), []byte("x"))
	commit(t, tx)
	l := []shard.Lookup{
		{Kind: shard.ByRecipient, ID: bad.RecipientID[:]}, {Kind: shard.BySender, ID: bad.SenderID[:]},
		{Kind: shard.ByLink, ID: []byte("link")}, {Kind: shard.ByRecipient, ID: good.RecipientID[:]},
	}
	s.Load(l)
	for i, l := range l {
		if l.Found != nil || l.Err != ErrCorrupt {
			t.Errorf("lookup %d: found %v, error %v", i, l.Found, l.Err)
		}
	}
	if _, err := s.Header(&good.RecipientID, 1); err != ErrCorrupt {
		t.Errorf("header: %v", err)
	}
	if err := s.Expired(1, func(smp.ID) bool { return true }); !errors.Is(err, ErrCorrupt) {
		t.Errorf("expired: %v", err)
	}
	if _, err := s.Body(&bad.RecipientID, 1, nil); err != ErrMissing {
		t.Errorf("body: %v", err)
	}
}

func TestBodyWithoutRoom(t *testing.T) {
	s := openStore(t, "store", Options{FS: vfs.NewMem()})
	tx := s.Begin(0)
	tx.PutMessage(&someQueue, &shard.MessageHeader{Seq: 1}, []byte("body"))
	commit(t, tx)
	if _, err := s.Body(&someQueue, 1, make([]byte, 3)); err != ErrCorrupt {
		t.Errorf("got %v", err)
	}
	dst := make([]byte, 5)
	if n, err := s.Body(&someQueue, 1, dst); err != nil || string(dst[:n]) != "body" {
		t.Errorf("got %q, %v", dst[:n], err)
	}
}

// TestTxCopies changes what was given to a transaction before it is committed.
func TestTxCopies(t *testing.T) {
	s := openStore(t, "store", Options{FS: vfs.NewMem()})
	rng := rand.New(rand.NewPCG(1, 1))
	r := randomRecord(rng)
	key := string(r.SenderKey)
	body := []byte("body")
	tx := s.Begin(0)
	if !tx.Empty() {
		t.Error("a new transaction is not empty")
	}
	tx.PutQueue(&r)
	tx.PutMessage(&r.RecipientID, &shard.MessageHeader{}, body)
	if tx.Empty() {
		t.Error("a transaction with writes is empty")
	}
	clear(body)
	clear(r.SenderKey)
	commit(t, tx)
	l := []shard.Lookup{{ID: r.RecipientID[:]}}
	s.Load(l)
	dst := make([]byte, 4)
	if _, err := s.Body(&r.RecipientID, 0, dst); err != nil || string(dst) != "body" || string(l[0].Found.Record.SenderKey) != key {
		t.Error("the store holds what was changed afterwards")
	}
}

func TestEmptyTx(t *testing.T) {
	s := openStore(t, "store", Options{FS: vfs.NewMem()})
	commit(t, s.Begin(0))
	if n := s.Stats().Commits; n != 0 {
		t.Errorf("%d commits counted", n)
	}
}

func TestClosed(t *testing.T) {
	s := openStore(t, "store", Options{FS: vfs.NewMem()})
	tx := s.Begin(0)
	tx.DeleteNotifier(&someQueue)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Commit(); err != ErrClosed {
		t.Errorf("commit: %v", err)
	}
	if err := s.Close(); err != ErrClosed {
		t.Errorf("second close: %v", err)
	}
}

// TestShards lets shards with queues of their own work at the same time, and looks for expired queues beside them.
func TestShards(t *testing.T) {
	onEachFS(t, func(t *testing.T, dir string, o Options) {
		o.MemTable = 256 << 10
		s := openStore(t, dir, o)
		models := []*model{newModel(11), newModel(12), newModel(13)}
		var wg sync.WaitGroup
		for _, m := range models {
			wg.Go(func() { work(t, s, m) })
		}
		wg.Go(func() {
			for range 20 {
				if err := s.Expired(500, func(smp.ID) bool { return true }); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Wait()
		for _, m := range models {
			m.check(t, s)
		}
	})
}

// work commits transactions of a model, with up to eight of them under way, as a shard does.
func work(t *testing.T, s *Store, m *model) {
	waits := make(chan shard.Commit, 8)
	waited := make(chan struct{})
	go func() {
		defer close(waited)
		for c := range waits {
			if err := c.Wait(); err != nil {
				t.Error(err)
			}
		}
	}()
	for range 150 {
		tx := s.Begin(0)
		for range 1 + m.rng.IntN(6) {
			m.step(tx)
		}
		c, err := tx.Commit()
		if err != nil {
			t.Error(err)
			break
		}
		waits <- c
	}
	close(waits)
	<-waited
}

// TestCloseLeavesNoLog takes the logs of a closed store away: the next start has nothing to read from them.
func TestCloseLeavesNoLog(t *testing.T) {
	fs := vfs.NewMem()
	s := openStore(t, "store", Options{FS: fs, Sync: SyncNever})
	commit(t, message(s, 1))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := fs.List("store")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, ".log") {
			if err := fs.Remove("store/" + name); err != nil {
				t.Fatal(err)
			}
		}
	}
	s = openStore(t, "store", Options{FS: fs})
	if _, err := s.Header(&someQueue, 1); err != nil {
		t.Error(err)
	}
}
