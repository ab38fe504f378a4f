package router

import (
	"log/slog"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"switchyard/box"
	"switchyard/internal/disk/disktest"
	"switchyard/xftp"
	"switchyard/xftp/client"
)

// TestDiskFails: the disk of the records takes no more logs, as when connections have taken all files. Commands that write are
// answered FILE_IO, all others are served, the log has a line about it and not one for each command, and when the disk works
// again the same process takes packets.
func TestDiskFails(t *testing.T) {
	var log disktest.Log
	disk := disktest.NewFaulty(vfs.NewMem())
	disk.Err, disk.Lasts = syscall.EMFILE, true
	disk.Kind = func(op errorfs.Op) bool {
		return strings.HasSuffix(op.Path, ".log") && (op.Kind == errorfs.OpCreate || op.Kind == errorfs.OpReuseForWrite)
	}
	f := newFixture(t, options{disk: disk, config: func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) }})
	c := f.dial()
	p := f.stored(c, xftp.Size64K, 1)
	waiting := f.create(c, xftp.Size64K, 1)
	disk.Left.Store(0)
	sender := newKey(t)
	var keys []box.PublicKey
	for range 255 {
		keys = append(keys, sender.Public())
	}
	create := func() error {
		_, _, err := c.Create(ctx, sender, client.Packet{Size: xftp.Size64K, Digest: p.digest, Recipients: keys})
		return err
	}
	var err error
	for err == nil { // until the log is full
		err = create()
	}
	for range 50 {
		wants(t, "FNEW", err, xftp.ErrFileIO)
		err = create()
	}
	wants(t, "FPUT", waiting.upload(f.dial()), xftp.ErrFileIO)
	wants(t, "FACK", c.Acknowledge(ctx, p.readers[0], p.readIDs[0]), xftp.ErrFileIO)
	wants(t, "FDEL", c.Delete(ctx, p.sender, p.id), xftp.ErrFileIO)
	check(t, p.download(c, 0))
	if strings.Count(log.String(), "level=ERROR") > 5 {
		t.Error("logged: ", log.String())
	}
	disk.Works()
	for err = create(); err != nil; err = create() {
		wants(t, "FNEW", err, xftp.ErrFileIO)
	}
	check(t, waiting.upload(c))
	check(t, c.Acknowledge(ctx, p.readers[0], p.readIDs[0]))
	check(t, c.Delete(ctx, p.sender, p.id))
	if n := f.files(); len(n) != 1 || f.store.Usage().Count != 1 {
		t.Errorf("files %v, %+v", n, f.store.Usage())
	}
}

// TestDiskFull: with less free space than the reserve new packets are refused as those over the quota are; the rest is served.
func TestDiskFull(t *testing.T) {
	var log disktest.Log
	disk := disktest.NewSmall(1 << 30)
	disk.Total = 1 << 30
	f := newFixture(t, options{disk: disk, config: func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) }})
	c := f.dial()
	p, waiting := f.stored(c, xftp.Size64K, 2), f.create(c, xftp.Size64K, 1)
	disk.Free.Store(50 << 20)
	wants(t, "FPUT", waiting.upload(f.dial()), xftp.ErrQuota)
	_, _, err := c.Create(ctx, p.sender, client.Packet{Size: xftp.Size64K, Digest: p.digest, Recipients: []box.PublicKey{p.sender.Public()}})
	wants(t, "FNEW", err, xftp.ErrQuota)
	_, err = c.AddRecipients(ctx, p.sender, p.id, []box.PublicKey{p.sender.Public()})
	wants(t, "FADD", err, xftp.ErrQuota)
	check(t, p.download(c, 0))
	check(t, c.Acknowledge(ctx, p.readers[0], p.readIDs[0]))
	check(t, c.Delete(ctx, p.sender, p.id))
	if n := f.files(); len(n) > 0 || f.store.Usage().Bytes > 0 || strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("files %v, %+v, logged: %s", n, f.store.Usage(), log.String())
	}
	disk.Free.Store(1 << 30) // which is seen when it is needed
	check(t, waiting.upload(f.dial()))
}
