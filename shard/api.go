package shard

import (
	"sync"
	"sync/atomic"
	"time"

	"switchyard/shard/credit"
	"switchyard/smp"
)

// Limits of the way between loops and shards.
const (
	// DrainLimit is how many commands one drain takes from the ring before it commits.
	DrainLimit = 256
	// RingSize is the capacity of a shard's ring, in batches. A batch is at most one block of one connection, so a
	// full ring holds 4 MiB of blocks: some 15 ms of work, which bounds what a flood adds to others' latency.
	RingSize = 256
	// DeliveryWindow is how many messages may be on their way to one connection.
	DeliveryWindow = credit.Limit
)

// Client is one connection as the shards see it. The engine makes it when the SMP handshake is done.
type Client struct {
	// Immutable after the handshake.

	Version   smp.Version
	SessionID []byte   // TLS session identifier, 32 or 48 bytes
	SecretKey [32]byte // the router's X25519 key of this session's hello: X25519 authenticators verify against it; see End
	Loop      Loop     // the loop that owns the connection
	Owner     any      // the engine's session; shards never look inside
	Service   *Service // nil outside of service sessions; set by Serve

	// Window is how the flow of messages keeps to what the socket takes. A shard that finds no room in it puts the queue on
	// its ready list; the loop sends a BatchResume to the shards in Shards when there is room again.
	Window credit.Window

	// Subscriptions counts the queues that the connection is subscribed to, in all shards. Shards add and subtract; the
	// loop reads it: a connection without subscriptions is closed when it is idle for long.
	Subscriptions atomic.Int32

	// Notifiers counts those of Subscriptions that are to notifications, but for those of a service.
	Notifiers atomic.Int32

	// Gets counts the queues that the connection has used GET of, in all shards: a connection that does nothing else may be
	// closed when it is idle, but they count as subscriptions for Config.Subscriptions.
	Gets atomic.Int32

	// What the connection has in all shards, which count with them how many connections there are that have some.
	messageSubs atomic.Int32 // subscribed queues, those of Subscriptions to messages
	waiting     atomic.Int32 // messages without an ACK
	serves      atomic.Bool  // queues of its service, as it has asked for them

	// Shards is a bit set of the shards that the loop has given commands of this client to; it sets bits as it routes and sends
	// BatchClosed to them when the connection ends. Owned by the loop; shards look at it behind a BatchClosed, when it is final.
	Shards uint64

	// handed is a bit set of the shards that others have handed commands of the client to. They are told of its end by those.
	handed atomic.Uint64

	closed bool // of a service session: guarded by the service's mu

	uses      atomic.Int32 // batches of the connection, and the connection itself until End
	forgotten atomic.Bool  // SecretKey is overwritten

	// state is the part of each shard: state[i] is touched by the goroutine of shard i alone.
	state []clientState
}

// NewClient makes the shards' view of a connection for a router with n shards.
func NewClient(n int) *Client {
	c := &Client{state: make([]clientState, n)}
	c.uses.Store(1)
	return c
}

// End says that the connection has ended, and that its last batches are made. When the shards have taken those, SecretKey is
// overwritten.
func (c *Client) End() { c.unused() }

// unused ends one of the uses of SecretKey.
func (c *Client) unused() {
	if c.uses.Add(-1) == 0 && c.forgotten.CompareAndSwap(false, true) {
		c.SecretKey = [32]byte{}
	}
}

// Loop takes the replies of a shard to connections that it owns. Engine's event loops implement it, and the
// in-process client of the tests.
type Loop interface {
	// Deliver hands over a group; the loop releases it. It may block while the loop's inbox is full, as loops
	// never wait for shards without emptying their inbox.
	Deliver(*Group)
}

