package shard

import (
	"math/bits"
	"slices"
	"sync/atomic"
	"time"

	"switchyard/box"
	"switchyard/internal/expiry"
	"switchyard/internal/stage"
	"switchyard/shard/foreign"
	"switchyard/shard/linkid"
	"switchyard/shard/partition"
	"switchyard/shard/tally"
	"switchyard/shard/unread"
	"switchyard/smp"
)

// env is all that a core knows of the world beside its input, so that a simulator can drive it.
type env struct {
	index       int // of the shard
	partitions  partition.Map
	store       Store
	random      func([]byte)                 // fills the slice
	resume      func(*Client)                // arranges a BatchResume of the connection after a while
	retry       func(*Client, time.Duration) // arranges a batchRetry
	unread      *unread.Count
	notifyLater func() // arranges a batchNotify
	services    *services
	links       *linkid.Table
	expiry      *expiry.Clock                  // by which it is judged what is too old
	hand        func(shard int, b *Batch) bool // hands a batch to a shard; false when its ring is full
	hops        *atomic.Int64                  // batches between shards that are not executed
	admission   *admission
}

// core is what a shard does, without its goroutine: a state machine that takes drains of commands. It holds no lock
// and starts nothing.
type core struct {
	// Immutable.
	env
	cfg Config // with its defaults filled in

	// The state of the shard.
	cache   cache
	foreign foreign.Table         // IDs that lead to queues of other shards
	own     func(id *smp.ID) bool // tells of a recipient ID that the queue is of this shard; immutable

	// Of the protocol for commits that fail (failure.go).
	lost     []smp.ID // queues that failed drains have seen, to be read again in the next one
	suspects suspects // queues that are to be read again in steps
	epoch    uint64   // of the store, from which the cache is
	doubt    bool     // the store may show what it has not kept
	wentBack bool     // the store has failed, so that messages that were deleted may be there again

	// Work that is done in steps (chore.go).
	leaving   []*Client // have ended, or lost their service, and have subscriptions of before
	notifying []*queue  // have notifications that are to go out
	choreDue  bool      // a batchChore is on its way

	reread []smp.ID // queues of parked subscriptions that could not be read (deliver.go)

	outgoing []parcel // commands for other shards

	hits, misses uint64 // lookups of queues that were in memory, and that were not
	figures      coreFigures
	present      tally.Present // what the shard has
	total        *tally.Shard  // what it and its waiter publish

	ids *partition.IDPool // for new queues

	began time.Time // the first drain

	noted      []*queue // have notifications that wait for the next batchNotify
	notifySoon bool     // which is arranged

	// The drain at hand.
	now      int64 // seconds since 1970
	judgedAt int64 // the same, for what has expired: behind now after a jump of the clock
	steady   int64 // the same, of a clock that nobody sets
	full     bool  // the store takes nothing that makes it larger
	out      *drain
	block    *Buffer // of the batch at hand
	tx       Tx      // nil until something is written
	items    []item
	lookups  []Lookup
	verifier box.Verifier
	fresh    []freshMessage

	freshLinks         []freshLink
	reserved           []string // link IDs
	freshNotifications []freshNotifications
	counts             map[countKey]*count // of services, that the drain changes

	// Scratch memory.
	again  box.Verifier // verifies single commands again
	record recordScratch
	keys   []box.PublicKey
	found  []smp.ID // by a step of a walk
}

// item is a command of the drain on its way through the steps.
type item struct {
	client  *Client
	command *Command // nil for a queue whose messages may have expired
	queue   *queue   // nil when there is none
	lookup  ref      // in lookups, of a queue that was not in memory
	claim   ref      // in the verifier; none when no signature decides
	signed  ref      // in the verifier, to the service's signature; none when there must be none

	elsewhere ref       // the shard that the queue belongs to, when it is another one
	keyGen    keyGen    // of the queue when the claim was made
	err       smp.Error // what is known without the signature
}

// ref is a place in a list of the drain, or none, which is its zero value.
type ref int32

const none ref = 0

// refTo is the ref to a place.
func refTo(place int) ref { return ref(place) + 1 }

// place is where a ref that is not none leads.
func (r ref) place() int { return int(r) - 1 }

// moveTo gives the item another queue than it was claimed for, so that the claim is made again.
func (it *item) moveTo(q *queue) { it.queue, it.keyGen = q, q.keyGen.other() }

