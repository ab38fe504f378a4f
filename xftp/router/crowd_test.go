package router

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"switchyard/internal/clockstep"
	"switchyard/server/listen"
	"switchyard/xftp"
	"switchyard/xftp/client"
)

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

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// until waits until cond is true.
func until(t testing.TB, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	patience := time.After(time.Minute)
	for !cond() {
		select {
		case <-tick.C:
		case <-patience:
			t.Fatal("in vain: ", what)
		}
	}
}

func (f *fixture) tcp() net.Conn {
	f.t.Helper()
	c, err := net.Dial("tcp", f.Addrs()[0].String())
	check(f.t, err)
	f.t.Cleanup(func() { c.Close() })
	return c
}

func (f *fixture) closed(cause listen.Cause) int64 { return f.cfg.Gate.Stats().Closed[string(cause)] }

// gate sets limits of connections.
func gate(l listen.Limits) func(*Config) {
	return func(c *Config) { c.Gate = NewGate(l, nil) }
}

// There are no more connections than may be, in all and of one source; when one ends, another is taken.
func TestBoundOfConnections(t *testing.T) {
	for cause, limits := range map[listen.Cause]listen.Limits{
		listen.CauseFull: {MaxConnections: 2}, listen.CauseSource: {SourceConnections: 2},
	} {
		f := newFixture(t, options{memory: true, config: gate(limits)})
		first, second := f.dial(), f.dial()
		if n, err := f.tcp().Read(make([]byte, 1)); n != 0 || err == nil {
			t.Fatal("the third connection is not closed")
		}
		check(t, second.Ping(ctx))
		first.Close()
		until(t, "a connection ends", func() bool { return f.cfg.Gate.Open() == 1 })
		check(t, f.dial().Ping(ctx))
		if n := f.closed(cause); n != 1 || f.closed(listen.CausePeer) != 1 {
			t.Errorf("%s: %v", cause, f.cfg.Gate.Stats())
		}
	}
}

// In a crowd the connections that ask for nothing make room, and those that do stay.
func TestIdleMakeRoomInACrowd(t *testing.T) {
	f := newFixture(t, options{memory: true, config: gate(listen.Limits{MaxConnections: 8}), prepare: func(r *Router) {
		r.crowd.every, r.crowd.idle = time.Millisecond, 100*time.Millisecond
	}})
	busy := f.dial()
	working := make(chan error, 1)
	quit := make(chan struct{})
	go func() {
		for {
			select {
			case <-quit:
				working <- nil
				return
			default:
			}
			if err := busy.Ping(ctx); err != nil {
				working <- err
				return
			}
		}
	}()
	for range 20 { // while six are there nobody has to go
		until(t, "there is room", func() bool { return f.cfg.Gate.Open() < 8 })
		f.dial()
	}
	close(quit)
	check(t, <-working)
	if n := f.closed(listen.CauseIdle); n < 12 {
		t.Errorf("%d made room", n)
	}
}

// Handshakes that do not go on are ended soon when there are many.
func TestHandshakesInACrowd(t *testing.T) {
	f := newFixture(t, options{memory: true, prepare: func(r *Router) {
		r.crowd.every, r.crowd.handshake, r.crowd.atEase = time.Millisecond, 0, 10
	}})
	c := f.dial()
	for range 10 {
		f.tcp()
	}
	until(t, "all are here", func() bool { return f.handshakes.Load() == 10 })
	if n := f.closed(listen.CauseSlow); n != 0 {
		t.Errorf("%d handshakes are ended while there are few", n)
	}
	f.tcp()
	until(t, "those that were here are gone", func() bool { return f.closed(listen.CauseSlow) >= 10 })
	check(t, c.Ping(ctx))
}

