package wal

import (
	"errors"
	"math/rand/v2"
	"os"
	"path"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"switchyard/shard"
	"switchyard/smp"
)

// What is stored of links, notifications and services, and does not parse, is damage: neither an answer nor nothing.
func TestRowsThatDoNotParse(t *testing.T) {
	s := openStore(t, "store", Options{FS: vfs.NewMem()})
	id, fingerprint := smp.ID{1}, [32]byte{2}
	for _, bad := range []string{"x", strings.Repeat("x", serviceSize+1)} {
		tx := s.Begin(0).(*transaction)
		tx.set(spaceLinkData, id[:], []byte("x"))
		tx.set(spaceNotifications, id[:], []byte(bad))
		tx.set(spaceServices, fingerprint[:], []byte(bad))
		tx.set(spaceCounts, append(id[:], 7), []byte(bad))
		commit(t, tx)
		if _, err := s.Link(&id); err != ErrCorrupt {
			t.Errorf("link: %v", err)
		}
		if _, err := s.Notifications(&id); err != ErrCorrupt {
			t.Errorf("notifications: %v", err)
		}
		if _, found, err := s.Service(&fingerprint); found || err != ErrCorrupt {
			t.Errorf("service: found %v, %v", found, err)
		}
		if _, err := s.ServiceCount(&id, 7); err != ErrCorrupt {
			t.Errorf("count: %v", err)
		}
	}
}

// A queue whose last header does not parse is damaged, also when its first one does.
func TestLastHeaderThatDoesNotParse(t *testing.T) {
	s := openStore(t, "store", Options{FS: vfs.NewMem()})
	r := randomRecord(rand.New(rand.NewPCG(1, 4)))
	tx := s.Begin(0).(*transaction)
	tx.PutQueue(&r)
	tx.PutMessage(&r.RecipientID, &shard.MessageHeader{Seq: 1}, []byte("body"))
	tx.set(spaceHeads, append(r.RecipientID[:], 0, 0, 0, 0, 0, 0, 0, 2), []byte("x"))
	commit(t, tx)
	l := []shard.Lookup{{Kind: shard.ByRecipient, ID: r.RecipientID[:]}}
	if s.Load(l); l[0].Err != ErrCorrupt || l[0].Found != nil {
		t.Errorf("found %v, error %v", l[0].Found, l[0].Err)
	}
	if _, err := s.Header(&r.RecipientID, 1); err != nil {
		t.Errorf("the first header: %v", err)
	}
}

// reads are all reads of a store, for a queue with a message and all IDs, and a service that has it.
func (d *everything) reads(s *Store) map[string]error {
	load := func(kind shard.IDKind, id []byte) error {
		l := []shard.Lookup{{Kind: kind, ID: id}}
		s.Load(l)
		if l[0].Err == nil && l[0].Found == nil {
			return errors.New("not found")
		}
		return l[0].Err
	}
	missed := func(found bool, err error) error {
		if err == nil && !found {
			return errors.New("not found")
		}
		return err
	}
	all := map[string]error{
		"recipient": load(shard.ByRecipient, d.r.RecipientID[:]),
		"sender":    load(shard.BySender, d.r.SenderID[:]),
		"notifier":  load(shard.ByNotifier, d.r.Notifier.ID[:]),
		"link":      load(shard.ByLink, d.r.LinkID),
	}
	_, all["header"] = s.Header(&d.r.RecipientID, 1)
	_, all["body"] = s.Body(&d.r.RecipientID, 1, make([]byte, 100))
	_, all["link data"] = s.Link(&d.r.RecipientID)
	ntfs, err := s.Notifications(&d.r.RecipientID)
	all["notifications"] = missed(len(ntfs) > 0, err)
	_, found, err := s.Service(&d.fingerprint)
	all["service"] = missed(found, err)
	n, err := s.ServiceCount(&d.service, 7)
	all["count"] = missed(n.Count == 1, err)
	found = false
	err = s.ServiceCounts(&d.service, 0, 255, func(uint8, shard.ServiceCount) { found = true })
	all["counts"] = missed(found, err)
	for name, notifications := range map[string]bool{"waiting messages": false, "waiting notifications": true} {
		found = false
		_, err = s.Waiting(&shard.WaitingRange{Service: d.service, Notifications: notifications, Last: 255, Rows: 10}, nil,
			func(smp.ID) { found = true })
		all[name] = missed(found, err)
	}
	for name, walk := range map[string]func(int64, func(smp.ID) bool) error{"old messages": s.Expired, "old notifications": s.ExpiredNotifications} {
		found = false
		err = walk(1<<62, func(smp.ID) bool { found = true; return true })
		all[name] = missed(found, err)
	}
	return all
}

