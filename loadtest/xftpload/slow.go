package xftpload

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"switchyard/loadtest/measure"
	"switchyard/xftp/client"
)

// halting is a connection that stops reading in the middle of a download.
type halting struct {
	net.Conn
	left    atomic.Int64 // bytes to read before that
	halted  sync.Once
	reached *sync.WaitGroup
	release <-chan struct{}
}

func (h *halting) Read(p []byte) (int, error) {
	if h.left.Load() <= 0 {
		h.halted.Do(h.reached.Done)
		<-h.release
	}
	n, err := h.Conn.Read(p)
	h.left.Add(-int64(n))
	return n, err
}

// haltAfter is how many bytes a slow reader takes first: the hello and the beginning of the packet.
const haltAfter = 128 << 10

// slowDialsAtOnce bounds how many connections are being made.
const slowDialsAtOnce = 64

// slowFinish is how many of the slow readers take their packets to the end, once they go on; the others break off.
const slowFinish = 32

// slow begins a download on each connection, lets all readers halt, and tells what that costs the router: what its
// process has then, less what it had before. Then some readers go on.
func (r *transfer) slow(ctx context.Context, report *Report) error {
	o, err := r.cfg.Observe(r.sources())
	if err != nil {
		return err
	}
	defer o.Stop()
	_, before := o.Now()
	release := make(chan struct{})
	var reached, ended sync.WaitGroup
	readers := make([]*halting, r.cfg.Conns)
	conns := make([]*client.Conn, r.cfg.Conns)
	err = measure.InParallel(ctx, r.cfg.Conns, slowDialsAtOnce, func(ctx context.Context, i int) (err error) {
		readers[i] = &halting{reached: &reached, release: release}
		readers[i].left.Store(haltAfter)
		conns[i], err = client.Dial(ctx, client.Config{Address: r.cfg.Address, Connect: readers[i].connect})
		return err
	})
	if err != nil {
		return err
	}
	for i, c := range conns {
		reached.Add(1)
		h := readers[i]
		ended.Go(func() {
			defer c.Close()
			defer h.halted.Do(reached.Done)
			if i < slowFinish {
				r.task(ctx, c, i, r.download)
				return
			}
			broken, breakOff := context.WithCancel(ctx)
			defer breakOff()
			go func() { <-release; breakOff() }()
			_ = r.download(broken, c, i) // breaks off
		})
	}
	reached.Wait()
	_, halted := o.Now()
	report.RSSPer = float64(halted-before) / float64(r.cfg.Conns)
	_, report.Router = o.Stop()
	close(release)
	ended.Wait()
	report.Packets = r.done.Load()
	return ctx.Err()
}

// connect is the client's way to connect, with a buffer so small that the kernel does not take the reader's bytes in
// its place.
func (h *halting) connect(ctx context.Context, address string) (net.Conn, error) {
	dialer := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		var refused error
		err := c.Control(func(fd uintptr) {
			refused = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 16<<10)
		})
		return errors.Join(err, refused)
	}}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	h.Conn = conn
	return h, err
}
