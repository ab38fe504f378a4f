package engine_test

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"switchyard/engine"
	"switchyard/engine/relay"
	"switchyard/server/listen"
	"switchyard/smp"
	"switchyard/smp/client"
)

// Short forms of what `loadtest abuse` does at length: each attacker meets a named limit, and others go on.

// refusedFor waits until the router counts a refusal.
func (r *testRouter) refusedFor(t testing.TB, name string) {
	t.Helper()
	until(t, "a refusal is counted for "+name, func() bool { return r.Stats().Refused[name] > 0 })
}

// from connects from an address of the loopback interface.
func from(address string) func(*client.Config) {
	return func(c *client.Config) { c.LocalAddr = netip.MustParseAddr(address) }
}

// limits sets those of a router.
func limits(l engine.Limits) func(*engine.Config) {
	return func(c *engine.Config) { c.Limits = l }
}

// isLimit tells whether an error is what a limit answers.
func isLimit(err error) bool {
	var e smp.Error
	return errors.As(err, &e) && e == smp.ErrStore("limit")
}

func TestConnectionsOfOneSource(t *testing.T) {
	r := startRouter(t, limits(engine.Limits{Limits: listen.Limits{SourceConnections: 2}}))
	first, second := r.dial(t), r.dial(t)
	if n, err := r.tcp(t).Read(make([]byte, 1)); n != 0 || err == nil {
		t.Fatal("the third connection is not closed")
	}
	r.closedFor(t, engine.CauseSource)
	exchange(t, first, r.dial(t, from("127.0.0.2")), 1)
	first.Close()
	until(t, "a connection ends", func() bool { return r.Stats().Open == 2 })
	exchange(t, r.dial(t), second, 1)
}

