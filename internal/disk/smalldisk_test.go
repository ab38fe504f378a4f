package disk

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/internal/disk/disktest"
)

// onDisk makes a directory with a disk of a size.
func onDisk(t *testing.T, size int64) string {
	t.Helper()
	dir := t.TempDir()
	disktest.Mount(t, dir, size)
	return dir
}

// TestSmallDisk fills disks with numbers, removes them, and does so again and again: what is on them is numbers for the
// most part, the reserve stays free, and the space comes back while the database is open.
func TestSmallDisk(t *testing.T) {
	disktest.WithMounts(t, func() {
		for _, mib := range []int64{64, 200} {
			size, looks := mib<<20, make(disktest.Looker)
			dir := onDisk(t, size)
			d := open(t, filepath.Join(dir, "store"), Options{FS: vfs.Default, MemTable: 64 << 20, Looks: looks})
			looks.Look()
			reserve := size / smallShare
			value := make([]byte, 16<<10)
			rand.Read(value) // as nothing that is stored can be compressed
			for round := range 2 {
				n := uint64(0)
				for ; !fullForGood(d, looks); n++ {
					if err := put(d, n, value); err != nil {
						t.Fatalf("%d MiB, round %d, number %d: %v", mib, round, n, err)
					}
				}
				stored, free := int64(n)*int64(len(value)), disktest.Free(t, dir)
				t.Logf("%d MiB, round %d: %d MiB stored, %d MiB free", mib, round, stored>>20, free>>20)
				if stored < size/2 {
					t.Errorf("%d MiB, round %d: full with %d MiB", mib, round, stored>>20)
				}
				if free < reserve/2 {
					t.Errorf("%d MiB, round %d: %d MiB of the reserve of %d are free", mib, round, free>>20, reserve>>20)
				}
				for ; n > 0; n-- {
					if err := remove(d, n-1); err != nil {
						t.Fatal(err)
					}
				}
				given := time.After(time.Minute)
				for fullForGood(d, looks) {
					select {
					case <-given:
						t.Fatalf("%d MiB, round %d: all is removed, and %d MiB are free", mib, round, disktest.Free(t, dir)>>20)
					default:
					}
				}
			}
			if d.Err() != nil || d.Epoch() > 0 {
				t.Errorf("%d MiB: the disk has failed %d times: %v", mib, d.Epoch(), d.Err())
			}
		}
	})
}

// fullForGood tells whether the disk is nearly full and stays so when the keeper has done what it can.
func fullForGood(d *DB, looks disktest.Looker) bool {
	if !d.Full() {
		return false
	}
	looks.Look()
	d.keeper.reclaim.work.Wait()
	looks.Look()
	return d.Full()
}

// TestTooSmallDisk wants a disk refused on which there is no room for what Pebble takes in advance.
func TestTooSmallDisk(t *testing.T) {
	fs := disktest.NewSmall(30 << 20)
	fs.Total = 40 << 20
	_, err := Open("store", complete(Options{FS: fs}))
	var e *Error
	if !errors.As(err, &e) || !strings.Contains(e.Fault, "40 MiB") || !strings.Contains(e.Fault, "64 MiB at least") {
		t.Errorf("got %v", err)
	}
}

// TestOthersTakeAll has another program take all that is free: what makes the database larger is to be refused, and numbers
// are removed.
func TestOthersTakeAll(t *testing.T) {
	disktest.WithMounts(t, func() {
		for _, told := range []bool{true, false} { // whether the keeper looks before something is written
			dir, looks := onDisk(t, 64<<20), make(disktest.Looker)
			store := filepath.Join(dir, "store")
			d := open(t, store, Options{FS: vfs.Default, MemTable: 64 << 20, Looks: looks})
			for n := range uint64(200) {
				if err := put(d, n, make([]byte, 16<<10)); err != nil {
					t.Fatal(err)
				}
			}
			looks.Look()
			if _, err := os.Stat(filepath.Join(store, ballastName)); err != nil {
				t.Fatal(err)
			}
			filler := disktest.Fill(t, dir, 0)
			if told {
				looks.Look()
				if !d.Full() {
					t.Error("the disk is not nearly full")
				}
			}
			for n := range uint64(200) {
				if err := remove(d, n); err != nil {
					t.Fatalf("told %v: number %d is not removed: %v", told, n, err)
				}
			}
			if err := flush(d); err != nil || d.Err() != nil {
				t.Fatal(err, d.Err())
			}
			if err := os.Remove(filler); err != nil {
				t.Fatal(err)
			}
			looks.Look()
			if err := put(d, 1, nil); err != nil || d.Full() || d.Epoch() > 0 {
				t.Errorf("told %v: with space again: %v, full %v, epoch %d", told, err, d.Full(), d.Epoch())
			}
		}
	})
}
