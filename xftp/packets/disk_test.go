package packets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// answered is what a store has promised of its packets: whether each has a body. When an answer is an error, it promises
// nothing any more.
type answered map[ID]bool

// step does something to a packet, and returns what the store answers.
func (a answered) step(f *fixture, random *rand.Rand) error {
	ids := slices.SortedFunc(maps.Keys(a), func(x, y ID) int { return bytes.Compare(x[:], y[:]) })
	if len(ids) == 0 || random.IntN(3) == 0 {
		id := newID()
		err := f.Create(id, Record{Sender: testKey, Size: 160, Digest: []byte("digest")}, []Recipient{{newID(), testKey}})
		a.note(id, err, func() { a[id] = false })
		return err
	}
	id := ids[random.IntN(len(ids))]
	var err error
	switch random.IntN(4) {
	case 0:
		err = f.AddRecipients(id, []Recipient{{newID(), testKey}})
		a.note(id, err, func() {})
	case 1:
		err = f.Delete(context.Background(), id)
		a.note(id, err, func() { delete(a, id) })
	default:
		err = f.upload(id, 160)
		a.note(id, err, func() { a[id] = true })
	}
	return err
}

func (a answered) note(id ID, err error, done func()) {
	if err == nil {
		done()
	} else {
		delete(a, id)
	}
}

// check wants what was promised to be there.
func (a answered) check(f *fixture) {
	f.t.Helper()
	for id, uploaded := range a {
		r, err := f.Packet(id)
		if err != nil || r.Uploaded != uploaded {
			f.t.Errorf("uploaded %v, want %v; %v", r.Uploaded, uploaded, err)
		}
		if !uploaded {
			continue
		}
		if b, err := f.body(id); err != nil || !bytes.Equal(b, content(id, 160)) {
			f.t.Errorf("the body has %d bytes, %v", len(b), err)
		}
	}
}

// TestDiskFails lets the disk of the records fail at a random write. Nothing hangs, what was promised is served, and when the
// disk works again so does the store, with records, files and quota that agree. After a crash it is the same.
func TestDiskFails(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			f, disk := newFaultyFixture(t)
			disk.Lasts = random.IntN(2) == 0
			a := answered{}
			for round := range 3 {
				disk.Left.Store(random.Int64N(40))
				for f.db.Err() == nil {
					a.step(f, random)
				}
				for range 5 {
					if err := a.step(f, random); !Told(err) {
						t.Fatalf("a store that has failed answers %v", err)
					}
				}
				a.check(f)
				f.tidy.Look()
				disk.Works()
				if round == 2 && random.IntN(2) == 0 {
					f.reopen(0, nil)
				} else {
					f.works()
				}
				a.check(f)
				f.agree()
			}
			if n := strings.Count(f.log.String(), "level=ERROR"); n > 12 {
				t.Errorf("%d errors are logged: %s", n, f.log.String())
			}
		})
	}
}

// TestNoMoreFiles: no file may be opened for a while, as when connections have taken all that the process may have, and
// Pebble wants its next log just then.
func TestNoMoreFiles(t *testing.T) {
	f, disk := newFaultyFixture(t)
	id := f.create(16, newID())
	if err := f.upload(id, 16); err != nil {
		t.Fatal(err)
	}
	disk.Err, disk.Lasts = syscall.EMFILE, true
	disk.Kind = func(op errorfs.Op) bool {
		return strings.HasSuffix(op.Path, ".log") && (op.Kind == errorfs.OpCreate || op.Kind == errorfs.OpReuseForWrite)
	}
	disk.Left.Store(0)
	var many []Recipient
	for range 255 {
		many = append(many, Recipient{newID(), testKey})
	}
	var err error
	for err == nil { // until the table in memory is full
		err = f.Create(newID(), Record{Sender: testKey, Size: 16, Digest: []byte("digest")}, many)
	}
	if !errors.Is(err, syscall.EMFILE) || !Told(err) {
		t.Errorf("got %v", err)
	}
	if err := f.Delete(context.Background(), id); !errors.Is(err, syscall.EMFILE) {
		t.Errorf("got %v", err)
	}
	if b, err := f.body(id); err != nil || len(b) != 16 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	disk.Works()
	f.works()
	if err := f.Delete(context.Background(), id); err != nil {
		t.Error(err)
	}
	if err := f.upload(f.create(16), 16); err != nil {
		t.Error(err)
	}
	f.agree()
}

// TestUploadInDoubt: the sync of an upload's commit fails. The body and its place are kept until the disk works, when the
// record is found to be there or not.
func TestUploadInDoubt(t *testing.T) {
	for _, kind := range []errorfs.OpKind{errorfs.OpFileWrite, errorfs.OpFileSyncData} { // then it is not there, or it is
		f, disk := newFaultyFixture(t)
		id := f.create(160)
		disk.Kind = func(op errorfs.Op) bool { return strings.HasSuffix(op.Path, ".log") && op.Kind == kind }
		disk.Lasts = true
		disk.Left.Store(0)
		if err := f.upload(id, 160); !Told(err) {
			t.Fatalf("got %v", err)
		}
		if f.account.reserved != 160 || f.Usage() != (Usage{}) {
			t.Errorf("reserved %d, %+v", f.account.reserved, f.Usage())
		}
		f.tidy.Look()
		for name, err := range f.dir.Uploads(context.Background()) {
			if err := errors.Join(err, f.settleUpload(context.Background(), name)); !Told(err) {
				t.Errorf("settled while nobody knows: %v", err)
			}
		}
		if _, err := f.Upload(context.Background(), id, 160); !Told(err) {
			t.Errorf("got %v", err)
		}
		disk.Works()
		f.works()
		want := Usage{}
		if kind == errorfs.OpFileSyncData {
			want = Usage{160, 1}
		}
		if f.Usage() != want {
			t.Errorf("%+v, want %+v", f.Usage(), want)
		}
		f.agree()
		if err := f.upload(id, 160); err != nil {
			t.Error(err)
		}
		f.agree()
	}
}

// TestLateCounts: what was counted of a database that has been opened again since was read then.
func TestLateCounts(t *testing.T) {
	f, disk := newFaultyFixture(t)
	if err := f.upload(f.create(160), 160); err != nil {
		t.Fatal(err)
	}
	before := f.enter()
	defer before.Leave()
	disk.Left.Store(0)
	f.Create(newID(), Record{Sender: testKey, Size: 160, Digest: []byte("digest")}, nil)
	disk.Works()
	f.works()
	if f.db.Epoch() != 1 {
		t.Fatal("epoch ", f.db.Epoch())
	}
	f.account.count(before.Instance, Usage{160, 1})
	if !f.account.reserve(160) {
		t.Error("no room")
	}
	f.account.doubt(before.Instance, 160)
	f.agree()
}
