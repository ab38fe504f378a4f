package disk

import (
	"errors"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/internal/disk/disktest"
)

func TestFiguresFollowTheDatabase(t *testing.T) {
	fs, looks := disktest.NewSmall(1<<30), make(disktest.Looker)
	faulty := disktest.NewFaulty(fs)
	faulty.Lasts = true
	d := open(t, "store", Options{FS: small{faulty, fs}, Looks: looks, Reserve: 64 << 20})
	if err := put(d, 1, []byte("one")); err != nil {
		t.Fatal(err)
	}
	if err := d.Probe(); err != nil {
		t.Fatal(err)
	}
	f := d.Figures()
	took := uint64(0)
	for _, n := range f.Took {
		took += n
	}
	if f.Free != 1<<30 || f.Reserve != 64<<20 || f.Frozen || f.Epoch != 0 || len(f.Levels) == 0 || f.Commits != 1 || took != f.Syncs || f.Syncs < 2 ||
		f.Log == 0 || f.Memory == 0 || f.Syncing != 0 {
		t.Errorf("%+v", f)
	}
	if err := d.Writable(); err != nil {
		t.Error(err)
	}

	fs.Free.Store(32 << 20)
	looks.Look()
	if f := d.Figures(); f.Free != 32<<20 {
		t.Errorf("%d bytes are free", f.Free)
	}
	if err := d.Writable(); err == nil || d.Probe() != nil {
		t.Errorf("nearly full: %v; it still commits", err)
	}
	fs.Free.Store(1 << 30)
	looks.Look()

	faulty.Left.Store(0)
	if err := d.Probe(); err == nil {
		t.Error("the disk fails, and a probe does not")
	}
	if f := d.Figures(); !f.Frozen || d.Writable() == nil {
		t.Error("a database that has failed does not tell")
	}
	faulty.Works()
	for d.Err() != nil {
		looks.Look()
	}
	if f := d.Figures(); f.Epoch == 0 || f.Frozen {
		t.Errorf("after the failure: %+v", f)
	}
}

// small is a faulty file system of a small disk.
type small struct {
	vfs.FS
	disk *disktest.Small
}

func (s small) GetDiskUsage(name string) (vfs.DiskUsage, error) { return s.disk.GetDiskUsage(name) }

func TestSyncBuckets(t *testing.T) {
	for d, want := range map[time.Duration]int{-1: 0, 0: 0, 63 * time.Microsecond: 0, 64 * time.Microsecond: 1, 127 * time.Microsecond: 1,
		128 * time.Microsecond: 2, 8 * time.Second: SyncBuckets - 1, time.Hour: SyncBuckets - 1} {
		if got := syncBucket(d); got != want || d >= 0 && got < SyncBuckets-1 && (d >= SyncBound(got) || got > 0 && d < SyncBound(got-1)) {
			t.Errorf("%v is in bucket %d", d, got)
		}
	}
}

// hanging is a file system whose syncs of the log wait when they are to.
type hanging struct {
	vfs.FS
	begun, end chan struct{}
	on         *bool
}

func (f *hanging) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.Create(name, c)
	return &hangingFile{file, f}, err
}

func (f *hanging) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.ReuseForWrite(old, name, c)
	return &hangingFile{file, f}, err
}

type hangingFile struct {
	vfs.File
	fs *hanging
}

func (f *hangingFile) wait() {
	if *f.fs.on {
		f.fs.begun <- struct{}{}
		<-f.fs.end
	}
}

func (f *hangingFile) Sync() error     { f.wait(); return f.File.Sync() }
func (f *hangingFile) SyncData() error { f.wait(); return f.File.SyncData() }

// TestFiguresOfADiskThatHangs: a probe waits with the commits, and the figures do not, and tell that a sync is under way.
func TestFiguresOfADiskThatHangs(t *testing.T) {
	on := false
	fs := &hanging{FS: vfs.NewMem(), begun: make(chan struct{}, 10), end: make(chan struct{}), on: &on}
	d := open(t, "store", Options{FS: fs})
	on = true
	ended := make(chan error, 1)
	go func() { ended <- d.Probe() }()
	<-fs.begun
	if f := d.Figures(); f.Syncing == 0 {
		t.Error("no sync is under way")
	}
	select {
	case err := <-ended:
		t.Errorf("a probe ended while the disk hangs: %v", err)
	default:
	}
	on = false
	close(fs.end)
	if err := <-ended; err != nil && !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}
