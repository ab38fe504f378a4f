package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"switchyard/internal/disk/disktest"
	"switchyard/smp"
	"switchyard/smp/client"
)

// TestFullDisk fills a real file system under a running router: one in memory, of this test's own, for which Linux needs no
// root where it lets everybody have name spaces.
func TestFullDisk(t *testing.T) {
	disktest.WithMounts(t, func() { fullDisks(t) })
}

func fullDisks(t *testing.T) {
	t.Run("below the reserve", func(t *testing.T) {
		f := newFilling(t, 64<<20, "# reserve_mb = 256", "reserve_mb = 32")
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
		f := newFilling(t, 64<<20, "# reserve_mb = 256", "reserve_mb = 1")
		f.recovers()                                               // something is there to read
		for !strings.Contains(f.p.log(), "takes no more writes") { // the router may see in time what comes, now and then
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
	t.Run("small disk", func(t *testing.T) {
		const size = 100 << 20
		f := newFilling(t, size)
		f.fill()
		if kept := f.kept(); kept < size/2 {
			t.Errorf("%d MiB of messages fill a disk of %d MiB", kept>>20, size>>20)
		}
		if free := disktest.Free(t, f.disk); free < size/16*3/4 { // the other half of the reserve may be held
			t.Errorf("%d MiB are free, of a reserve of %d MiB", free>>20, size/8>>20)
		}
		f.reads()
		f.each(func(s *sender) { s.empty(f.ctx, t, s.queues) })
		f.recovers()
		f.each(func(s *sender) { s.empty(f.ctx, t, s.queues) })
		f.p.stop()
		if strings.Contains(f.p.log(), "takes no more writes") {
			t.Error("the reserve did not suffice: ", f.p.log())
		}
	})
	t.Run("too small disk", func(t *testing.T) {
		p := newProcess(t)
		disk := filepath.Join(p.dir, "var")
		check(t, os.MkdirAll(disk, 0o700))
		disktest.Mount(t, disk, 40<<20)
		cmd := p.command("start")
		out, err := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != 1 || strings.Count(string(out), "\n") != 1 ||
			!strings.Contains(string(out), "it has 40 MiB, and a store needs 64 MiB at least") {
			t.Errorf("%v, exit code %d: %s", err, code, out)
		}
	})
}

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
	c      *client.Client
	queues []*filled
}

// filled is a queue with numbered messages. Of those that the router refused it may have some all the same.
type filled struct {
	queue *client.RcvQueue
	tried int
	kept  []int // acknowledged to the sender
}

func newFilling(t *testing.T, size int64, settings ...string) *filling {
	p := newProcess(t, settings...)
	f := &filling{t: t, p: p, disk: filepath.Join(p.dir, "var"), ctx: testContext(t)}
	check(t, os.MkdirAll(f.disk, 0o700))
	disktest.Mount(t, f.disk, size)
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
	defer func() {
		if f.t.Failed() {
			f.t.Log("the router's log: ", f.p.log())
		}
	}()
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

// kept is how many bytes of messages the router has taken.
func (f *filling) kept() (bytes int64) {
	for _, s := range f.senders {
		for _, q := range s.queues {
			bytes += int64(len(q.kept)) * messageSize
		}
	}
	return bytes
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

const messageSize = 15000

// send sends one message, to a new queue when there is none or the last one is full.
func (s *sender) send(ctx context.Context) error {
	const quota = 128
	if n := len(s.queues); n == 0 || s.queues[n-1].tried == quota {
		s.queues = append(s.queues, &filled{})
	}
	q := s.queues[len(s.queues)-1]
	if q.queue == nil {
		made, err := s.c.NewQueue(ctx, client.QueueParams{})
		if err != nil {
			return err
		}
		q.queue = made
	}
	body := make([]byte, messageSize)
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
