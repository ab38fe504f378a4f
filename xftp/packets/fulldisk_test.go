package packets

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/internal/disk/disktest"
)

const mebibyte = 1 << 20

// newDiskFixture is a store with records and bodies in real directories.
func newDiskFixture(t *testing.T, records, bodies string) *fixture {
	t.Helper()
	f := &fixture{t: t, path: bodies, looks: make(disktest.Looker), tidy: make(disktest.Looker)}
	var err error
	if f.dir, err = OpenDir(bodies); err != nil {
		t.Fatal(err)
	}
	o := f.options(0, vfs.Default)
	o.Now = nil
	if f.Store, err = Open(context.Background(), filepath.Join(records, "store"), f.dir, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(f.Close(), f.dir.Close()); err != nil {
			t.Error(err)
		}
	})
	f.looks.Look()
	return f
}

// add uploads a packet with one recipient.
func (f *fixture) add() (ID, error) {
	id := newID()
	recipients := []Recipient{{f.reader(id), testKey}}
	if err := f.Create(id, Record{Sender: testKey, Size: mebibyte, Digest: []byte("digest")}, recipients); err != nil {
		return id, err
	}
	return id, f.upload(id, mebibyte)
}

// reader is the recipient of a packet that was added.
func (f *fixture) reader(sender ID) ID {
	sender[15]++
	return sender
}

// fill uploads packets until the store refuses one, which is to leave nothing, and returns the others.
func (f *fixture) fill() (ids []ID) {
	f.t.Helper()
	for {
		id, err := f.add()
		if err == nil {
			ids = append(ids, id)
			continue
		}
		if !errors.Is(err, ErrFull) || !errors.Is(err, ErrQuota) {
			f.t.Fatal(err)
		}
		f.agree()
		return ids
	}
}

// serves wants packets to be read, and some to be deleted after their recipients.
func (f *fixture) serves(ids []ID, deleted int) {
	f.t.Helper()
	for i, id := range ids {
		if b, err := f.body(id); err != nil || len(b) != mebibyte {
			f.t.Fatalf("%d bytes, %v", len(b), err)
		}
		if i >= deleted {
			continue
		}
		if err := f.RemoveRecipient(id, f.reader(id)); err != nil {
			f.t.Fatal(err)
		}
		if err := f.Delete(context.Background(), id); err != nil {
			f.t.Fatal(err)
		}
	}
	f.agree()
}

// TestFullDisk fills a real disk that records and bodies share.
func TestFullDisk(t *testing.T) {
	disktest.WithMounts(t, func() {
		dir := t.TempDir()
		disktest.Mount(t, dir, 64*mebibyte)
		f := newDiskFixture(t, dir, filepath.Join(dir, "files"))
		var begun []*Upload
		for u, err := f.Upload(context.Background(), newID(), mebibyte); ; u, err = f.Upload(context.Background(), newID(), mebibyte) {
			if err != nil {
				if !errors.Is(err, ErrFull) {
					t.Error(err)
				}
				break
			}
			begun = append(begun, u)
		}
		if len(begun) < 40 || disktest.Free(t, dir) < 3*mebibyte {
			t.Errorf("%d uploads are begun, and %d bytes are free", len(begun), disktest.Free(t, dir))
		}
		for _, u := range begun {
			u.Abort()
		}
		f.looks.Look()
		ids := f.fill()
		t.Log(len(ids), "packets of 1 MiB fill a disk of 64 MiB")
		if len(ids) < 40 || disktest.Free(t, dir) < 3*mebibyte {
			t.Errorf("%d packets fill the disk, of which %d bytes are free", len(ids), disktest.Free(t, dir))
		}
		for _, err := range []error{
			f.Create(newID(), Record{Sender: testKey, Size: 16, Digest: []byte("digest")}, nil),
			f.AddRecipients(ids[0], []Recipient{{newID(), testKey}}),
		} {
			if !errors.Is(err, ErrFull) {
				t.Error(err)
			}
		}
		f.looks.Look() // which gives the ballast's place to deletions
		f.serves(ids, 5)
		ids = ids[5:]
		f.looks.Look()
		more := f.fill()
		if len(more) < 2 {
			t.Errorf("the place of 5 packets has room for %d", len(more))
		}
		ids = append(ids, more...)
		filler := disktest.Fill(t, dir, 0)
		f.looks.Look()
		f.serves(ids, 0)
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		f.looks.Look()
		f.serves(ids, len(ids))
		f.looks.Look()
		if f.Usage() != (Usage{}) || len(f.fill()) < 40 {
			t.Errorf("%+v", f.Usage())
		}
		if f.db.Epoch() > 0 || f.db.Err() != nil {
			t.Errorf("the disk has failed: %v", f.db.Err())
		}
		if n := strings.Count(f.log.String(), "the disk is nearly full, the store takes no new packets"); n == 0 || n > 6 {
			t.Errorf("told %d times: %s", n, f.log.String())
		}
	})
}

// TestOthersTakeAll has another program take the rest of the disk, until there is nothing left even for deletions. The same
// process serves all again when it is over.
func TestOthersTakeAll(t *testing.T) {
	disktest.WithMounts(t, func() {
		dir := t.TempDir()
		disktest.Mount(t, dir, 64*mebibyte)
		f := newDiskFixture(t, dir, filepath.Join(dir, "files"))
		var ids []ID
		for range 10 {
			id, err := f.add()
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		late := f.create(mebibyte)
		fillers := []string{disktest.Fill(t, dir, 0)}
		if err := f.upload(late, mebibyte); !errors.Is(err, ErrFull) {
			t.Error(err)
		}
		f.looks.Look() // which gives the ballast's place to deletions
		f.serves(ids[:5], 5)
		if err := os.Rename(fillers[0], fillers[0]+" 1"); err != nil {
			t.Fatal(err)
		}
		fillers = []string{fillers[0] + " 1", disktest.Fill(t, dir, 0)}
		f.looks.Look()
		f.serves(ids[5:], 0)
		if err := f.Delete(context.Background(), ids[5]); !Told(err) {
			t.Errorf("with nothing left a packet is deleted: %v", err)
		}
		for _, filler := range fillers {
			if err := os.Remove(filler); err != nil {
				t.Fatal(err)
			}
		}
		f.looks.Look()
		f.works()
		f.serves(ids[5:], 5)
		f.fill()
	})
}

// TestBodiesHaveNoRoom fills a disk that bodies have for themselves.
func TestBodiesHaveNoRoom(t *testing.T) {
	disktest.WithMounts(t, func() {
		dir := t.TempDir()
		disktest.Mount(t, dir, 8*mebibyte)
		f := newDiskFixture(t, t.TempDir(), dir)
		ids := f.fill()
		if len(ids) < 7 {
			t.Errorf("%d packets fill the disk", len(ids))
		}
		if _, err := f.add(); !errors.Is(err, ErrFull) {
			t.Error(err)
		}
		f.serves(ids, 2)
		if n := len(f.fill()); n != 2 {
			t.Errorf("the place of 2 packets has room for %d", n)
		}
		for text, want := range map[string]int{"the disk of bodies is full": 2, "there is space for bodies again": 1} {
			if n := strings.Count(f.log.String(), text); n != want {
				t.Errorf("%q is told %d times: %s", text, n, f.log.String())
			}
		}
	})
}
