package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"switchyard/agent"
	"switchyard/smp"
)

// ownDisk says that this test binary runs where it may mount what nobody else sees.
const ownDisk = "SMP_SERVER_TEST_OWN_DISK"

// TestFullDisk fills a real file system under a running router: one in memory, of this test's own, for which Linux needs no
// root where it lets everybody have name spaces.
func TestFullDisk(t *testing.T) {
	if os.Getenv(ownDisk) == "" {
		runWithOwnMounts(t)
		return
	}
	probe := t.TempDir()
	if err := mountDisk(probe); errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		t.Log("this system lets nobody mount in a name space of his own, so there is no disk to fill: ", err)
		return
	}
	check(t, unix.Unmount(probe, 0))
	t.Run("below the reserve", func(t *testing.T) {
		f := newFilling(t, "# reserve_mb = 256", "reserve_mb = 32")
		f.fill()
		f.reads()
		f.each(func(s *sender) { s.empty(f.ctx, t, s.queues[:1]) }) // ACK and DEL work, and make room
		f.recovers()
		f.each(func(s *sender) { s.empty(f.ctx, t, s.queues) })
		f.p.stop()
		f.logs("the disk is nearly full, the store takes no new queues and messages")
		if strings.Contains(f.p.log(), "takes no more writes") {
			t.Error("the reserve did not suffice: ", f.p.log())
		}
	})
	t.Run("no space left", func(t *testing.T) {
		f := newFilling(t, "# reserve_mb = 256", "reserve_mb = 1")
		f.recovers()                                                  // something is there to read
		for !strings.Contains(f.p.log(), "no space left on device") { // the router may see in time what comes, now and then
			filler := filepath.Join(f.disk, "of another program")
			var filling sync.WaitGroup
			filling.Go(func() { takeAllSpace(t, filler) })
			f.fill()
			filling.Wait()
			f.reads()
			check(t, os.Remove(filler))
			f.recovers()
		}
		f.each(func(s *sender) { s.empty(f.ctx, t, s.queues) })
		f.p.stop()
		f.logs("the disk is full, the store takes no more writes")
		f.logs("the disk works again, the store takes writes")
	})
}

// runWithOwnMounts runs the calling test again, in a process that may mount.
func runWithOwnMounts(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.v", "-test.run=^"+t.Name()+"$") // it has time limits of its own
	cmd.Env = append(os.Environ(), ownDisk+"=1")
	root := func(id int) []syscall.SysProcIDMap { return []syscall.SysProcIDMap{{HostID: id, Size: 1}} }
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER | unix.CLONE_NEWNS, Pdeathsig: unix.SIGKILL,
		UidMappings: root(os.Getuid()), GidMappings: root(os.Getgid())}
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Log("this system lets nobody have name spaces of his own, so there is no disk to fill: ", err)
		return
	}
	err := cmd.Wait()
	if t.Log(out.String()); err != nil {
		t.Error(err)
	}
}

func mountDisk(dir string) error { return unix.Mount("disk", dir, "tmpfs", 0, "size=64m") }

// takeAllSpace writes a file as long as the disk has room.
func takeAllSpace(t *testing.T, name string) {
	f, err := os.Create(name)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	for piece := make([]byte, 4096); err == nil; {
		_, err = f.Write(piece)
	}
	if !errors.Is(err, unix.ENOSPC) {
		t.Error(err)
	}
}

// filling is a router whose store has a small disk, and clients that fill it.
type filling struct {
	t       *testing.T
	p       *process
	disk    string
	ctx     context.Context
	senders []*sender
}

// sender fills queues of its own, one after the other.
type sender struct {
	c      *agent.Client
	queues []*filled
}

// filled is a queue with numbered messages. Of those that the router refused it may have some all the same.
type filled struct {
	queue *agent.RcvQueue
	tried int
	kept  []int // acknowledged to the sender
}

