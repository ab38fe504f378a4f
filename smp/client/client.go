package client

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/smp"
)

// Client is one session with a router. All its methods may be called by several goroutines at a time.
type Client struct {
	// Immutable after Dial.
	config    Config
	sessionID []byte
	agreement // but send is the writer's, receive the reader's
	stream    *stream
	events    chan Event    // nil when config.OnEvent takes events
	closing   chan struct{} // closed when failed is set
	done      chan struct{}
	write     func() // writeBlocks, bound once: starting the writer allocates nothing

	begun        time.Time    // immutable after start
	lastReceived atomic.Int64 // nanoseconds from then to the last block
	pings        atomic.Int32 // sent in sequence without any block received
	failed       atomic.Pointer[failure]

	mu      sync.Mutex
	pending pendingTable
	outbox  outbox
	timers  timers

	// running counts the writer and the runs of expire. None begins once failed is set and mu has been free, and the
	// reader waits for them in the end.
	running sync.WaitGroup
}

// failure is why the client ends; a pointer type for the first of several to win.
type failure struct{ err error }

func newClient(config *Config, s *stream) *Client {
	c := &Client{config: *config, stream: s, closing: make(chan struct{}), done: make(chan struct{})}
	c.write = c.writeBlocks
	if config.OnEvent == nil {
		c.events = make(chan Event, orDefault(config.EventBuffer, DefaultEventBuffer))
	}
	return c
}

// start sets the client going. The handshakes are done.
func (c *Client) start() {
	c.begun = time.Now()
	c.startTimers()
	go c.read()
}

// Close closes the connection. Commands that wait fail with ErrClosed. It does not wait for the reader; see Done.
func (c *Client) Close() { c.fail(ErrClosed) }

// fail ends the client for the first reason given. The reader does the rest.
func (c *Client) fail(err error) {
	if c.failed.CompareAndSwap(nil, &failure{err}) {
		close(c.closing)
		c.stream.close()
	}
}

// disconnected is the reason for ending when the connection failed with err.
func disconnected(err error) error { return fmt.Errorf("%w: %w", ErrDisconnected, err) }

// Done is closed when the connection has ended, all callbacks have run and the last event is delivered.
func (c *Client) Done() <-chan struct{} { return c.done }

// Err is why the client ended; nil while it works.
func (c *Client) Err() error {
	if f := c.failed.Load(); f != nil {
		return f.err
	}
	return nil
}

// Version is the agreed version.
func (c *Client) Version() smp.Version { return c.version }

// SessionID is the TLS session identifier.
func (c *Client) SessionID() []byte { return c.sessionID }

// Encrypted tells whether blocks are encrypted.
func (c *Client) Encrypted() bool { return c.encrypted }

// Waiting is the number of commands that wait for a response.
func (c *Client) Waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.pending.waiting)
}

// Events is the stream of events, closed after the client has ended; nil when Config.OnEvent takes them. Whoever
// reads it must not wait for responses of this client in between: when the channel is full, the reader stands
// still, and with it the responses. Use Do to acknowledge.
func (c *Client) Events() <-chan Event { return c.events }

// LastReceived is when the last block came from the router.
func (c *Client) LastReceived() time.Time { return c.begun.Add(time.Duration(c.lastReceived.Load())) }

// received notes that a block has come.
func (c *Client) received() { c.lastReceived.Store(int64(time.Since(c.begun))) }
