package wal

import (
	"bytes"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/shard"
	"switchyard/shard/partition"
	"switchyard/smp"
)

// sortedRows is what an importer sorts on disk.
type sortedRows map[string][]byte

func (s sortedRows) put(key, value []byte) error {
	if _, ok := s[string(key)]; ok {
		return errors.New("a row is made twice")
	}
	s[string(key)] = bytes.Clone(value)
	return nil
}

func (s sortedRows) into(t *testing.T, intake *Intake) {
	t.Helper()
	for _, key := range slices.Sorted(maps.Keys(s)) {
		if err := intake.Put([]byte(key), s[key]); err != nil {
			t.Fatal(err)
		}
	}
}

// moved is a queue as it comes from another router, with IDs of any partition and all that a queue can have.
type moved struct {
	record        shard.Record
	link          shard.LinkData
	notifications []shard.Notification
	messages      []Message
}

func moveQueue(r *rand.Rand, i int, services [][]byte) (m moved) {
	m.record = shard.Record{RecipientID: randomID(r), SenderID: randomID(r), Mode: shard.ModeContact, Updated: uint32(i),
		RecipientKeys: [][]byte{append([]byte(keyForms[0].prefix), make([]byte, 32)...)}}
	if i%2 == 0 {
		m.record.Notifier = &shard.Notifier{ID: randomID(r), Key: m.record.RecipientKeys[0]}
		if i%4 == 0 {
			m.record.Notifier.Service = services[0]
		}
		m.notifications = []shard.Notification{{MessageID: randomID(r), Time: int64(i)}}
	}
	if i%3 == 0 {
		id := randomID(r)
		m.record.LinkID = id[:]
		m.link = shard.LinkData{Fixed: []byte{byte(i)}, User: []byte("user")}
	}
	if i%5 == 0 {
		m.record.Service = services[1]
	}
	for seq := range i % 4 {
		h := shard.MessageHeader{Seq: uint64(seq + 1), ID: randomID(r), Time: int64(i)}
		m.messages = append(m.messages, Message{m.record.RecipientID, h, bytes.Repeat([]byte{byte(seq)}, 500)})
	}
	return m
}

func (m *moved) rows(rows *Rows) error {
	err := errors.Join(rows.Queue(&m.record), rows.Notifications(&m.record.RecipientID, m.notifications))
	if m.record.LinkID != nil {
		err = errors.Join(err, rows.Link(&m.record.RecipientID, &m.link))
	}
	for i := range m.messages {
		err = errors.Join(err, rows.Message(&m.messages[i]))
	}
	return err
}

