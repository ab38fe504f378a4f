package client

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// Defaults of KeeperConfig, those of the reference's server-side clients.
const (
	DefaultMinDelay = time.Second
	DefaultMaxDelay = 10 * time.Second
)

// KeeperConfig says how a Keeper connects.
type KeeperConfig struct {
	// Config is that of the clients. OnEvent is required; it gets EventUp and EventDown, too, on another
	// goroutine than the reader's, and not EventClosed.
	Config
	MinDelay time.Duration // before the second attempt; zero means DefaultMinDelay
	MaxDelay time.Duration // limit of the delay, which doubles; zero means DefaultMaxDelay
}

// Keeper keeps a client connected: when the connection ends it dials again, with growing, jittered delays, and
// subscribes its queues in batches. A queue that cannot be subscribed is an EventError with its Entity and the error.
type Keeper struct {
	config  KeeperConfig
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	stopped chan struct{} // closed when run has returned

	mu      sync.Mutex
	queues  map[string]*RcvQueue // by recipient ID
	client  *Client
	changed chan struct{} // closed, and replaced, when client changes
}

// NewKeeper starts to connect. The queues are subscribed after each connect.
func NewKeeper(config KeeperConfig, queues ...*RcvQueue) *Keeper {
	k := &Keeper{
		config:  config,
		stopped: make(chan struct{}),
		queues:  make(map[string]*RcvQueue),
		changed: make(chan struct{}),
	}
	k.ctx, k.cancel = context.WithCancel(context.Background())
	k.config.OnEvent = func(e Event) {
		if e.Kind != EventClosed { // run says EventDown instead
			config.OnEvent(e)
		}
	}
	k.Add(queues...)
	go k.run()
	return k
}

// Add adds queues to those that are subscribed after each connect; it does not subscribe them now.
func (k *Keeper) Add(queues ...*RcvQueue) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, q := range queues {
		k.queues[string(q.ID)] = q
	}
}

// Remove takes queues out again; it does not end their subscription.
func (k *Keeper) Remove(queues ...*RcvQueue) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, q := range queues {
		delete(k.queues, string(q.ID))
	}
}

// Client is the connected client, whose queues are subscribed; nil while there is none.
func (k *Keeper) Client() *Client {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.client
}

// Wait waits for Client to be there. The error is that of ctx, or ErrClosed.
func (k *Keeper) Wait(ctx context.Context) (*Client, error) {
	for {
		k.mu.Lock()
		c, changed := k.client, k.changed
		k.mu.Unlock()
		if c != nil {
			return c, nil
		}
		select {
		case <-changed:
		case <-k.ctx.Done():
			return nil, ErrClosed
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// Close closes the connection and ends redialing. It waits until both are done, so OnEvent must not call it.
func (k *Keeper) Close() {
	k.cancel()
	<-k.stopped
}

// run is the keeper's goroutine.
func (k *Keeper) run() {
	defer close(k.stopped)
	delays := backoff{
		least: orDefault(k.config.MinDelay, DefaultMinDelay),
		most:  orDefault(k.config.MaxDelay, DefaultMaxDelay),
	}
	for {
		began := time.Now()
		c, err := k.connect()
		k.config.OnEvent(Event{Client: c, Kind: EventDown, Err: err})
		if c != nil && time.Since(began) > delays.most {
			delays.attempt = 0
		}
		wait := time.NewTimer(delays.next())
		select {
		case <-wait.C:
		case <-k.ctx.Done():
			wait.Stop()
			return
		}
	}
}

// connect dials, subscribes, and waits for the end of the connection, whose reason is the error.
func (k *Keeper) connect() (*Client, error) {
	c, err := Dial(k.ctx, k.config.Config)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(k.ctx, c.Close)
	defer stop()
	k.subscribe(c)
	if c.Err() == nil {
		k.publish(c)
		k.config.OnEvent(Event{Client: c, Kind: EventUp})
	}
	<-c.Done()
	k.publish(nil)
	return c, c.Err()
}

func (k *Keeper) publish(c *Client) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.client != c {
		k.client = c
		close(k.changed)
		k.changed = make(chan struct{})
	}
}

// subscribe subscribes the queues of the keeper.
func (k *Keeper) subscribe(c *Client) {
	k.mu.Lock()
	queues := make([]*RcvQueue, 0, len(k.queues))
	for _, q := range k.queues {
		queues = append(queues, q)
	}
	k.mu.Unlock()
	for i, err := range c.SubscribeAll(k.ctx, queues) {
		if err != nil && c.Err() == nil {
			k.config.OnEvent(Event{Client: c, Kind: EventError, Entity: queues[i].ID, Err: err})
		}
	}
}

// backoff makes the delays between attempts: twice as long each time up to a limit, and each a random part of it
// between half and whole, so that the clients of a router that was away do not come back all at once.
type backoff struct {
	least, most time.Duration
	attempt     int
}

func (b *backoff) next() time.Duration {
	d := b.least
	for range b.attempt {
		if d *= 2; d >= b.most {
			break
		}
	}
	b.attempt++
	d = min(d, b.most)
	return d/2 + rand.N(d/2+1)
}