// A handshake that takes too long, or is none, has its cause.
func TestCausesOfHandshakes(t *testing.T) {
	f := newFixture(t, options{memory: true, config: func(c *Config) { c.TLSTimeout = 20 * time.Millisecond }})
	f.tcp()
	until(t, "silence ends", func() bool { return f.closed(listen.CauseTLSTimeout) == 1 })
	f = newFixture(t, options{memory: true})
	if _, err := f.tcp().Write([]byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	until(t, "what is no TLS ends", func() bool { return f.closed(listen.CauseTLS) == 1 })
	f.tcp().Close()
	until(t, "who goes is gone", func() bool { return f.closed(listen.CausePeer) == 1 })
}

// When as many files are open for requests as may be, a client is told to come again, and the others notice nothing.
func TestBoundOfFiles(t *testing.T) {
	cert := webCertificate(t)
	f := newFixture(t, options{config: func(c *Config) {
		c.Gate = listen.NewGate(listen.Config{Files: 100, Requests: 1})
		c.Web, c.Pages = cert, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("page")) })
	}})
	c := f.dial()
	p := f.stored(c, xftp.Size64K, 1)
	next := f.create(c, xftp.Size64K, 1)
	slow := &stuck{head: p.body[:100], released: make(chan struct{})}
	uploaded := make(chan error, 1)
	half := f.create(c, xftp.Size64K, 1)
	go func() { uploaded <- f.dial().Upload(ctx, half.sender, half.id, slow, xftp.Size64K) }()
	until(t, "an upload is under way", func() bool { _, uploads := f.onDisk(); return uploads == 1 })
	wants(t, "download", p.download(f.dial(), 0), xftp.ErrTimeout)
	wants(t, "upload", next.upload(f.dial()), xftp.ErrTimeout)
	if r, _ := f.dialWeb("h2").do(http.MethodGet, nil); r.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("page: status %d", r.StatusCode)
	}
	close(slow.released)
	if err := <-uploaded; err == nil {
		t.Error("half a packet is stored")
	}
	check(t, p.download(c, 0))
	check(t, next.upload(c))
	if r, page := f.dialWeb("h2").do(http.MethodGet, nil); r.StatusCode != http.StatusOK || string(page) != "page" {
		t.Errorf("page: status %d", r.StatusCode)
	}
	check(t, p.download(c, 0))
	if n := f.cfg.Gate.Stats().Refused[string(listen.RefusedFiles)]; n != 3 {
		t.Errorf("%d refused", n)
	}
}

// Commands that come too fast wait, and those of other connections do not.
func TestCommandsTooFast(t *testing.T) {
	f := newFixture(t, options{memory: true, config: func(c *Config) { c.CommandsPerSecond = 1 }})
	fast, other := f.dial(), f.dial()
	waited, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		for {
			if err := fast.Ping(waited); err != nil {
				ended <- err
				return
			}
		}
	}()
	until(t, "a command waits", func() bool { return f.cfg.Gate.Stats().Refused[string(listen.RefusedCommands)] > 0 })
	check(t, other.Ping(ctx))
	cancel()
	if err := <-ended; err == nil {
		t.Error("no command waits")
	}
}

// A connection is idle when nothing moves on it, whatever is done to the system's clock.
func TestIdleWhenTheClockIsSet(t *testing.T) {
	var mu sync.Mutex
	set := time.Duration(0)
	jump := func(by time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		set += by
	}
	f := newFixture(t, options{memory: true, config: func(c *Config) {
		c.InactiveTTL, c.InactiveCheck = time.Hour, time.Millisecond
		c.Now = func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return clockstep.Set(time.Now(), set)
		}
	}})
	c := f.dial()
	looked := func() {
		t.Helper()
		f.leaveLate(f.cfg.Now(), f.cfg.InactiveTTL, false, false)
		check(t, c.Ping(ctx))
	}
	looked()
	jump(48 * time.Hour)
	looked()
	jump(-96 * time.Hour)
	looked()
	if n := f.closed(listen.CauseIdle); n != 0 {
		t.Error("the clock closes connections")
	}
	f.leaveLate(f.cfg.Now().Add(time.Hour+time.Minute), f.cfg.InactiveTTL, false, false)
	until(t, "the connection is closed", func() bool { return f.closed(listen.CauseIdle) == 1 })
}

// Without files for connections the router goes on with those that are there, and its log has one line.
func TestLimitOfOpenFiles(t *testing.T) {
	log := new(syncBuffer)
	f := newFixture(t, options{config: func(c *Config) { c.Log = slog.New(slog.NewTextHandler(log, nil)) }})
	c := f.dial()
	p := f.create(c, xftp.Size64K, 1)
	release := exhaustFiles(t, f.Addrs()[0])
	until(t, "connections cannot be accepted", func() bool { return f.cfg.Gate.Stats().Failed > 20 })
	check(t, c.Ping(ctx))
	release()
	check(t, p.upload(c))
	later, err := client.Dial(ctx, client.Config{Address: f.address})
	check(t, err)
	later.Close()
	if n := strings.Count(log.String(), "\n"); n != 1 || !strings.Contains(log.String(), "too many open files") {
		t.Errorf("%d lines: %s", n, log)
	}
}
