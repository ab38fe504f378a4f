package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// uploaded is a packet that was uploaded.
func (p *process) uploaded() *packet {
	p.t.Helper()
	x := p.packet()
	check(p.t, x.upload(p, bytes.NewReader(x.body)))
	return x
}

// deletable tells whether the router knows a packet, and has it forget it.
func (x *packet) deletable(p *process) bool {
	c := p.dial()
	defer c.Close()
	return c.Delete(ctx, x.key, x.id) == nil
}

func (p *process) succeeds(want string, args ...string) {
	p.t.Helper()
	if out, err := p.command(args...).CombinedOutput(); err != nil || !strings.Contains(string(out), want) {
		p.t.Fatalf("%v: %v, %s", args, err, out)
	}
}

func (p *process) refuses(want string, args ...string) {
	p.t.Helper()
	out, err := p.command(args...).CombinedOutput()
	if err == nil || !strings.HasPrefix(string(out), "xftp-server: error: ") || !strings.Contains(string(out), want) || strings.Count(string(out), "\n") != 1 {
		p.t.Errorf("%v: %v, %s", args, err, out)
	}
}

// lose takes directories away.
func (p *process) lose(names ...string) {
	p.t.Helper()
	for _, name := range names {
		check(p.t, os.RemoveAll(filepath.Join(p.dir, name)))
	}
}

// TestBackup: what is uploaded is there after the loss of all directories, deletions since are undone, and what does not fit is
// refused. Packets are linked where that is possible.
func TestBackup(t *testing.T) {
	p := newProcess(t)
	p.refuses("/var/store does not exist: the router has not run yet, and there is nothing to back up", "backup", "copy")
	p.start()
	first, second := p.uploaded(), p.uploaded()
	p.succeeds("Backup made: "+filepath.Join(p.dir, "live"), "backup", "live")
	p.succeeds("Backup made: ", "backup", "--records-only", "live-records")
	p.refuses("/live is not empty; name a new directory", "backup", "live")
	p.succeeds(filepath.Join(p.dir, "live-records"), "status") // the last backup
	third := p.uploaded()
	p.stop(syscall.SIGTERM)
	if _, err := os.Stat(filepath.Join(p.dir, "live-records", backupPackets)); err == nil {
		t.Error("packets are in a backup of records")
	}
	p.succeeds("Backup made: "+filepath.Join(p.dir, "copy"), "backup", "copy")
	p.refuses("/copy is not empty; name a new directory", "backup", "copy")
	p.refuses("is within what is backed up; name another directory", "backup", "files/copy")
	p.refuses("is within what is backed up; name another directory", "backup", "var/store/copy")
	p.refuses("/var/store is not empty; ", "restore", "copy")
	p.refuses("var is no backup of a router: ", "restore", "var")
	packets, err := filepath.Glob(filepath.Join(p.dir, "copy", backupPackets, "*"))
	check(t, err)
	if len(packets) != 3 {
		t.Fatalf("packets in the backup: %v", packets)
	}
	if n := packetLinks(t, packets[0]); n < 2 { // the other backup may have it, too
		t.Errorf("a packet has %d links", n)
	}
	p.start()
	p.refuses("/etc: a router runs with this directory; stop it first", "restore", "copy")
	if !first.deletable(p) {
		t.Fatal("the packet is not there")
	}
	p.stop(syscall.SIGTERM)

	// The records alone, over packets that are there.
	p.lose("var/store")
	p.succeeds("Packets restored: 1, 2 were there", "restore", "copy")
	p.start()
	if !first.deletable(p) || !second.deletable(p) || !third.deletable(p) {
		t.Error("a packet is not there")
	}
	p.stop(syscall.SIGTERM)
	if p.bodies() != 0 {
		t.Errorf("%d bytes are left", p.bodies())
	}

	// All of it, of the backup that the running router has made.
	p.lose("var", "etc", "files")
	p.succeeds("Packets restored: 2, 0 were there", "restore", "live")
	p.start()
	if third.deletable(p) || !second.deletable(p) {
		t.Error("the packets are those of another time")
	}
	p.stop(syscall.SIGTERM)

	// Without packets.
	p.succeeds("Backup made: ", "backup", "--records-only", "records")
	if _, err := os.Stat(filepath.Join(p.dir, "records", backupPackets)); err == nil {
		t.Error("packets are in the backup")
	}
	p.lose("var")
	p.succeeds("Store restored: ", "restore", "records")
	p.start()
	if second.deletable(p) || !first.deletable(p) {
		t.Error("the records are those of another time")
	}
	p.stop(syscall.SIGTERM)

	// Another router's configuration; a backup that lacks something.
	p.lose("var", "etc")
	p.succeeds("Server initialized", "init", "-p", "other", "-q", "1gb", "-a", "ED25519")
	p.refuses("/etc is the configuration of another router than the backup's; ", "restore", "copy")
	p.lose("etc", "copy/store")
	check(t, os.Mkdir(filepath.Join(p.dir, "copy", "store"), 0o700))
	p.refuses("cannot restore the store: the backup holds none", "restore", "copy")
	if _, err := os.Stat(filepath.Join(p.dir, "var", "store.partial")); err == nil {
		t.Error("half a store is left")
	}
}

func packetLinks(t *testing.T, name string) uint64 {
	info, err := os.Stat(name)
	check(t, err)
	return uint64(info.Sys().(*syscall.Stat_t).Nlink)
}
