package disk

import (
	"errors"
	"log/slog"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/internal/disk/disktest"
)

// slowCompactions is a file system on which compactions wait, and then go on or fail.
type slowCompactions struct {
	vfs.FS
	end chan struct{} // closed when they end
	err error         // how; nil: they go on
}

func (f *slowCompactions) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.Create(name, c)
	if err == nil && c == compactionCategory {
		file = &slowFile{file, f}
	}
	return file, err
}

type slowFile struct {
	vfs.File
	fs *slowCompactions
}

func (f *slowFile) Write(p []byte) (int, error) {
	if <-f.fs.end; f.fs.err != nil {
		return 0, f.fs.err
	}
	return f.File.Write(p)
}

// TestPressure commits until commits wait for compactions. They go on when these have ended, and return when the disk
// fails instead.
func TestPressure(t *testing.T) {
	for _, failure := range []error{nil, syscall.EIO} {
		fs := &slowCompactions{FS: vfs.NewMem(), end: make(chan struct{}), err: failure}
		log := new(disktest.Log)
		waits := log.Seen("writes wait")
		d := open(t, "store", Options{FS: fs, Log: slog.New(slog.NewTextHandler(log, nil))})
		ended := make(chan error)
		go func() { ended <- commitTables(d, 4*stopAfter) }()
		<-waits
		close(fs.end)
		if err := <-ended; !errors.Is(err, failure) {
			t.Errorf("compactions end with %v: commits with %v", failure, err)
		}
	}
}

// commitTables makes n commits, each of which becomes a table above the one before.
func commitTables(d *DB, n int) error {
	for i := range uint64(n) {
		err := put(d, 0, number(i))
		if err == nil {
			err = flush(d)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// TestCloseUnderPressure closes a store whose compactions may not run for want of space: that does not wait for them.
func TestCloseUnderPressure(t *testing.T) {
	fs, looks := disktest.NewSmall(1<<30), make(disktest.Looker)
	d := open(t, "store", Options{FS: fs, Reserve: 400, Looks: looks})
	fs.Free.Store(150) // less than a half
	looks.Look()
	if err := commitTables(d, stopAfter+2); err != nil {
		t.Error(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}
