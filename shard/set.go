package shard

import (
	"time"

	"switchyard/smp"
)

// Config is what an operator can set about queues. The zero value of a limit means what its comment says.
type Config struct {
	Shards       int           // goroutines that own queues; 0: one a core
	PartitionKey [16]byte      // secret of the router; must stay the same as long as the store lives
	Quota        int           // messages a queue holds before ERR QUOTA; 0: 128
	MessageTTL   time.Duration // age at which messages are deleted; 0: never
	ExpireEvery  time.Duration // interval of the deletion; 0: 2 h
	ExpireOnSend bool          // also look at the head of the queue at each SEND
	NewQueues    bool          // NEW is allowed
	BasicAuth    string        // password for NEW; empty: none is asked
	QueueCache   int           // queues kept in memory that have no subscriber, in all shards together; 0: 200,000
	Clock        Clock         // nil: time.Now
}

// Set is all shards of a router.
type Set struct{}

// New starts the shards on a store.
func New(cfg Config, store Store) *Set { panic("not written") }

// Len is the number of shards.
func (s *Set) Len() int { return 0 }

// Route names the shard for a command: the one of the entity's partition, or any for NEW.
func (s *Set) Route(tag smp.CommandTag, entityID []byte) int { return 0 }

// NewBatch takes an empty batch from the pool; the shard that gets it returns it.
func NewBatch(kind BatchKind, c *Client) *Batch { return nil }

// Put hands a batch to a shard, from any goroutine. False means that its ring is full: the caller serves its own
// inbox and tries again. BatchClosed of a client is the last batch that mentions it.
func (s *Set) Put(shard int, b *Batch) bool { return false }

// Close answers what is in the rings, waits for the commits and stops. No Put may follow.
func (s *Set) Close() error { return nil }
