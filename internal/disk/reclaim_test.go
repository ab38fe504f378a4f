package disk

import (
	"crypto/rand"
	"testing"
	"time"

	"switchyard/internal/disk/disktest"
)

// TestReclaim removes all numbers of a disk that is nearly full, whose keys are everywhere among each other as random IDs
// are: nothing of them stays in the tables, although nothing is written any more.
func TestReclaim(t *testing.T) {
	for _, free := range []uint64{300, 150} { // short, tight
		fs, looks := disktest.NewSmall(1<<30), make(disktest.Looker)
		fs.Total = 300 << 20
		d := open(t, "store", Options{FS: fs, Reserve: 400, Looks: looks, MemTable: 2 << 20})
		const numbers = 1500
		random := func(i uint64) uint64 { return i * 0x9e3779b97f4a7c15 }
		value := make([]byte, 16<<10)
		rand.Read(value)
		for i := range uint64(numbers) {
			if err := put(d, random(i), value); err != nil {
				t.Fatal(err)
			}
		}
		if err := flush(d); err != nil {
			t.Fatal(err)
		}
		fs.Free.Store(free)
		looks.Look()
		for i := range uint64(numbers) {
			if err := remove(d, random(i)); err != nil {
				t.Fatal(err)
			}
		}
		given := time.After(time.Minute)
		for size := tables(d); size > int64(len(value)); size = tables(d) {
			select {
			case <-given:
				t.Fatalf("with %d of 400 free the tables have %d bytes", free, size)
			default:
				looks.Look()
			}
		}
	}
}

func tables(d *DB) int64 {
	in := d.Enter()
	defer in.Leave()
	return in.DB.Metrics().Total().TablesSize
}

// TestReclaimRests: what takes a while is followed by a rest, and is done again only when something was committed.
func TestReclaimRests(t *testing.T) {
	fs := disktest.NewSmall(300)
	d := open(t, "store", Options{FS: fs, Reserve: 400})
	in, r := d.current.Load(), &d.keeper.reclaim
	run := func(commits bool) (looks int) {
		if commits {
			if err := put(d, 1, nil); err != nil {
				t.Fatal(err)
			}
		}
		for looks = 0; looks < 100; looks++ {
			if d.reclaim(in); r.took > 0 {
				r.work.Wait()
				return looks
			}
		}
		return looks
	}
	if n := run(false); n != 0 {
		t.Errorf("the first began after %d looks", n)
	}
	if n := run(false); n < 100 {
		t.Errorf("without a commit another one began after %d looks", n)
	}
	if n := run(true); n != 0 {
		t.Errorf("long after the first another one began after %d looks", n)
	}
	r.running.Store(true)
	for range 9 {
		d.reclaim(in)
	}
	r.running.Store(false)
	if n := run(true); n != 10*reclaimRest {
		t.Errorf("after one of 10 looks another one began after %d looks", n)
	}
}
