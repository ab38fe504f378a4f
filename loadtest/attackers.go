package loadtest

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/agent"
	"switchyard/smp"
)

// attacks are the kinds of attackers. Each function is one connection's attempt; it is called again and again.
var attacks = map[string]func(context.Context, *attackers, int) error{
	"tls":           attackTLS,
	"blocks":        attackBlocks,
	"silent":        attackSilent,
	"resets":        attackReset,
	"burst":         attackBurst,
	"queues":        attackQueues,
	"one-queue":     attackOneQueue,
	"subscriptions": attackSubscriptions,
	"slow-readers":  attackSlowReaders,
	"dead-relays":   attackDeadRelays,
}

// AttackKinds is the names of all kinds of attackers.
func AttackKinds() []string { return slices.Sorted(maps.Keys(attacks)) }

// attackers are connections of one kind.
type attackers struct {
	client    Client
	count     int
	running   sync.WaitGroup
	attempts  atomic.Int64
	succeeded atomic.Int64

	mu     sync.Mutex
	failed map[string]int64
}

func newAttackers(c Client, n int) *attackers {
	return &attackers{client: c, count: n, failed: make(map[string]int64)}
}

// retryPause keeps an attacker that is refused from using up the machine on which it is measured.
const retryPause = 50 * time.Millisecond

func (a *attackers) run(ctx context.Context, attack func(context.Context, *attackers, int) error) {
	for i := range a.count {
		a.running.Go(func() {
			for ctx.Err() == nil {
				a.attempts.Add(1)
				if err := attack(ctx, a, i); err != nil && ctx.Err() == nil {
					a.fail(err)
					wait(ctx, retryPause)
				}
			}
		})
	}
}

func (a *attackers) wait() { a.running.Wait() }

func (a *attackers) fail(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failed[reason(err)]++
}

