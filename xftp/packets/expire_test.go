package packets

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// damage writes what no store writes.
func (f *fixture) damage(key, value []byte) {
	f.t.Helper()
	in := f.enter()
	defer in.Leave()
	if err := in.DB.Set(key, value, pebble.Sync); err != nil {
		f.t.Fatal(err)
	}
}

// TestExpirePassesOver has records and keys that do not parse among those that expire: the others do, and the error says
// how many do not.
func TestExpirePassesOver(t *testing.T) {
	f := newFixture(t, 0)
	var ids []ID
	for range 2*walkStretch + 10 {
		ids = append(ids, f.create(10))
	}
	f.damage(senderKey(ids[3]), []byte("damage"))
	f.damage(senderKey(ids[walkStretch]), nil)
	f.damage([]byte("e\x00"), nil)
	f.damage(ageKey(1, ID{})[:20], nil)
	member := memberKey(ids[5], ID{})
	f.damage(member[:len(member)-1], nil)
	if err := f.upload(ids[7], 10); err != nil {
		t.Fatal(err)
	}
	f.now = f.now.Add(3 * time.Hour)
	n := 0
	err := f.Expire(context.Background(), time.Hour, func() { n++ })
	if !errors.Is(err, errRecord) || !strings.Contains(err.Error(), "4 rows") {
		t.Errorf("got %v", err)
	}
	if want := len(ids) - 2; n != want {
		t.Errorf("%d expired, want %d", n, want)
	}
	if f.Usage() != (Usage{}) {
		t.Errorf("%+v", f.Usage())
	}
}

// watching is bodies that are looked at when one is removed.
type watching struct {
	Bodies
	removed func()
}

func (w watching) Remove(ctx context.Context, id ID) error {
	w.removed()
	return w.Bodies.Remove(ctx, id)
}

// TestExpireHoldsNoTables: while bodies are removed, no iterator keeps tables.
func TestExpireHoldsNoTables(t *testing.T) {
	f := newFixture(t, 0)
	open, removed := int64(0), 0
	f.reopen(0, func(b Bodies) Bodies {
		return watching{b, func() {
			removed++
			in := f.enter()
			defer in.Leave()
			open += in.DB.Metrics().TableIters
		}}
	})
	for range 3 {
		if err := f.upload(f.create(10), 10); err != nil {
			t.Fatal(err)
		}
	}
	in := f.enter()
	if err := in.DB.Flush(); err != nil {
		t.Fatal(err)
	}
	in.Leave()
	f.now = f.now.Add(3 * time.Hour)
	if err := f.Expire(context.Background(), time.Hour, func() {}); err != nil {
		t.Fatal(err)
	}
	if removed != 3 || open > 0 {
		t.Errorf("%d bodies removed, with %d iterators", removed, open)
	}
	f.agree()
}

// refusing is bodies of which one cannot be removed.
type refusing struct {
	Bodies
	id *atomic.Pointer[ID] // nil: all can
}

func (r refusing) Remove(ctx context.Context, id ID) error {
	if stays := r.id.Load(); stays != nil && id == *stays {
		return &fs.PathError{Op: "unlink", Path: fileName(id), Err: fs.ErrPermission}
	}
	return r.Bodies.Remove(ctx, id)
}

// TestOneBodyStays: the packets whose bodies cannot be removed are told once, the others go.
func TestOneBodyStays(t *testing.T) {
	f := newFixture(t, 0)
	var stays atomic.Pointer[ID]
	f.reopen(0, func(b Bodies) Bodies { return refusing{b, &stays} })
	var ids []ID
	for range 5 {
		ids = append(ids, f.create(10))
		if err := f.upload(ids[len(ids)-1], 10); err != nil {
			t.Fatal(err)
		}
	}
	stays.Store(&ids[2])
	f.now = f.now.Add(3 * time.Hour)
	n := 0
	if err := f.Expire(context.Background(), time.Hour, func() { n++ }); err != nil || n != 5 {
		t.Errorf("%d expired, %v", n, err)
	}
	for range 3 {
		f.tidy.Look()
	}
	if f.Usage() != (Usage{10, 1}) {
		t.Errorf("%+v", f.Usage())
	}
	if log := f.log.String(); strings.Count(log, "level=WARN") != 2 || !strings.Contains(log, "count=1") || strings.Contains(log, fileName(ids[2])) {
		t.Errorf("logged: %s", log)
	}
	stays.Store(nil)
	f.tidy.Look()
	f.agree()
}

// TestOldNotes: notes of removals that earlier versions have left count nothing.
func TestOldNotes(t *testing.T) {
	f := newFixture(t, 0)
	if err := f.upload(f.create(10), 10); err != nil {
		t.Fatal(err)
	}
	f.damage(removalKey(newID()), nil)
	f.damage([]byte("d?"), nil) // no packet has such an ID
	f.reopen(0, nil)
	in := f.enter()
	defer in.Leave()
	if err := in.DB.Delete([]byte("d?"), pebble.Sync); err != nil {
		t.Fatal(err)
	}
	f.agree()
}
