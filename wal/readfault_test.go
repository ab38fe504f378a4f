package wal

import (
	"bytes"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/internal/disk/disktest"
	"switchyard/shard"
	"switchyard/shard/partition"
	"switchyard/smp"
)

// damagedStore is a store of whose tables the large one has bits flipped, and what is in it.
type damagedStore struct {
	*Store
	log     *disktest.Log
	service smp.ID
	rows    map[smp.ID]uint8 // partitions of the service's queues, each with a message
	records []shard.Record
}

// newDamagedStore makes a store on disk, closes it, has damage change its table, and opens it again.
func newDamagedStore(t *testing.T, damage func(fs vfs.FS, name string, size int64)) *damagedStore {
	t.Helper()
	disk := vfs.NewMem()
	o := Options{FS: disk, MemTable: 1 << 20, Cache: 64 << 10, still: true}
	d := &damagedStore{log: new(disktest.Log), rows: make(map[smp.ID]uint8)}
	rng := rand.New(rand.NewPCG(8, 1))
	d.service = randomID(rng)
	s := openStore(t, "store", o)
	tx := s.Begin(0)
	for i := range 300 {
		r := randomRecord(rng)
		tx.PutQueue(&r)
		tx.PutMessage(&r.RecipientID, &shard.MessageHeader{Seq: 1, ID: randomID(rng)}, randomBytes(rng, 300))
		partition := uint8(i / 30)
		tx.PutAssociation(&d.service, partition, &r.RecipientID)
		tx.PutServiceCount(&d.service, partition, shard.ServiceCount{Count: int64(i)%30 + 1})
		d.rows[r.RecipientID], d.records = partition, append(d.records, r)
	}
	commit(t, tx)
	if err := s.database().Flush(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := disk.List("store")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, ".sst") {
			info, err := disk.Stat("store/" + name)
			if err != nil {
				t.Fatal(err)
			}
			if info.Size() < 10_000 { // what is about the store itself
				continue
			}
			damage(disk, "store/"+name, info.Size())
		}
	}
	o.Log = slog.New(slog.NewTextHandler(d.log, nil))
	if d.Store, err = Open("store", o); err != nil {
		return nil
	}
	t.Cleanup(func() { d.Store.Close() })
	return d
}

// walk visits all rows of the service, in steps, up to an error that is not of damage.
func (d *damagedStore) walk(t *testing.T, rows int) (visited []smp.ID, faults int) {
	t.Helper()
	r := shard.WaitingRange{Service: d.service, First: 0, Last: 255, Rows: rows}
	var from []byte
	for steps := 0; ; steps++ {
		if steps > len(d.rows)+2*partition.Count {
			t.Fatal("the walk does not end")
		}
		next, err := d.Waiting(&r, from, func(id smp.ID) { visited = append(visited, id) })
		switch {
		case errors.Is(err, shard.ErrDamaged):
			faults++
		case err != nil:
			t.Fatal(err)
		}
		if next == nil {
			return visited, faults
		}
		if bytes.Compare(next, from) <= 0 {
			t.Fatal("the walk goes back")
		}
		from = next
	}
}

// Wherever bits of a table are flipped: a walk ends, what it does not visit it says is damaged, and other partitions than those
// with damage are visited. Records and bodies that cannot be read are damaged, not failed. The log names the table once.
func TestReadsOfDamagedTable(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 2))
	walks, bodies, records := 0, 0, 0
	for range 12 {
		d := newDamagedStore(t, func(fs vfs.FS, name string, size int64) {
			for range 3 {
				flip(t, fs, name, rng.Int64N(size), 1<<rng.IntN(8))
			}
		})
		if d == nil {
			continue // found when it is opened
		}
		visited, faults := d.walk(t, 20)
		slices.SortFunc(visited, compareIDs)
		if n := len(slices.Compact(visited)); n < len(d.rows) && faults == 0 {
			t.Errorf("%d of %d rows, and no error", n, len(d.rows))
		}
		if faults > 0 {
			walks++
		}
		for i := 0; i < len(d.records); i += 5 { // Pebble takes some time for damage
			id := &d.records[i].RecipientID
			l := []shard.Lookup{{Kind: shard.ByRecipient, ID: id[:]}}
			d.Load(l)
			if l[0].Err != nil {
				records++
				if !errors.Is(l[0].Err, shard.ErrDamaged) {
					t.Fatal("record:", l[0].Err)
				}
			}
			if _, err := d.Body(id, 1, make([]byte, 300)); err != nil {
				bodies++
				if !errors.Is(err, shard.ErrDamaged) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), string(id[:4])) {
					t.Fatalf("body: %q", err)
				}
			}
		}
		if n := strings.Count(d.log.String(), "table is corrupt"); n > 1 {
			t.Fatalf("the table is named %d times", n)
		}
	}
	if walks == 0 || bodies == 0 || records == 0 {
		t.Errorf("%d walks, %d bodies and %d records met damage", walks, bodies, records)
	}
}

// A read that fails is not damage, and is tried again where it was.
func TestFailedReadIsNoDamage(t *testing.T) {
	if errors.Is(readFault(errors.New("input/output error")), shard.ErrDamaged) {
		t.Error("a failure counts as damage")
	}
	if readFault(nil) != nil {
		t.Error("no error is one")
	}
	for _, err := range []error{ErrMissing, ErrCorrupt} {
		if !errors.Is(err, shard.ErrDamaged) {
			t.Errorf("%v is no damage", err)
		}
	}
}