func newFilling(t *testing.T, settings ...string) *filling {
	p := newProcess(t, append(settings, "# memtable_mb = 64", "memtable_mb = 4")...)
	f := &filling{t: t, p: p, disk: filepath.Join(p.dir, "var"), ctx: testContext(t)}
	check(t, os.MkdirAll(f.disk, 0o700))
	check(t, mountDisk(f.disk))
	t.Cleanup(func() { check(t, unix.Unmount(f.disk, unix.MNT_DETACH)) })
	p.start()
	for range 8 {
		f.senders = append(f.senders, &sender{c: p.dial()})
	}
	return f
}

// each lets all senders do something at the same time.
func (f *filling) each(do func(*sender)) {
	f.t.Helper()
	var all sync.WaitGroup
	for _, s := range f.senders {
		all.Go(func() { do(s) })
	}
	all.Wait()
	if f.t.Failed() {
		f.t.FailNow()
	}
}

// fill sends until the router refuses each sender.
func (f *filling) fill() {
	f.t.Helper()
	f.each(func(s *sender) {
		err := s.send(f.ctx)
		for err == nil {
			err = s.send(f.ctx)
		}
		if !isStoreError(err) {
			f.t.Error(err)
		}
	})
}

// reads wants the router that refuses to serve what it has.
func (f *filling) reads() {
	f.t.Helper()
	f.each(func(s *sender) {
		if m, err := s.c.Get(f.ctx, s.queues[0].queue); err != nil || m == nil {
			f.t.Errorf("GET got %v, %v", m, err)
		}
	})
}

// recovers waits until the same process takes messages and queues of all senders again.
func (f *filling) recovers() {
	f.t.Helper()
	f.each(func(s *sender) {
		s.queues = append(s.queues, &filled{})
		err := s.send(f.ctx)
		for isStoreError(err) && f.ctx.Err() == nil {
			err = s.send(f.ctx)
		}
		if err != nil {
			f.t.Error("the router does not recover: ", err)
		}
	})
}

func (f *filling) logs(text string) {
	f.t.Helper()
	if !strings.Contains(f.p.log(), text) {
		f.t.Errorf("the log has no %q: %s", text, f.p.log())
	}
}

func isStoreError(err error) bool {
	var e smp.Error
	return errors.As(err, &e) && strings.HasPrefix(e.Error(), "STORE")
}

// send sends one message, to a new queue when there is none or the last one is full.
func (s *sender) send(ctx context.Context) error {
	const quota = 128
	if n := len(s.queues); n == 0 || s.queues[n-1].tried == quota {
		s.queues = append(s.queues, &filled{})
	}
	q := s.queues[len(s.queues)-1]
	if q.queue == nil {
		made, err := s.c.NewQueue(ctx, agent.QueueParams{})
		if err != nil {
			return err
		}
		q.queue = made
	}
	body := make([]byte, 15000)
	copy(body, fmt.Sprintf("%d ", q.tried))
	q.tried++
	if err := s.c.Send(ctx, q.queue.Sender(nil), false, body); err != nil {
		return err
	}
	q.kept = append(q.kept, q.tried-1)
	return nil
}

// empty receives, acknowledges and deletes some of the sender's queues. What was acknowledged to the sender comes once, in order.
func (s *sender) empty(ctx context.Context, t *testing.T, queues []*filled) {
	for _, q := range queues {
		if q.queue == nil {
			continue
		}
		kept, last := q.kept, -1
		for {
			m, err := s.c.Get(ctx, q.queue)
			if err == nil && m != nil {
				_, err = s.c.Ack(ctx, q.queue, m.ID)
			}
			if err != nil {
				t.Error(err)
				return
			}
			if m == nil {
				break
			}
			text, _, _ := strings.Cut(string(m.Body), " ")
			n, err := strconv.Atoi(text)
			if err != nil || n <= last || len(kept) > 0 && n > kept[0] {
				t.Errorf("message %q comes after %d, in the place of %v", text, last, kept)
				return
			}
			if last = n; len(kept) > 0 && n == kept[0] {
				kept = kept[1:]
			}
		}
		if len(kept) > 0 {
			t.Errorf("messages %v are lost", kept)
		}
		if err := s.c.Delete(ctx, q.queue); err != nil {
			t.Error(err)
		}
	}
	s.queues = s.queues[len(queues):]
}
