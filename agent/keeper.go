package agent

import (
	"context"
	"time"
)

// KeeperConfig says how a Keeper connects.
type KeeperConfig struct {
	Config                 // OnEvent is required; it also gets EventUp and EventDown
	MinDelay time.Duration // before the second attempt; zero means a second
	MaxDelay time.Duration // limit of the delay, which doubles; zero means ten seconds
}

// Keeper keeps a client connected: when the connection ends it dials again, with growing, jittered delays, and subscribes its
// queues in batches. A queue that cannot be subscribed is an EventError with its Entity and the error.
type Keeper struct{}

// NewKeeper starts to connect.
func NewKeeper(config KeeperConfig) *Keeper { panic("agent: being built") }

// Add adds queues to those that are subscribed after each connect; it does not subscribe them now.
func (k *Keeper) Add(queues ...*RcvQueue) { panic("agent: being built") }

// Remove takes queues out again; it does not end their subscription.
func (k *Keeper) Remove(queues ...*RcvQueue) { panic("agent: being built") }

// Client is the connected client, whose queues are subscribed; nil while there is none.
func (k *Keeper) Client() *Client { panic("agent: being built") }

// Wait waits for Client to be there.
func (k *Keeper) Wait(ctx context.Context) (*Client, error) { panic("agent: being built") }

// Close closes the connection and ends redialing. It waits until both are done, so OnEvent must not call it.
func (k *Keeper) Close() { panic("agent: being built") }