// TestIntake: queues of other routers, in no order, are there with all that they have, by each of their IDs, when the intake
// has finished, and the services' counts are those of their queues.
func TestIntake(t *testing.T) {
	const queues = 400
	fs := vfs.NewMem()
	s := openStore(t, "store", Options{FS: fs})
	r := rand.New(rand.NewPCG(1, 2))
	services := make([][]byte, 2)
	sorted := sortedRows{}
	rows := s.Rows(sorted.put)
	for i := range services {
		id := randomID(r)
		services[i] = id[:]
		if err := rows.Service(&[32]byte{byte(i)}, shard.ServiceRecord{Role: smp.RoleMessaging, ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	all := make([]moved, queues)
	counts := make([]shard.ServiceCount, len(services))
	for i := range all {
		all[i] = moveQueue(r, i, services)
		if err := all[i].rows(rows); err != nil {
			t.Fatal(err)
		}
		if n := all[i].record.Notifier; n != nil && n.Service != nil {
			counts[0].Add(n.ID[:])
		}
		if all[i].record.Service != nil {
			counts[1].Add(all[i].record.RecipientID[:])
		}
	}
	if err := rows.Counts(); err != nil {
		t.Fatal(err)
	}
	intake, err := s.NewIntake()
	if err != nil {
		t.Fatal(err)
	}
	intake.limit = 1000 // many tables
	sorted.into(t, intake)
	l := []shard.Lookup{{Kind: shard.ByRecipient, ID: all[0].record.RecipientID[:]}}
	if s.Load(l); l[0].Found != nil {
		t.Error("a queue is there before the intake has finished")
	}
	if err := intake.Finish(); err != nil {
		t.Fatal(err)
	}
	if len(intake.written) > 0 || intakes.Load() < 2*uint64(len(spaces)) {
		t.Error("there were no tables to take in, or some are left")
	}
	for range 2 {
		for i := range all {
			all[i].check(t, s)
		}
		checkServices(t, s, all, services, counts)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = openStore(t, "store", Options{FS: fs})
	}
}

// check looks for a queue by each of its IDs.
func (m *moved) check(t *testing.T, s *Store) {
	t.Helper()
	id := m.record.RecipientID
	lookups := []shard.Lookup{{Kind: shard.ByRecipient, ID: id[:]}, {Kind: shard.BySender, ID: m.record.SenderID[:]}}
	if n := m.record.Notifier; n != nil {
		lookups = append(lookups, shard.Lookup{Kind: shard.ByNotifier, ID: n.ID[:]})
	}
	if m.record.LinkID != nil {
		lookups = append(lookups, shard.Lookup{Kind: shard.ByLink, ID: m.record.LinkID})
		if d, err := s.Link(&id); err != nil || !bytes.Equal(d.Fixed, m.link.Fixed) || !bytes.Equal(d.User, m.link.User) {
			t.Fatalf("link data %v, %v", d, err)
		}
	}
	s.Load(lookups)
	for _, l := range lookups {
		if l.Err != nil || l.Found == nil || l.Found.Record.RecipientID != id || l.Found.Messages != len(m.messages) {
			t.Fatalf("lookup of kind %d: %+v, %v", l.Kind, l.Found, l.Err)
		}
	}
	others := slices.Clone(lookups)
	for i := range others {
		others[i].Own = func(found *smp.ID) bool { return *found != id }
	}
	s.Load(others)
	for _, l := range others[1:] {
		if l.Err != nil || l.Found != nil || l.Other != id {
			t.Fatalf("lookup of kind %d of what is not own: %+v, %v of %x", l.Kind, l.Found, l.Err, l.Other)
		}
	}
	if got, err := s.Notifications(&id); err != nil || !slices.Equal(got, m.notifications) {
		t.Fatalf("notifications %v, %v", got, err)
	}
	for i := range m.messages {
		body := make([]byte, 1000)
		if n, err := s.Body(&id, uint64(i+1), body); err != nil || !bytes.Equal(body[:n], m.messages[i].Body) {
			t.Fatalf("message %d: %d bytes, %v", i, n, err)
		}
	}
}

// checkServices looks for the services, their counts and their queues on which something waits.
func checkServices(t *testing.T, s *Store, all []moved, services [][]byte, counts []shard.ServiceCount) {
	t.Helper()
	key := s.PartitionKey()
	partitions := partition.New(&key, 1)
	for i := range services {
		id := smp.ID(services[i])
		if got, found, err := s.Service(&[32]byte{byte(i)}); err != nil || !found || got.ID != id {
			t.Fatalf("service %d: %v, %v", i, got, err)
		}
		var total shard.ServiceCount
		err := s.ServiceCounts(&id, 0, 255, func(_ uint8, n shard.ServiceCount) {
			total.Count += n.Count
			for b := range n.Hash {
				total.Hash[b] ^= n.Hash[b]
			}
		})
		if err != nil || total != counts[i] {
			t.Fatalf("service %d has count %v, %v, want %v", i, total, err, counts[i])
		}
		want := map[smp.ID]bool{}
		for k := range all {
			q := &all[k]
			if i == 0 && q.record.Notifier != nil && q.record.Notifier.Service != nil || i == 1 && q.record.Service != nil && len(q.messages) > 0 {
				want[q.record.RecipientID] = true
			}
		}
		got := map[smp.ID]bool{}
		for p := range partition.Count {
			r := shard.WaitingRange{Service: id, First: uint8(p), Last: uint8(p), Rows: 1 << 20, Notifications: i == 0}
			if _, err := s.Waiting(&r, nil, func(q smp.ID) {
				if partitions.Of(q[:]) != uint8(p) {
					t.Errorf("a queue is in partition %d of its service", p)
				}
				got[q] = true
			}); err != nil {
				t.Fatal(err)
			}
		}
		if !maps.Equal(got, want) {
			t.Fatalf("service %d: something waits on %d queues, want %d", i, len(got), len(want))
		}
	}
}

// TestIntakeDropped: of an intake that is given up nothing is left, neither rows nor files.
func TestIntakeDropped(t *testing.T) {
	fs := vfs.NewMem()
	s := openStore(t, "store", Options{FS: fs})
	intake, err := s.NewIntake()
	if err != nil {
		t.Fatal(err)
	}
	sorted := sortedRows{}
	m := moveQueue(rand.New(rand.NewPCG(1, 2)), 3, nil)
	if err := m.rows(s.Rows(sorted.put)); err != nil {
		t.Fatal(err)
	}
	sorted.into(t, intake)
	intake.Drop()
	intake.Drop()
	l := []shard.Lookup{{Kind: shard.ByRecipient, ID: m.record.RecipientID[:]}}
	if s.Load(l); l[0].Found != nil || l[0].Err != nil {
		t.Errorf("found %v, %v", l[0].Found, l[0].Err)
	}
	if left, err := fs.List("store/" + ingestDir); err != nil || len(left) > 0 {
		t.Errorf("files %v are left, %v", left, err)
	}
}

// TestRowsRefuseWhatHasNoRow: a record outside of the protocol makes no row, and no panic.
func TestRowsRefuseWhatHasNoRow(t *testing.T) {
	s := openStore(t, "store", Options{FS: vfs.NewMem()})
	for name, change := range map[string]func(*shard.Record){
		"no recipient key":       func(r *shard.Record) { r.RecipientKeys = nil },
		"256 recipient keys":     func(r *shard.Record) { r.RecipientKeys = make([][]byte, 256) },
		"a long recipient key":   func(r *shard.Record) { r.RecipientKeys = [][]byte{make([]byte, 256)} },
		"a long sender key":      func(r *shard.Record) { r.SenderKey = make([]byte, 256) },
		"an empty link ID":       func(r *shard.Record) { r.LinkID = []byte{} },
		"a long link ID":         func(r *shard.Record) { r.LinkID = make([]byte, 256) },
		"a short service":        func(r *shard.Record) { r.Service = make([]byte, 23) },
		"a long blocking":        func(r *shard.Record) { r.Blocked = make([]byte, 1<<16) },
		"a long notifier's key":  func(r *shard.Record) { r.Notifier = &shard.Notifier{Key: make([]byte, 256)} },
		"a notifier's long name": func(r *shard.Record) { r.Notifier = &shard.Notifier{Service: make([]byte, 25)} },
	} {
		m := moveQueue(rand.New(rand.NewPCG(1, 2)), 1, nil)
		change(&m.record)
		err := s.Rows(func(_, _ []byte) error { t.Errorf("%s: a row is made", name); return nil }).Queue(&m.record)
		if !errors.Is(err, ErrUnfit) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