func TestUnlimitedSources(t *testing.T) {
	r := startRouter(t, limits(engine.Limits{
		Limits:       listen.Limits{SourceConnections: 1, UnlimitedByAddress: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/31")}},
		SourceQueues: 1,
	}))
	one, two := r.dial(t), r.dial(t)
	exchange(t, one, two, 1)
	exchange(t, two, one, 1)
}

// A client that creates queues without end is refused, as are the next connections of its address; others create theirs.
func TestQueuesWithoutEnd(t *testing.T) {
	r := startRouter(t, limits(engine.Limits{SourceQueues: 20, Queues: 30}))
	attacker := r.dial(t)
	create := func(c *client.Client) error {
		_, err := c.NewQueue(testContext(t), client.QueueParams{})
		return err
	}
	for i := range 20 {
		if err := create(attacker); err != nil {
			t.Fatalf("queue %d: %v", i, err)
		}
	}
	for _, c := range []*client.Client{attacker, r.dial(t)} {
		if err := create(c); !isLimit(err) {
			t.Fatal("queue 21 of one source: ", err)
		}
	}
	r.refusedFor(t, string(engine.RefusedSourceQueues))
	other := r.dial(t, from("127.0.0.2"))
	for range 10 {
		exchange(t, other, attacker, 1)
	}
	if err := create(other); !isLimit(err) {
		t.Fatal("queue 31: ", err)
	}
	r.refusedFor(t, string(engine.RefusedQueues))
}

func TestServicesWithoutEnd(t *testing.T) {
	r := startRouter(t, limits(engine.Limits{Services: 1}))
	known := credentials(t, smp.RoleMessaging)
	r.dialService(t, known)
	cfg := client.Defaults(r.address)
	cfg.Service = credentials(t, smp.RoleMessaging)
	if _, err := client.Dial(testContext(t), cfg); !errors.Is(err, smp.TransportBadService) {
		t.Fatal("the second service: ", err)
	}
	r.refusedFor(t, string(engine.RefusedServices))
	r.dialService(t, known)
}

func TestSubscriptionsOfOneConnection(t *testing.T) {
	r := startRouter(t, limits(engine.Limits{Subscriptions: 3}))
	maker, reader := r.dial(t), r.dial(t)
	var queues []*client.RcvQueue
	for range 4 {
		q, err := maker.NewQueue(testContext(t), client.QueueParams{})
		if err != nil {
			t.Fatal(err)
		}
		queues = append(queues, q)
	}
	for i, q := range queues {
		if err := reader.Subscribe(testContext(t), q); isLimit(err) != (i == 3) || i < 3 && err != nil {
			t.Fatalf("subscription %d: %v", i, err)
		}
	}
	r.refusedFor(t, string(engine.RefusedSubscriptions))
	if err := maker.Subscribe(testContext(t), queues[3]); err != nil {
		t.Error("another connection: ", err)
	}
}

// The limit of subscriptions has no other door: NEW that subscribes and GET count as well, but not GET of the same queue again.
func TestSubscriptionsByNewAndGet(t *testing.T) {
	r := startRouter(t, limits(engine.Limits{Subscriptions: 3}))
	ctx := testContext(t)
	maker, c := r.dial(t), r.dial(t)
	var queues []*client.RcvQueue
	for range 3 {
		q, err := maker.NewQueue(ctx, client.QueueParams{})
		if err != nil {
			t.Fatal(err)
		}
		queues = append(queues, q)
	}
	if _, err := c.NewQueue(ctx, client.QueueParams{Subscribe: true}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for i, q := range queues {
			if _, err := c.Get(ctx, q); isLimit(err) != (i == 2) || i < 2 && err != nil {
				t.Errorf("GET %d: %v", i, err)
			}
		}
	}
	if _, err := c.NewQueue(ctx, client.QueueParams{Subscribe: true}); !isLimit(err) {
		t.Error("NEW that subscribes:", err)
	}
	if err := c.Subscribe(ctx, queues[2]); !isLimit(err) {
		t.Error("SUB:", err)
	}
	if _, err := c.NewQueue(ctx, client.QueueParams{}); err != nil {
		t.Error("NEW that does not subscribe:", err)
	}
	if n := r.Stats().Refused[string(engine.RefusedSubscriptions)]; n != 4 {
		t.Errorf("%d are counted", n)
	}
}

// Blocks that cannot be read count as commands.
func TestBadBlocksTooFast(t *testing.T) {
	r := startRouter(t, limits(engine.Limits{CommandsPerSecond: 1}))
	for name, block := range map[string][]byte{"no padding": bytes.Repeat([]byte{0xff}, smp.BlockSize), "no batch": make([]byte, smp.BlockSize)} {
		before := r.Stats().Refused[string(engine.RefusedCommands)]
		c := r.rawDial(t, 19)
		for range 12 {
			if _, err := c.conn.Write(block); err != nil {
				t.Fatal(err)
			}
		}
		until(t, "a refusal of blocks with "+name, func() bool { return r.Stats().Refused[string(engine.RefusedCommands)] > before })
	}
}

// pings is a block of as many commands as fit.
func (c *rawClient) pings() []byte {
	return smp.AppendBatch(nil, slices.Repeat([][]byte{c.transmission(nil, "p", "", "PING")}, smp.MaxBatch)...)
}

// A client that sends faster than it may waits and is answered.
func TestTooFast(t *testing.T) {
	const perSecond = 1000
	r := startRouter(t, limits(engine.Limits{CommandsPerSecond: perSecond}))
	c := r.rawDial(t, 19)
	block := c.pings()
	const blocks = 10*perSecond/smp.MaxBatch + 2
	for range blocks {
		c.send(block)
	}
	if n := len(c.responses(blocks * smp.MaxBatch)); n != blocks*smp.MaxBatch {
		t.Fatalf("%d responses", n)
	}
	r.refusedFor(t, string(engine.RefusedCommands))
	exchange(t, r.dial(t), r.dial(t), 1)
}

// Where sockets cannot be told to wait, a client that does not care is closed before it has filled the memory.
func TestFlood(t *testing.T) {
	r := startRouterWith(t, (*engine.Router).NeverPause, limits(engine.Limits{CommandsPerSecond: 1}))
	if n := <-r.rawDial(t, 19).pour(1 << 12); n == 1<<12 {
		t.Fatal("64 MiB are taken of a client that may send a command a second")
	}
	r.closedFor(t, engine.CauseCommands)
	exchange(t, r.dial(t, from("127.0.0.2")), r.dial(t, from("127.0.0.2")), 1)
}

// A block that is begun has to be finished; one that takes its time, but not too much, is.
func TestSlowBlock(t *testing.T) {
	r := startRouterWith(t, func(r *engine.Router) { r.LimitHalfRead(1<<20, time.Millisecond) })
	idle, slow := r.rawDial(t, 19), r.rawDial(t, 19)
	for _, c := range []*rawClient{idle, slow} {
		c.ask(c.transmission(nil, "p", "", "PING"))
	}
	if _, err := slow.conn.Write(make([]byte, 100)); err != nil { // of a block, in a record
		t.Fatal(err)
	}
	r.closedFor(t, engine.CauseSlow)
	record := r.rawDial(t, 19)
	if _, err := record.socket.Write([]byte{0x17, 3, 3, 0x40, 0}); err != nil { // of a record
		t.Fatal(err)
	}
	until(t, "both are closed", func() bool { return r.Stats().Closed[string(engine.CauseSlow)] == 2 })
	idle.ask(idle.transmission(nil, "p", "", "PING"))
}

// When half read input takes much memory, handshakes have to be quick.
func TestManyHalfHandshakes(t *testing.T) {
	r := startRouterWith(t, func(r *engine.Router) { r.LimitHalfRead(1000, time.Millisecond) })
	honest := r.dial(t)
	var slow []net.Conn
	for range 20 {
		c := r.tcp(t)
		if _, err := c.Write(append([]byte{0x16, 3, 1, 0x40, 0}, make([]byte, 8000)...)); err != nil {
			t.Fatal(err)
		}
		slow = append(slow, c)
	}
	for _, c := range slow {
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Fatal("the router says something")
		}
	}
	r.closedFor(t, engine.CauseSlow)
	exchange(t, honest, honest, 1)
}