// BatchKind says what a batch asks of the shard. Loops make three kinds, which have names for them; the others come from the
// set, from other shards, or from the shard itself, for its next drain or by a timer:
//
//	kind           made by                     holds              asks for
//	BatchCommands  a loop; another shard       Client, Commands   answers
//	BatchClosed    a loop; another shard       Client             its subscriptions to be dropped, and what is put off of it
//	BatchResume    a loop; the shard           Client             what is ready to be delivered, as there is room again
//	batchExpire    the set; the shard          Block: IDs         messages and notifications to be deleted that are too old
//	batchNotify    the shard, by a timer       -                  notifications to go out that have gathered long enough
//	batchRequest   the set; another shard      request            what the operator wants of a queue
//	batchFanOut    another shard               fanOut             this shard's part of SUBS, NSUBS, or of their end
//	batchWalk      the shard                   Client             the next step of the walk of a service
//	batchProbe     the shard, by a timer       -                  nothing: a drain, which sees whether the store has recovered
//	               the set                     request            the same, and an answer when all before it is stored
//	batchRefusal   another shard               Client, a command  a refusal, as a queue of this shard has the link ID
//	batchChore     the shard                   -                  nothing: a drain, which does a step of what is left to do
//	batchRetry     the shard, by a timer       Client, or none    what could not be read to be read again
type BatchKind uint8

const (
	BatchCommands BatchKind = iota
	BatchClosed
	BatchResume
	batchExpire
	batchNotify
	batchRequest
	batchFanOut
	batchWalk
	batchProbe
	batchRefusal
	batchChore
	batchRetry
)

// Batch is what a loop puts into a shard's ring: the commands of one block that belong to this shard.
type Batch struct {
	Kind     BatchKind
	Client   *Client
	Block    *Buffer // holds what the commands alias; nil without commands. The batch holds one reference
	Commands []Command
	request  *request      // of a batchRequest, and of a batchProbe that the set has made
	fanOut   *fanOut       // of a batchFanOut
	hops     *atomic.Int64 // counts this one among those between shards; nil for others
	put      time.Time     // into the ring; zero when nobody watches
	more     bool          // a part of what came at once, and not the last
	next     *Batch        // in a flow
}

// Command is one parsed transmission. Its slices alias Batch.Block.
type Command struct {
	smp.Transmission
	Tag     smp.CommandTag
	Params  []byte   // parameters, syntax already checked by smp.ParseCommand
	Forward *Forward // nil, or how the command came by way of a proxy
}

// Forward is what the shards know of a command that came inside RFWD: SEND, SKEY, LKEY or LGET. It has one reply, which
// carries it back to the engine to be sealed for the sender.
type Forward struct {
	Version smp.Version // agreed by the sender, of sizes and encodings; not of the range that this router speaks
	Owner   any         // the engine's; shards never look inside
}

// version is that of the command's sender.
func (c *Command) version(client *Client) smp.Version {
	if c.Forward != nil {
		return c.Forward.Version
	}
	return client.Version
}

// Reply is one transmission to a client: Head, then the bytes of Body when there is one.
type Reply struct {
	Client  *Client
	Head    []byte   // aliases the group's arena; empty when a message was taken back, and there is nothing to send
	Body    *Buffer  // nil, or the sealed body of a MSG; the reply holds one reference
	Message bool     // has a place in the client's Window, also when it is taken back
	Answer  bool     // to a command; each has one
	Forward *Forward // that of the command
}

func (r *Reply) version() smp.Version {
	if r.Forward != nil {
		return r.Forward.Version
	}
	return r.Client.Version
}

// Clock is the time as the shards see it; the protocol counts in seconds since 1970.
type Clock func() time.Time

var batches = sync.Pool{New: func() any { return new(Batch) }}

// NewBatch takes an empty batch from the pool; the shard that gets it returns it.
func NewBatch(kind BatchKind, c *Client) *Batch {
	b := batches.Get().(*Batch)
	b.Kind, b.Client = kind, c
	if c != nil {
		c.uses.Add(1)
	}
	return b
}

// Drop gives up a batch that no shard gets.
func (b *Batch) Drop() { b.release() }

// release returns a batch to the pool, with its reference to the block.
func (b *Batch) release() {
	if b.Block != nil {
		b.Block.Release()
	}
	if b.Client != nil {
		b.Client.unused()
	}
	if b.hops != nil {
		b.hops.Add(-1)
	}
	clear(b.Commands)
	*b = Batch{Commands: b.Commands[:0]}
	batches.Put(b)
}

// size is how many commands a batch counts for in a drain.
func (b *Batch) size() int {
	if b.Kind == batchExpire {
		return len(b.Block.Data) / len(smp.ID{})
	}
	return max(1, len(b.Commands))
}
