package packets

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/box"
	"switchyard/internal/clockstep"
	"switchyard/internal/disk/disktest"
)

var testKey = func() box.PublicKey {
	k, err := box.GenerateKey(box.Ed25519, rand.Reader)
	if err != nil {
		panic(err)
	}
	return k.Public()
}()

// fixture is a store on a file system in memory that can be cloned as after a power failure, and a real directory.
type fixture struct {
	*Store
	t    *testing.T
	fs   *vfs.MemFS
	path string
	dir  *Dir
	now  time.Time

	looks disktest.Looker // at the disk
	tidy  disktest.Looker // at what is left
	log   disktest.Log
}

func newFixture(t *testing.T, quota int64) *fixture {
	f := &fixture{
		t: t, fs: vfs.NewCrashableMem(), path: filepath.Join(t.TempDir(), "files"), now: clockstep.At(time.Unix(1_700_000_000, 0)),
		looks: make(disktest.Looker), tidy: make(disktest.Looker),
	}
	f.open(quota, nil)
	t.Cleanup(func() { f.Close() })
	return f
}

// newFaultyFixture is one whose records are on a disk that may fail.
func newFaultyFixture(t *testing.T) (*fixture, *disktest.Faulty) {
	f := newFixture(t, 0)
	f.Store.Close()
	faulty := disktest.NewFaulty(f.fs)
	var err error
	if f.Store, err = Open(context.Background(), "db", f.dir, f.options(0, faulty)); err != nil {
		t.Fatal(err)
	}
	return f, faulty
}

// works waits until the store takes commits again, and has settled what was left.
func (f *fixture) works() {
	f.t.Helper()
	for f.db.Err() != nil {
		f.looks.Look()
	}
	f.tidy.Look()
}

func (f *fixture) open(quota int64, wrap func(Bodies) Bodies) {
	f.t.Helper()
	dir, err := OpenDir(f.path)
	if err != nil {
		f.t.Fatal(err)
	}
	f.dir = dir
	var bodies Bodies = dir
	if wrap != nil {
		bodies = wrap(dir)
	}
	f.Store, err = Open(context.Background(), "db", bodies, f.options(quota, f.fs))
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) options(quota int64, fs vfs.FS) Options {
	return Options{
		Quota: quota, FS: fs, Now: func() time.Time { return f.now }, Log: slog.New(slog.NewTextHandler(&f.log, nil)),
		looks: f.looks, tidy: f.tidy,
	}
}

// reopen opens the store as it is after a kill: nothing that was not synced is there.
func (f *fixture) reopen(quota int64, wrap func(Bodies) Bodies) {
	f.t.Helper()
	crashed := f.fs.CrashClone(vfs.CrashCloneCfg{})
	f.Store.Close()
	f.dir.Close()
	f.fs = crashed
	f.open(quota, wrap)
}

func newID() (id ID) {
	rand.Read(id[:])
	return id
}

func (f *fixture) create(size uint32, recipients ...ID) ID {
	f.t.Helper()
	id := newID()
	var rs []Recipient
	for _, r := range recipients {
		rs = append(rs, Recipient{r, testKey})
	}
	if err := f.Create(id, Record{Sender: testKey, Size: size, Digest: []byte("digest")}, rs); err != nil {
		f.t.Fatal(err)
	}
	return id
}

func (f *fixture) upload(id ID, size uint32) error {
	u, err := f.Upload(context.Background(), id, size)
	if err != nil {
		return err
	}
	if _, err := u.Write(content(id, size)); err != nil {
		u.Abort()
		return err
	}
	return u.Commit()
}

func content(id ID, size uint32) []byte {
	b := make([]byte, size)
	for i := 0; i+16 <= len(b); i += 16 {
		copy(b[i:], id[:])
		binary.BigEndian.PutUint32(b[i:], uint32(i))
	}
	return b
}

func (f *fixture) body(id ID) ([]byte, error) {
	body, err := f.Body(context.Background(), id)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(body)
}

// agree checks that usage, records and files tell the same, and that no temporary names are left.
func (f *fixture) agree() {
	f.t.Helper()
	var onDisk, recorded Usage
	entries, err := os.ReadDir(f.path)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == uploadsName {
			continue
		}
		info, err := e.Info()
		if err != nil {
			f.t.Fatal(err)
		}
		onDisk.Bytes += info.Size()
		onDisk.Count++
	}
	in := f.enter()
	defer in.Leave()
	it, err := in.DB.NewIter(nil)
	if err != nil {
		f.t.Fatal(err)
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		switch it.Key()[0] {
		case 's':
			r, err := parseRecord(it.Value())
			if err != nil {
				f.t.Fatal(err)
			}
			if r.Uploaded {
				recorded.Bytes += int64(r.Size)
				recorded.Count++
			}
		case 'd':
			f.t.Error("a removal is left")
		}
	}
	if onDisk != recorded || f.Usage() != recorded || f.account.reserved != 0 {
		f.t.Errorf("files %+v, records %+v, counted %+v, reserved %d", onDisk, recorded, f.Usage(), f.account.reserved)
	}
	if left, err := os.ReadDir(filepath.Join(f.path, uploadsName)); err != nil || len(left) > 0 {
		f.t.Errorf("%d uploads are left, %v", len(left), err)
	}
}

var errPower = errors.New("the power is off")
