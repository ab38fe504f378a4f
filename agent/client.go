package agent

import (
	"context"

	"switchyard/smp"
)

// Client is one session with a router. All its methods may be called by several goroutines at a time.
type Client struct{}

// Dial connects to the first host of the address that answers, trying them in order. The errors are *DialError, of the last
// host tried.
func Dial(ctx context.Context, config Config) (*Client, error) { panic("agent: being built") }

// Close closes the connection. Commands that wait fail with ErrClosed. It does not wait for the reader; see Done.
func (c *Client) Close() { panic("agent: being built") }

// Done is closed when the connection has ended, all callbacks have run and the last event is delivered.
func (c *Client) Done() <-chan struct{} { panic("agent: being built") }

// Err is why the client ended; nil while it works.
func (c *Client) Err() error { panic("agent: being built") }

// Version is the agreed version.
func (c *Client) Version() smp.Version { panic("agent: being built") }

// SessionID is the TLS session identifier.
func (c *Client) SessionID() []byte { panic("agent: being built") }

// Encrypted tells whether blocks are encrypted.
func (c *Client) Encrypted() bool { panic("agent: being built") }

// Waiting is the number of commands that wait for a response.
func (c *Client) Waiting() int { panic("agent: being built") }

// Events is the stream of events, closed after the client has ended; nil when Config.OnEvent takes them. Whoever
// reads it must not wait for responses of this client in between: when the channel is full, the reader stands
// still, and with it the responses. Use Do to acknowledge.
func (c *Client) Events() <-chan Event { panic("agent: being built") }