// everything is a row of each kind.
type everything struct {
	r           shard.Record
	service     smp.ID
	fingerprint [32]byte
}

func (d *everything) put(t *testing.T, s *Store) {
	t.Helper()
	rng := rand.New(rand.NewPCG(9, 1))
	d.r, d.service, d.fingerprint = randomRecord(rng), randomID(rng), [32]byte(randomBytes(rng, 32))
	d.r.Notifier = &shard.Notifier{ID: randomID(rng), Key: randomKey(rng, 1)}
	d.r.LinkID = []byte("link")
	tx := s.Begin(0)
	tx.PutQueue(&d.r)
	tx.PutMessage(&d.r.RecipientID, &shard.MessageHeader{Seq: 1, Time: 1, ID: randomID(rng)}, []byte("body"))
	tx.PutLink(&d.r.RecipientID, &shard.LinkData{Fixed: []byte("fixed"), User: []byte("user")})
	tx.PutNotifications(&d.r.RecipientID, []shard.Notification{{Time: 1}})
	tx.PutAssociation(&d.service, 7, &d.r.RecipientID)
	tx.PutServiceCount(&d.service, 7, shard.ServiceCount{Count: 1})
	tx.PutService(&d.fingerprint, shard.ServiceRecord{ID: d.service, Role: smp.RoleMessaging})
	commit(t, tx)
	if err := s.database().Flush(); err != nil {
		t.Fatal(err)
	}
}

