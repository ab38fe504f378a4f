package abuse

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/loadtest/load"
	"switchyard/loadtest/process"
	"switchyard/smp"
	"switchyard/smp/client"
)

// attackers are connections of one kind, in a process of their own.
type attackers struct {
	config AttackConfig
	client load.Client
	kind   attackKind

	queues    [][]*client.RcvQueue // of the store, by attacker
	silent    string               // port on which nothing is answered
	running   sync.WaitGroup
	attempts  atomic.Int64
	succeeded atomic.Int64

	mu     sync.Mutex
	failed map[string]int64
}

// retryPause keeps an attacker that is refused from using up the machine on which it is measured.
const retryPause = 50 * time.Millisecond

// run attacks until ctx is done.
func (a *attackers) run(ctx context.Context) {
	for i := range a.config.Conns {
		a.running.Go(func() {
			for ctx.Err() == nil {
				a.attempts.Add(1)
				if err := a.kind.attack(ctx, a, i); err != nil && ctx.Err() == nil {
					a.fail(err)
					wait(ctx, retryPause)
				}
			}
		})
	}
}

func (a *attackers) fail(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failed[reason(err)]++
}

func (a *attackers) failures() map[string]int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.failed)
}

// reason is an error as attackers count it: without addresses.
func reason(err error) string {
	var protocol smp.Error
	var timeout net.Error
	switch {
	case errors.As(err, &protocol):
		return protocol.Error()
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded), errors.Is(err, client.ErrTimeout):
		return "timeout"
	case errors.Is(err, os.ErrClosed), errors.Is(err, net.ErrClosed):
		return "closed"
	}
	text := err.Error()
	return strings.TrimSpace(text[strings.LastIndex(text, ": ")+1:])
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// attackSources is how many addresses the attackers have, none of which is the measured group's.
const attackSources = 16

// source is the address of an attacker.
func (a *attackers) source(i int) netip.Addr {
	if load.SourceAddr(a.client.Address.Hosts, 0).IsValid() {
		return netip.AddrFrom4([4]byte{127, 77, 0, byte(1 + (a.config.First+i)%attackSources)})
	}
	return netip.Addr{}
}

// attackDialTimeout lets an attacker wait for its turn when all come at once.
const attackDialTimeout = time.Minute

// connect is TCP alone; the connection ends with ctx.
func (a *attackers) connect(ctx context.Context, i int) (net.Conn, error) {
	d := net.Dialer{Timeout: attackDialTimeout}
	if ip := a.source(i); ip.IsValid() {
		d.LocalAddr = &net.TCPAddr{IP: ip.AsSlice()}
	}
	port := a.client.Address.Port
	if port == "" {
		port = client.DefaultPort
	}
	c, err := d.DialContext(ctx, "tcp", net.JoinHostPort(a.client.Address.Hosts[0], port))
	if err == nil {
		context.AfterFunc(ctx, func() { c.Close() })
	}
	return c, err
}

// dial opens a session; events go to take, which may be nil.
func (a *attackers) dial(ctx context.Context, i int, take func(client.Event)) (*client.Client, net.Conn, error) {
	var raw net.Conn
	config := a.client.DialConfig(0)
	config.Connect = func(context.Context, string) (_ net.Conn, err error) {
		raw, err = a.connect(ctx, i) // the context that it is called with ends when the session is open
		return raw, err
	}
	config.OnEvent = func(e client.Event) {
		if take != nil {
			take(e)
		}
	}
	c, err := client.Dial(ctx, config)
	if err == nil {
		context.AfterFunc(ctx, c.Close)
	}
	return c, raw, err
}

// adopt gives the attackers their shares of the queues of the store.
func (a *attackers) adopt() error {
	stored := load.NewStoredQueues(*a.config.Seeded)
	from := a.config.FirstQueue
	for i := range a.config.Conns {
		n := process.Share(a.config.Queues, a.config.Conns, i)
		queues, err := stored.Queues(from, n)
		if err != nil {
			return err
		}
		a.queues = append(a.queues, queues)
		from += n
	}
	return nil
}

// listen opens a port on every address of the loopback interface that takes connections and never says anything.
func (a *attackers) listen() error {
	l, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		return err
	}
	a.silent = fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
	go func() { // until the process ends
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_ = hold(c)
			}()
		}
	}()
	return nil
}

var errClosedByRouter = errors.New("closed by the router")

// hold reads until the other side closes the connection.
func hold(c net.Conn) error {
	b := make([]byte, 1024)
	for {
		if _, err := c.Read(b); err != nil {
			return errClosedByRouter
		}
	}
}

// drip writes a byte a second until the router closes the connection.
func drip(ctx context.Context, c net.Conn) error {
	for ctx.Err() == nil {
		wait(ctx, time.Second)
		if _, err := c.Write([]byte{0}); err != nil {
			return errClosedByRouter
		}
	}
	return nil
}