// freshMessage is a message that the transaction at hand stores: until the commit it cannot be read from the store.
type freshMessage struct {
	queue  *queue
	header MessageHeader
	body   *Buffer // nil for a quota marker
}

func newCore(cfg Config, e env) *core {
	c := &core{env: e, cfg: cfg, cache: newCache(cfg.QueueCache / cfg.Shards), ids: partition.NewIDPool(), total: new(tally.Shard)}
	c.foreign.Places = 2 << bits.Len(uint(cfg.QueueCache/cfg.Shards))
	c.own = func(id *smp.ID) bool { return c.partitions.Shard(id[:]) == c.index }
	c.verifier.Secrets = box.NewSecretCache(secretCache / cfg.Shards)
	c.again.Secrets = c.verifier.Secrets
	return c
}

// run takes a drain through all steps. When it returns, the drain has the replies and the commit to wait for.
func (c *core) run(now time.Time, d *drain) {
	c.now, c.out, c.full = now.Unix(), d, c.store.Full()
	if c.began.IsZero() {
		c.began = now
	}
	c.judgedAt, c.steady = c.expiry.Now(now).Unix(), c.began.Unix()+int64(now.Sub(c.began)/time.Second)
	c.recover()
	c.gather(d.batches)
	c.load()
	span := c.cfg.Watch.Begin(stage.Verify)
	c.authorize()
	span.End()
	c.cfg.Watch.Drained(len(c.items))
	span = c.cfg.Watch.Begin(stage.Apply)
	c.apply(d.batches)
	c.leaveSome()
	c.notifySome()
	c.evict()
	c.arrangeChores()
	span.End()
	c.commit()
	c.publish(now)
	c.reset()
}

// publish tells what the shard has now.
func (c *core) publish(now time.Time) {
	c.figures.publish(c)
	if c.cfg.Uncounted {
		return
	}
	c.present.LoadedQueues, c.present.LoadedNotifiers = int64(len(c.cache.byRecipient)), int64(len(c.cache.byNotifier))
	c.total.Publish(&c.present, c.steady, now)
}

// secretCache is for how many pairs of session and secured queue the shards together remember the X25519 secret: 100
// bytes each, against 50 µs for every SEND.
const secretCache = 1 << 14

// write returns the transaction of the drain.
func (c *core) write() Tx {
	if c.tx == nil {
		c.tx = c.store.Begin(c.epoch)
	}
	return c.tx
}

// putQueue stores the record of q.
func (c *core) putQueue(q *queue) {
	c.write().PutQueue(c.record.of(q))
	q.dayLate = false
}

// used notes that the queue was used today. This alone is not worth a write: it is stored with the next message or
// change of the queue, or when it leaves memory.
func (c *core) used(q *queue) {
	if day := uint16(c.now / secondsPerDay); q.day != day {
		q.day, q.dayLate = day, true
	}
}

const secondsPerDay = 24 * 60 * 60

// evict takes queues out of memory while there are too many that are not in use.
func (c *core) evict() {
	tries := victimTries
	for q := c.cache.victim(&tries); q != nil; q = c.cache.victim(&tries) {
		c.park(q)
		if q.dayLate && !c.cache.stale(q) {
			c.putQueue(q)
		}
		c.forget(q)
	}
}

// commit ends the transaction of the drain.
func (c *core) commit() {
	c.putCounts()
	if c.tx == nil {
		return
	}
	span := c.cfg.Watch.Begin(stage.Commit)
	if c.out.commit, c.out.err = c.tx.Commit(); c.out.err == nil {
		c.doubt = false
	}
	span.End()
	c.out.committed = c.cfg.Watch.Now()
	c.tx = nil
}

// reset drops what belonged to the drain.
func (c *core) reset() {
	for i := range c.items {
		if q := c.items[i].queue; q != nil {
			c.out.touched = append(c.out.touched, q.recipientID)
		}
	}
	for i := range c.fresh {
		if b := c.fresh[i].body; b != nil {
			b.Release()
		}
	}
	c.dropReserved()
	clear(c.items)
	clear(c.lookups)
	clear(c.fresh)
	clear(c.freshLinks)
	clear(c.freshNotifications)
	c.freshNotifications = c.freshNotifications[:0]
	c.items, c.lookups, c.fresh, c.freshLinks = c.items[:0], c.lookups[:0], c.fresh[:0], c.freshLinks[:0]
	c.verifier.Reset()
	c.again.Reset()
	c.record.forget()
	for i, b := range c.out.batches {
		c.out.batches[i] = nil
		b.release()
	}
	c.out.batches = c.out.batches[:0]
	c.out, c.block = nil, nil
}