// Connections that come in a burst and are reset at once leave nothing behind.
func TestBurstOfResetConnections(t *testing.T) {
	r := startRouter(t, limits(engine.Limits{Limits: listen.Limits{SourceConnections: 1000}}))
	honest := r.dial(t)
	const burst = 500
	for i := range burst {
		c := r.tcp(t).(*net.TCPConn)
		if i%2 == 0 {
			_, _ = c.Write([]byte{0x16, 3, 1})
		}
		if err := c.SetLinger(0); err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
	until(t, "all are gone", func() bool { s := r.Stats(); return s.Accepted+s.Failed > burst && s.Open == 1 })
	exchange(t, honest, honest, 1)
}

// One that sends to one queue as fast as it can meets the quota of the queue, and others go on.
func TestFloodOfOneQueue(t *testing.T) {
	r := startRouter(t)
	c := r.rawDial(t, 19)
	q := c.newQueue("n", smp.NewParams{Mode: smp.ModeContact})
	send := smp.AppendBatch(nil, c.transmission(nil, "s", string(q.SenderID), string(smp.AppendSend(nil, false, make([]byte, 15000)))))
	done := make(chan map[string]int)
	const messages = 300
	go func() {
		for range messages {
			c.send(send)
		}
		answers := make(map[string]int)
		for _, a := range c.responses(messages) {
			answers[string(a.Command)]++
		}
		done <- answers
	}()
	one, two := r.dial(t), r.dial(t)
	exchange(t, one, two, 20)
	if got := <-done; got["OK"] != 128 || got["ERR QUOTA"] != messages-128 {
		t.Errorf("answers %v", got)
	}
}

// A client that asks for a thousand dead destinations gets an error for each; a live one is reached meanwhile.
func TestManyDeadDestinations(t *testing.T) {
	proxy, destination := startRouter(t, asProxy), startRouter(t)
	attacker, honest := proxy.dial(t), proxy.dial(t)
	const dead = 1000
	answers := make(chan error, dead)
	go func() {
		for i := range dead {
			a := destination.address
			a.KeyHash[0], a.KeyHash[1] = byte(i), byte(i>>8) // another relay that has not this key
			a.Port = "1"
			_, err := attacker.DialRelay(testContext(t), a, "")
			answers <- err
		}
	}()
	q, err := honest.NewQueue(testContext(t), client.QueueParams{})
	_ = q
	if err != nil {
		t.Fatal(err)
	}
	if _, err := honest.DialRelay(testContext(t), destination.address, ""); err != nil {
		t.Error(err)
	}
	for range dead {
		if <-answers == nil {
			t.Fatal("a dead destination answers")
		}
	}
}

// A proxy may be told to leave its own network alone.
func TestPrivateDestination(t *testing.T) {
	destination := startRouter(t)
	proxy := startRouter(t, func(c *engine.Config) { c.Proxy = &relay.Config{PublicOnly: true} })
	_, err := proxy.dial(t).DialRelay(testContext(t), destination.address, "")
	var e smp.Error
	if !errors.As(err, &e) || e != smp.ErrBrokerHost {
		t.Error(err)
	}
	proxy.refusedFor(t, "relay_private")
}
