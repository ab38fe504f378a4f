package relay

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/smp"
)

// network is a network on which nothing answers: each attempt to connect is counted and fails, at once or when it is
// let.
type network struct {
	mu       sync.Mutex
	now      time.Time
	attempts []string      // addresses
	gate     chan struct{} // when not nil, attempts wait for its end, or theirs
	started  chan struct{} // one for each attempt that waits
}

var errNetwork = errors.New("nobody there")

func (n *network) connect(ctx context.Context, address string) (net.Conn, error) {
	n.mu.Lock()
	n.attempts = append(n.attempts, address)
	gate := n.gate
	n.mu.Unlock()
	if gate != nil {
		n.started <- struct{}{}
		select {
		case <-gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return nil, errNetwork
}

func (n *network) clock() time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.now
}

func (n *network) advance(d time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.now = n.now.Add(d)
}

func (n *network) count() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.attempts)
}

// syncBuffer is a log.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) lines() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Split(strings.TrimSpace(b.b.String()), "\n")
}

func testPool(t *testing.T, cfg Config) (*Pool, *network, *syncBuffer) {
	n := &network{now: time.Unix(1_700_000_000, 0), started: make(chan struct{}, 2*maxDials)}
	log := new(syncBuffer)
	cfg.now, cfg.connect = n.clock, n.connect
	cfg.Log = slog.New(slog.NewTextHandler(log, nil))
	p := NewPool(cfg)
	t.Cleanup(p.Close)
	return p, n, log
}

func addressOf(hosts ...string) *smp.ServerAddress {
	return &smp.ServerAddress{Scheme: smp.SchemeSMP, Hosts: hosts, Port: "1"}
}

// connectTo waits for the error of Connect.
func (p *Pool) connectTo(a *smp.ServerAddress) smp.Error {
	got := make(chan smp.Error, 1)
	p.Connect(a, func(_ *smp.PKey, err smp.Error) { got <- err })
	return <-got
}

// TestBackOff: a dead relay is tried again after a second, then two, up to an hour; meanwhile its error is answered
// without an attempt. The log has one line.
func TestBackOff(t *testing.T) {
	p, n, log := testPool(t, Config{})
	a := addressOf("dead.example")
	pause := minRetry
	for attempt := 1; attempt <= 20; attempt++ {
		for range 3 {
			if err := p.connectTo(a); err != smp.ErrBrokerNetwork {
				t.Fatal(err)
			}
		}
		if n.count() != attempt {
			t.Fatalf("%d attempts to connect, want %d", n.count(), attempt)
		}
		n.advance(pause - time.Millisecond)
		if p.connectTo(a); n.count() != attempt {
			t.Fatalf("attempt %d comes before %v are over", attempt+1, pause)
		}
		n.advance(pause/4 + time.Millisecond) // the jitter
		pause = min(2*pause, maxRetry)
	}
	if got := log.lines(); len(got) != 1 || !strings.Contains(got[0], `msg="relay cannot be connected" relay=dead.example:1 error=`) {
		t.Errorf("log: %q", got)
	}
	if s := p.Stats(); s.Down != 1 || s.Sessions != 0 {
		t.Errorf("%+v", s)
	}
}

// TestOneAttempt: clients that ask for a relay while it is connected to wait for the one attempt. Another port,
// fingerprint or list of hosts is another relay.
func TestOneAttempt(t *testing.T) {
	p, n, _ := testPool(t, Config{})
	n.gate = make(chan struct{})
	other := addressOf("a.example")
	other.KeyHash[0] = 1
	addresses := []*smp.ServerAddress{addressOf("a.example"), other, addressOf("a.example", "b.example")}
	var done sync.WaitGroup
	for _, a := range addresses {
		for range 10 {
			done.Add(1)
			p.Connect(a, func(_ *smp.PKey, err smp.Error) {
				if err != smp.ErrBrokerNetwork {
					t.Error(err)
				}
				done.Done()
			})
		}
	}
	for range addresses {
		<-n.started
	}
	close(n.gate)
	done.Wait()
	if n.count() != len(addresses) {
		t.Errorf("%d attempts for %d relays", n.count(), len(addresses))
	}
}

