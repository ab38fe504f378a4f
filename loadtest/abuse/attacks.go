package abuse

import (
	"context"
	"crypto/sha512"
	"math/rand/v2"
	"net"

	"switchyard/smp"
	"switchyard/smp/client"
)

// attackCPU computes, and asks the router for nothing.
func attackCPU(_ context.Context, a *attackers, _ int) error {
	var sum [sha512.Size]byte
	for range 1000 {
		sum = sha512.Sum512(sum[:])
	}
	a.succeeded.Add(1)
	return nil
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

// attackBurst opens a session once, all attackers at the same moment, and keeps it.
func attackBurst(ctx context.Context, a *attackers, i int) error {
	c, _, err := a.dial(ctx, i, nil)
	switch {
	case err == nil:
		defer c.Close()
		a.succeeded.Add(1)
	case ctx.Err() == nil:
		a.fail(err)
	}
	<-ctx.Done()
	return nil
}

// attackQueues creates queues without end.
func attackQueues(ctx context.Context, a *attackers, i int) error {
	c, _, err := a.dial(ctx, i, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	for ctx.Err() == nil {
		a.attempts.Add(1)
		switch _, err := c.NewQueue(ctx, client.QueueParams{}); {
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

// flight is commands that wait for their answers, so many at a time.
type flight struct {
	attackers *attackers
	room      chan struct{}
}

func (a *attackers) flight(n int) flight { return flight{a, make(chan struct{}, n)} }

// next waits for room for another command, unless the connection or ctx is over.
func (f flight) next(ctx context.Context, c *client.Client) error {
	select {
	case f.room <- struct{}{}:
		f.attackers.attempts.Add(1)
		return nil
	case <-c.Done():
		return c.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// landed takes an answer.
func (f flight) landed(ctx context.Context, err error) {
	if <-f.room; err == nil {
		f.attackers.succeeded.Add(1)
	} else if ctx.Err() == nil {
		f.attackers.fail(err)
	}
}

// floodWindow is how many messages of a connection that floods a queue are without an answer.
const floodWindow = 64

// attackOneQueue sends to one queue as fast as the connection takes it.
func attackOneQueue(ctx context.Context, a *attackers, i int) error {
	c, _, err := a.dial(ctx, i, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	q, err := c.NewQueue(ctx, client.QueueParams{})
	if err != nil {
		return err
	}
	sender, body, f := q.Sender(nil), make([]byte, 15000), a.flight(floodWindow)
	for {
		if err := f.next(ctx, c); err != nil {
			return err
		}
		if err := c.Do(sender.Send(false, body), func(r client.Response) { f.landed(ctx, r.Err) }); err != nil {
			return err
		}
	}
}

// subscribeAtOnce is how many subscriptions an attacker asks for before it looks at the answers.
const subscribeAtOnce = 500

// attackSubscriptions subscribes to all queues and stays.
func attackSubscriptions(ctx context.Context, a *attackers, i int) error {
	c, _, err := a.dial(ctx, i, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	for rest := a.queues[i]; len(rest) > 0 && c.Err() == nil && ctx.Err() == nil; {
		n := min(len(rest), subscribeAtOnce)
		for _, err := range c.SubscribeAll(ctx, rest[:n]) {
			a.attempts.Add(1)
			if err == nil {
				a.succeeded.Add(1)
			} else if ctx.Err() == nil {
				a.fail(err)
			}
		}
		rest = rest[n:]
	}
	select {
	case <-c.Done():
	case <-ctx.Done():
	}
	return c.Err()
}

// attackSlowReaders subscribe to full queues and read nothing but a few bytes.
func attackSlowReaders(ctx context.Context, a *attackers, i int) error {
	c, raw, err := a.dial(ctx, i, func(client.Event) { <-ctx.Done() })
	if err != nil {
		return err
	}
	defer c.Close()
	_ = raw.(*net.TCPConn).SetReadBuffer(4096)
	a.attempts.Add(int64(len(a.queues[i])))
	go c.SubscribeAll(ctx, a.queues[i]) // is stuck behind the first message that nobody reads
	select {
	case <-c.Done():
		return errClosedByRouter
	case <-ctx.Done():
		return nil
	}
}

// deadHosts is how many destinations there are of each kind, and deadWindow how many of them a client asks for at a time:
// as many as a router of default settings lets it.
const (
	deadHosts  = 1000
	deadWindow = 32
)

// attackDeadRelays asks the router to forward to destinations where nothing listens, and to others where nothing is said.
func attackDeadRelays(ctx context.Context, a *attackers, i int) error {
	c, _, err := a.dial(ctx, i, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	f := a.flight(deadWindow)
	for {
		if err := f.next(ctx, c); err != nil {
			return err
		}
		address := a.dead(rand.IntN(2*deadHosts), byte(rand.IntN(256)))
		if err := c.DoDialRelay(address, "", func(_ *client.Relay, err error) { f.landed(ctx, err) }); err != nil {
			return err
		}
	}
}

// dead is the nth dead destination; each has more than one identity, and is another relay with each.
func (a *attackers) dead(n int, identity byte) smp.ServerAddress {
	port := "1"
	if n >= deadHosts {
		port = a.silent
		n -= deadHosts
	}
	host := net.IPv4(127, 66, byte(n>>8), byte(1+n&0xFF)).String()
	address := smp.ServerAddress{Scheme: smp.SchemeSMP, Hosts: []string{host}, Port: port}
	address.KeyHash[0] = identity
	return address
}