// While a disk cannot be read, each read says so: nothing is missing, and nothing damaged. When it can, all is there.
func TestReadsOfAFailingDisk(t *testing.T) {
	disk := vfs.NewMem()
	var failing atomic.Bool
	fs := errorfs.Wrap(disk, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if failing.Load() && op.Kind == errorfs.OpFileReadAt {
			return &os.PathError{Op: "read", Path: op.Path, Err: syscall.EIO}
		}
		return nil
	}))
	var d everything
	s := openStore(t, "store", Options{FS: fs})
	d.put(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, "store", Options{FS: fs, still: true, Cache: 1})
	failing.Store(true)
	for what, err := range d.reads(s) {
		if !errors.Is(err, syscall.EIO) || errors.Is(err, shard.ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
	failing.Store(false)
	for what, err := range d.reads(s) {
		if err != nil {
			t.Errorf("%s, when the disk can be read: %v", what, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	failing.Store(true) // a store that cannot be read is not taken for another program's, nor for a new one
	wantFault(t, "store", Options{FS: fs}, "does not open")
	failing.Store(false)
	s = openStore(t, "store", Options{FS: fs})
	if err := d.reads(s)["body"]; err != nil {
		t.Error(err)
	}
}

// A queue whose headers cannot be read is deleted with its messages, and no other queue loses any.
func TestDamagedQueueIsDeleted(t *testing.T) {
	d := newDamagedStore(t, func(fs vfs.FS, name string, _ int64) {
		for at := int64(18 << 10); at < 30<<10; at += 2 << 10 { // among the headers
			flip(t, fs, name, at, 1)
		}
	})
	if d == nil {
		t.Fatal("the store does not open")
	}
	var damaged, whole []*smp.ID
	tx := d.Begin(0)
	for i := 0; i < len(d.records); i += 12 { // Pebble takes some time for damage
		r := &d.records[i]
		if _, err := d.Header(&r.RecipientID, 1); err == nil {
			whole = append(whole, &r.RecipientID)
			continue
		}
		damaged = append(damaged, &r.RecipientID)
		tx.DeleteQueue(r)
	}
	commit(t, tx)
	if len(damaged) == 0 || len(whole) == 0 || !strings.Contains(d.log.String(), "by range") {
		t.Fatalf("%d damaged, %d whole; the log:\n%s", len(damaged), len(whole), d.log)
	}
	for _, id := range damaged {
		_, headErr := d.Header(id, 1)
		_, bodyErr := d.Body(id, 1, make([]byte, 300))
		if headErr != ErrMissing || bodyErr != ErrMissing {
			t.Fatalf("header of what is deleted: %v; body: %v", headErr, bodyErr)
		}
	}
	for _, id := range whole {
		_, headErr := d.Header(id, 1)
		_, bodyErr := d.Body(id, 1, make([]byte, 300))
		if headErr != nil || bodyErr != nil {
			t.Fatalf("header of another queue: %v; body: %v", headErr, bodyErr)
		}
	}
}

// Wherever a disk fails while queues and messages are taken in, that is an error: what is said to be taken in is there.
func TestIngestOnAFailingDisk(t *testing.T) {
	const queues = 3
	message := func(i int, m *Message) {
		var r shard.Record
		ingested(i, &r)
		*m = Message{Queue: r.RecipientID, Header: shard.MessageHeader{Seq: 1}, Body: []byte("body")}
	}
	for n := int64(0); ; n++ {
		disk := vfs.NewMem()
		var left atomic.Int64
		left.Store(1 << 30)
		fs := errorfs.Wrap(disk, errorfs.InjectorFunc(func(op errorfs.Op) error {
			if path.Base(path.Dir(op.Path)) != ingestDir || op.Kind.ReadOrWrite() != errorfs.OpIsWrite || left.Add(-1) >= 0 {
				return nil
			}
			return &os.PathError{Op: "write", Path: op.Path, Err: syscall.EIO}
		}))
		s, err := Open("store", Options{FS: fs, looks: make(chan time.Time)})
		if err != nil {
			t.Fatal(err)
		}
		left.Store(n)
		queuesErr := s.Ingest(queues, ingested)
		messagesErr := s.IngestMessages(queues, message)
		failed := s.Err() != nil
		_ = s.Close() // its error is that of a store that has failed
		if s, err = Open("store", Options{FS: disk, looks: make(chan time.Time)}); err != nil {
			t.Fatal(err)
		}
		for i := range queues {
			var r shard.Record
			ingested(i, &r)
			l := []shard.Lookup{{Kind: shard.BySender, ID: r.SenderID[:]}}
			if s.Load(l); queuesErr == nil && (l[0].Found == nil || l[0].Err != nil) {
				t.Fatalf("write %d: a queue that was taken in is not there", n)
			}
			if n, err := s.Body(&r.RecipientID, 1, make([]byte, 4)); messagesErr == nil && (n != 4 || err != nil) {
				t.Fatalf("write %d: a message that was taken in is not there", n)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if !failed {
			if n < 8 || queuesErr != nil || messagesErr != nil { // four files are written
				t.Errorf("%d writes, and %v and %v without a failure", n, queuesErr, messagesErr)
			}
			return
		}
	}
}

// Queues whose senders are not in order are refused, too.
func TestIngestRefusesSendersInDisorder(t *testing.T) {
	s := openStore(t, "store", Options{FS: vfs.NewMem()})
	if err := s.Ingest(2, func(i int, r *shard.Record) {
		ingested(i, r)
		r.SenderID = smp.ID{byte(9 - i)}
	}); err == nil {
		t.Error("descending sender IDs were taken")
	}
}
