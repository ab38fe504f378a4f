package agent

import "context"

// Subscribe subscribes a queue (SUB).
func (c *Client) Subscribe(ctx context.Context, q *RcvQueue) error { panic("agent: being built") }

// SubscribeAll subscribes queues in batches, as many a block as fit (135 with Ed25519 keys). It returns an
// error for each queue, nil where it is subscribed.
func (c *Client) SubscribeAll(ctx context.Context, queues []*RcvQueue) []error {
	panic("agent: being built")
}

// Ack acknowledges a message (ACK) and returns the next one, nil when there is none.
func (c *Client) Ack(ctx context.Context, q *RcvQueue, msgID []byte) (*Message, error) {
	panic("agent: being built")
}

// Get returns the first message of a queue that is not subscribed (GET), nil when there is none.
func (c *Client) Get(ctx context.Context, q *RcvQueue) (*Message, error) { panic("agent: being built") }

// Send sends a message (SEND).
func (c *Client) Send(ctx context.Context, s *SndQueue, notify bool, body []byte) error {
	panic("agent: being built")
}

// Secure sets the sender's key, a SubjectPublicKeyInfo, by the recipient (KEY).
func (c *Client) Secure(ctx context.Context, q *RcvQueue, senderSPKI []byte) error {
	panic("agent: being built")
}

// SecureSender sets the sender's key by the sender (SKEY).
func (c *Client) SecureSender(ctx context.Context, s *SndQueue) error { panic("agent: being built") }

// SetKeys replaces the recipient's keys (RKEY); the queue's own Key stays as it is.
func (c *Client) SetKeys(ctx context.Context, q *RcvQueue, spkis ...[]byte) error {
	panic("agent: being built")
}

// Off suspends a queue for senders (OFF).
func (c *Client) Off(ctx context.Context, q *RcvQueue) error { panic("agent: being built") }

// Delete deletes a queue (DEL).
func (c *Client) Delete(ctx context.Context, q *RcvQueue) error { panic("agent: being built") }

// Info returns the JSON of a queue's state (QUE).
func (c *Client) Info(ctx context.Context, q *RcvQueue) ([]byte, error) { panic("agent: being built") }

// Ping asks for a sign of life (PING).
func (c *Client) Ping(ctx context.Context) error { panic("agent: being built") }