// A command whose queue belongs to another shard hops there once: the commands with a link ID that a client has chosen, or
// with an ID of an imported queue, fall into the partition of that ID, and only the store knows whose it is (package foreign
// remembers some). So does one that asks for a link ID which another shard has given away, to be refused there, and one that
// names an ID which another shard is taking away (package linkid). What another shard has no room for stays in outgoing, and is
// tried again before the shard sleeps.
//
// Commands of a connection that name the same ID stay in their order. Those that name an imported queue by different IDs are
// in order when the client waits for its answers.
//
// Hops come by a ring of their own, which a shard always empties: what comes there makes no hop to another shard. From the
// ring of the loops it takes nothing while more than outgoingLimit waits. With one ring for both, two shards whose rings
// are full of what belongs to the other would wait for each other for ever.

// outgoingLimit is how many forwarded commands may wait before the shard takes no more from its ring.
const outgoingLimit = DrainLimit

// When the router stops, shards end together: each answers what loops have asked of it, and then what others hand to it, until
// all have done so and no hop is under way (Set.Close). So no command is without an answer.

// parcel is a batch on its way to another shard, or to the same for its next drain.
type parcel struct {
	shard int
	batch *Batch
}

// hop has a batch reach a shard.
func (c *core) hop(shard int, b *Batch) {
	if shard != c.index {
		b.hops = c.hops
		c.hops.Add(1)
	}
	c.outgoing = append(c.outgoing, parcel{shard, b})
}

// misplaced says to which shard the queue of a lookup belongs, if it is another one.
func (c *core) misplaced(l *Lookup) (shard int, ok bool) {
	switch {
	case l.Other != smp.ID{}:
		shard = c.partitions.Shard(l.Other[:])
	case l.Found != nil:
		shard = c.partitions.Shard(l.Found.Record.RecipientID[:])
	default:
		return 0, false
	}
	return shard, shard != c.index
}

// learn remembers the shard of a sender or notifier ID.
func (c *core) learn(l *Lookup, shard int) {
	if l.Own != nil {
		c.foreign.Learn(c.partitions.Sum(l.ID), (*smp.ID)(l.ID), shard)
	}
}

// handOn sends the command of an item to another shard, in a batch of the kind. The block that it refers to goes along. What
// follows on the connection to the same shard goes in the same batch.
func (c *core) handOn(it *item, kind BatchKind, shard int) {
	if n := len(c.outgoing); n > 0 && kind == BatchCommands {
		last := c.outgoing[n-1]
		if b := last.batch; last.shard == shard && b.Kind == kind && b.Client == it.client && b.Block == c.block {
			b.Commands = append(b.Commands, *it.command)
			return
		}
	}
	b := NewBatch(kind, it.client)
	b.Block = c.block
	b.Block.Retain()
	b.Commands = append(b.Commands, *it.command)
	if bit := uint64(1) << shard; it.client.handed.Load()&bit == 0 {
		it.client.handed.Or(bit)
	}
	c.hop(shard, b)
}

// closeElsewhere tells other shards of the end of a connection, behind what this one has handed to them of it.
func (c *core) closeElsewhere(client *Client) {
	handed := client.handed.Load() &^ (1 << c.index)
	for ; handed != 0; handed &= handed - 1 {
		c.hop(bits.TrailingZeros64(handed), NewBatch(BatchClosed, client))
	}
}

// closesItself tells of a connection, whose end another shard knows, that the loop tells this one, too, and has not yet: what the
// loop has given before comes first.
func (c *core) closesItself(client *Client) bool {
	return client.Shards&(1<<c.index) != 0 && !c.hasLeft(client)
}

// post hands over what is outgoing, in its order, and says whether all of it went.
func (c *core) post() bool {
	n := 0
	for n < len(c.outgoing) && c.hand(c.outgoing[n].shard, c.outgoing[n].batch) {
		n++
	}
	if c.outgoing = slices.Delete(c.outgoing, 0, n); len(c.outgoing) > 0 {
		return false
	}
	if cap(c.outgoing) > outgoingLimit {
		c.outgoing = nil
	}
	return true
}