// TestDialLimit: more attempts than may be under way are refused, not remembered as failures; the end of the pool ends
// those that are.
func TestDialLimit(t *testing.T) {
	p, n, _ := testPool(t, Config{})
	n.gate = make(chan struct{})
	results := make(chan smp.Error, maxDials)
	for i := range maxDials {
		p.Connect(addressOf("a.example", string(rune('a'+i))), func(_ *smp.PKey, err smp.Error) { results <- err })
	}
	for range maxDials {
		<-n.started
	}
	if err := p.connectTo(addressOf("late.example")); err != smp.ErrBrokerTimeout {
		t.Error(err)
	}
	if s := p.Stats(); s.Down != 0 || n.count() != maxDials {
		t.Errorf("%+v after %d attempts", s, n.count())
	}
	p.Close()
	for range maxDials {
		if err := <-results; err != smp.ErrBrokerNetwork {
			t.Fatal(err)
		}
	}
	if err := p.connectTo(addressOf("late.example")); err != smp.ErrBrokerNetwork {
		t.Error("closed:", err)
	}
}

// TestRelayLimit: dead relays that are remembered make room for new ones, the first whose time is over of a sample.
func TestRelayLimit(t *testing.T) {
	p, n, _ := testPool(t, Config{})
	p.mu.Lock()
	for i := range maxRelays {
		key := string(rune(i)) + "x"
		p.relays[key] = &relay{key: key, state: down, retry: n.now.Add(time.Duration(i))}
	}
	p.mu.Unlock()
	for range 3 {
		if err := p.connectTo(addressOf("new.example")); err != smp.ErrBrokerNetwork {
			t.Fatal(err)
		}
		n.advance(maxRetry)
	}
	if len(p.relays) != maxRelays {
		t.Errorf("%d relays are remembered", len(p.relays))
	}
	p.mu.Lock()
	for _, r := range p.relays {
		r.state = connecting
	}
	p.mu.Unlock()
	if err := p.connectTo(addressOf("newer.example")); err != smp.ErrBrokerTimeout {
		t.Error("nothing can be forgotten:", err)
	}
}

// TestHosts: which host of an address is connected to.
func TestHosts(t *testing.T) {
	const public, second, onion = "a.example", "b.example", "xyz.onion"
	socks := &Socks{Address: "127.0.0.1:9050"}
	for _, c := range []struct {
		cfg   Config
		hosts []string
		want  string // empty: HOST
	}{
		{Config{}, []string{public, onion}, public},
		{Config{}, []string{onion, public, second}, public},
		{Config{}, []string{onion}, ""},
		{Config{}, []string{"XYZ.Onion"}, ""},
		{Config{}, []string{"xyz.onion."}, ""},
		{Config{Socks: socks}, []string{onion}, onion},
		{Config{Socks: socks}, []string{onion, public}, public},
		{Config{Socks: socks, RequiredHost: true}, []string{onion}, ""},
		{Config{Socks: socks, HostMode: HostOnion}, []string{public, onion}, onion},
		{Config{Socks: socks, HostMode: HostOnion}, []string{public}, public},
		{Config{Socks: socks, HostMode: HostOnion, RequiredHost: true}, []string{public}, ""},
		{Config{HostMode: HostOnion}, []string{onion, public}, public},
		{Config{HostMode: HostOnion, RequiredHost: true}, []string{public}, public},
		{Config{RequiredHost: true}, []string{public}, public},
	} {
		got, err := c.cfg.host(c.hosts)
		if got != c.want || (err == smp.ErrBrokerHost) != (c.want == "") {
			t.Errorf("%+v %v: %q, %v, want %q", c.cfg, c.hosts, got, err, c.want)
		}
	}
}

// TestOnionNeedsSocks: the name of an onion host goes nowhere without a SOCKS proxy.
func TestOnionNeedsSocks(t *testing.T) {
	p, n, _ := testPool(t, Config{})
	for _, host := range []string{"xyz.onion", "XYZ.ONION", "xyz.onion."} {
		if err := p.connectTo(addressOf(host)); err != smp.ErrBrokerHost {
			t.Errorf("%s: %v", host, err)
		}
	}
	if n.count() != 0 {
		t.Errorf("connections to %q", n.attempts)
	}
}