// reason is an error as attackers count it: without addresses.
func reason(err error) string {
	var protocol smp.Error
	var timeout net.Error
	switch {
	case errors.As(err, &protocol):
		return protocol.Error()
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded), errors.Is(err, agent.ErrTimeout):
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

// source is the address of an attacker, of 16 that the measured group has not.
func (a *attackers) source(i int) netip.Addr {
	if sourceAddr(a.client.Address.Hosts, 0).IsValid() {
		return netip.AddrFrom4([4]byte{127, 77, 0, byte(1 + i%16)})
	}
	return netip.Addr{}
}

// connect is TCP alone; the connection ends with ctx.
func (a *attackers) connect(ctx context.Context, i int) (net.Conn, error) {
	d := net.Dialer{Timeout: 10 * time.Second}
	if ip := a.source(i); ip.IsValid() {
		d.LocalAddr = &net.TCPAddr{IP: ip.AsSlice()}
	}
	port := a.client.Address.Port
	if port == "" {
		port = "5223"
	}
	c, err := d.DialContext(ctx, "tcp", net.JoinHostPort(a.client.Address.Hosts[0], port))
	if err == nil {
		context.AfterFunc(ctx, func() { c.Close() })
	}
	return c, err
}

// dial opens a session; events go to take, which may be nil.
func (a *attackers) dial(ctx context.Context, i int, take func(agent.Event)) (*agent.Client, net.Conn, error) {
	var raw net.Conn
	config := a.client.config(0)
	config.Connect = func(context.Context, string) (_ net.Conn, err error) {
		raw, err = a.connect(ctx, i) // the context that it is called with ends when the session is open
		return raw, err
	}
	config.OnEvent = func(e agent.Event) {
		if take != nil {
			take(e)
		}
	}
	c, err := agent.Dial(ctx, config)
	if err == nil {
		context.AfterFunc(ctx, c.Close)
	}
	return c, raw, err
}

// hold reads until the router closes the connection.
func hold(c net.Conn) error {
	b := make([]byte, 1024)
	for {
		if _, err := c.Read(b); err != nil {
			return errors.New("closed by the router")
		}
	}
}

// attackTLS begins a ClientHello and goes on with a byte a second.
func attackTLS(ctx context.Context, a *attackers, i int) error {
	c, err := a.connect(ctx, i)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.Write(append([]byte{0x16, 3, 1, 0x40, 0}, make([]byte, 8000)...)); err != nil {
		return err
	}
	a.succeeded.Add(1)
	return drip(ctx, c)
}

// drip writes a byte a second until the router closes the connection.
func drip(ctx context.Context, c net.Conn) error {
	for ctx.Err() == nil {
		wait(ctx, time.Second)
		if _, err := c.Write([]byte{0}); err != nil {
			return errors.New("closed by the router")
		}
	}
	return nil
}

// attackBlocks opens a session and begins a block.
func attackBlocks(ctx context.Context, a *attackers, i int) error {
	c, raw, err := a.dial(ctx, i, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := raw.Write(append([]byte{0x17, 3, 3, 0x40, 0}, make([]byte, 8000)...)); err != nil {
		return err
	}
	a.succeeded.Add(1)
	return drip(ctx, raw)
}

// attackSilent connects and says nothing.
func attackSilent(ctx context.Context, a *attackers, i int) error {
	c, err := a.connect(ctx, i)
	if err != nil {
		return err
	}
	defer c.Close()
	a.succeeded.Add(1)
	return hold(c)
}

// attackReset connects, says a little and resets the connection.
func attackReset(ctx context.Context, a *attackers, i int) error {
	c, err := a.connect(ctx, i)
	if err != nil {
		return err
	}
	_, _ = c.Write([]byte{0x16, 3, 1})
	_ = c.(*net.TCPConn).SetLinger(0)
	a.succeeded.Add(1)
	return c.Close()
}

// attackBurst opens a session, all attackers at once, and closes it at once.
func attackBurst(ctx context.Context, a *attackers, i int) error {
	c, _, err := a.dial(ctx, i, nil)
	if err != nil {
		return err
	}
	c.Close()
	a.succeeded.Add(1)
	return nil
}

// attackQueues creates queues without end.
func attackQueues(ctx context.Context, a *attackers, i int) error {
	return a.create(ctx, i, agent.QueueParams{})
}

// attackSubscriptions creates queues without end and stays subscribed to all.
func attackSubscriptions(ctx context.Context, a *attackers, i int) error {
	return a.create(ctx, i, agent.QueueParams{Subscribe: true})
}

func (a *attackers) create(ctx context.Context, i int, p agent.QueueParams) error {
	c, _, err := a.dial(ctx, i, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	for ctx.Err() == nil {
		a.attempts.Add(1)
		switch _, err := c.NewQueue(ctx, p); {
		case err == nil:
			a.succeeded.Add(1)
		case c.Err() != nil || ctx.Err() != nil:
			return err
		default:
			a.fail(err)
		}
	}
	return nil
}

// attackOneQueue sends to one queue as fast as the connection takes it.
func attackOneQueue(ctx context.Context, a *attackers, i int) error {
	c, _, err := a.dial(ctx, i, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	q, err := c.NewQueue(ctx, agent.QueueParams{})
	if err != nil {
		return err
	}
	body := make([]byte, 15000)
	room := make(chan struct{}, 64)
	for ctx.Err() == nil && c.Err() == nil {
		select {
		case room <- struct{}{}:
		case <-c.Done():
			return c.Err()
		case <-ctx.Done():
			return nil
		}
		a.attempts.Add(1)
		err := c.Do(q.Sender(nil).Send(false, body), func(r agent.Response) {
			if <-room; r.Err == nil {
				a.succeeded.Add(1)
			} else if ctx.Err() == nil {
				a.fail(r.Err)
			}
		})
		if err != nil {
			return err
		}
	}
	return c.Err()
}

// attackSlowReaders fill queues, subscribe to them and read nothing.
func attackSlowReaders(ctx context.Context, a *attackers, i int) error {
	maker, _, err := a.dial(ctx, i, nil)
	if err != nil {
		return err
	}
	defer maker.Close()
	var queues []*agent.RcvQueue
	body := make([]byte, 15000)
	for range slowQueues {
		q, err := maker.NewQueue(ctx, agent.QueueParams{})
		if err != nil {
			return err
		}
		if err := maker.Send(ctx, q.Sender(nil), false, body); err != nil {
			return err
		}
		queues = append(queues, q)
	}
	reader, raw, err := a.dial(ctx, i, func(agent.Event) { <-ctx.Done() })
	if err != nil {
		return err
	}
	_ = raw.(*net.TCPConn).SetReadBuffer(4096)
	a.succeeded.Add(1)
	reader.SubscribeAll(ctx, queues)
	<-ctx.Done()
	return nil
}

// slowQueues is how many full queues each slow reader has.
const slowQueues = 100

// attackDeadRelays asks the router to forward to destinations where nothing listens.
func attackDeadRelays(ctx context.Context, a *attackers, i int) error {
	c, _, err := a.dial(ctx, i, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	for ctx.Err() == nil && c.Err() == nil {
		address := smp.ServerAddress{Scheme: smp.SchemeSMP, Hosts: []string{"127.0.0.1"}, Port: strconv.Itoa(1 + rand.IntN(1000))}
		address.KeyHash[0] = byte(rand.IntN(256))
		a.attempts.Add(1)
		if _, err := c.DialRelay(ctx, address, ""); err != nil && ctx.Err() == nil {
			a.fail(err)
		}
	}
	return c.Err()
}

// causeCount is a counter in the line in which a router tells at its end what it has closed and refused.
var causeCount = regexp.MustCompile(`\b((?:closed|refused)\.[a-z_]+)=(\d+)`)

// causes reads what the router has counted, after its end.
func (r *Router) causes() map[string]int64 {
	log, err := os.ReadFile(r.log())
	if err != nil {
		return nil
	}
	all := make(map[string]int64)
	for _, m := range causeCount.FindAllStringSubmatch(string(log), -1) {
		n, _ := strconv.ParseInt(m[2], 10, 64)
		all[m[1]] += n
	}
	return all
}
