package shard

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"switchyard/box"
	"switchyard/internal/clockstep"
	"switchyard/smp"
)

// seeded returns a source of bytes that a seed determines.
func seeded(seed uint64) func([]byte) {
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	r := rand.NewChaCha8(key)
	return func(b []byte) { _, _ = r.Read(b) }
}

// router is a Set on a store with an in-process loop: clients put commands in, and take replies out, as the engine
// would.
type router struct {
	t      testing.TB
	set    *Set
	store  *fakeStore
	disk   Disk // nil with a fake store
	cfg    Config
	clock  *testClock
	random func([]byte)
	fixed  atomic.Bool // randomness is all zero
	keys   uint64      // private keys made so far

	mu      sync.Mutex
	arrived *sync.Cond
	replies int     // so far
	probe   *client // for sync
	backing Store   // the fake one, or that on the disk
}

// testClock is a clock that only tests move.
type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *testClock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// set sets the clock, which is not the passing of time.
func (c *testClock) set(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = clockstep.Set(c.now, by)
}

func (c *testClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// testConfig is what the reference's tests use: quota 4, no expiry.
func testConfig() Config {
	return Config{Shards: 2, PartitionKey: [16]byte{7}, Quota: 4, NewQueues: true}
}

func newRouter(t testing.TB, cfg Config) *router { return newRouterOn(t, cfg, newFakeStore(), 1) }

func newRouterOn(t testing.TB, cfg Config, store *fakeStore, seed uint64) *router {
	r := &router{t: t, store: store, backing: store}
	t.Cleanup(func() {
		if store.missed > 0 {
			t.Errorf("%d messages were read that are not there", store.missed)
		}
	})
	r.begin(cfg, seed)
	return r
}

// newRouterOnDisk has the router's store on a disk, and a clean start and end.
func newRouterOnDisk(t testing.TB, cfg Config, disk Disk, seed uint64) *router {
	r := &router{t: t, disk: disk}
	t.Cleanup(func() {
		if err := disk.Close(); err != nil {
			t.Error("close:", err)
		}
	})
	r.begin(cfg, seed)
	return r
}

// begin starts the router, and stops it with the test.
func (r *router) begin(cfg Config, seed uint64) {
	r.clock = &testClock{now: clockstep.At(time.Unix(1_700_000_000, 0))}
	r.arrived = newCond(r)
	cfg.Clock = r.clock.time
	r.cfg = cfg
	random, mu := seeded(seed), new(sync.Mutex)
	r.random = func(b []byte) {
		mu.Lock()
		defer mu.Unlock()
		if r.fixed.Load() {
			clear(b)
			return
		}
		random(b)
	}
	r.start()
	r.t.Cleanup(func() {
		if r.set != nil {
			_ = r.set.Close() // tests of failures leave one that failed
		}
	})
}

func newCond(r *router) *sync.Cond { return sync.NewCond(&r.mu) }

func (r *router) start() {
	r.t.Helper()
	if r.disk != nil {
		var err error
		if r.backing, err = r.disk.Open(); err != nil {
			r.t.Fatal("open:", err)
		}
	}
	r.set = newSet(r.cfg, r.backing, r.random)
	r.probe = r.connect()
}

// restart closes the router and its disk, and starts another one on the same store. All connections are gone.
func (r *router) restart() {
	r.t.Helper()
	if err := r.set.Close(); err != nil {
		r.t.Fatal("close:", err)
	}
	if r.disk != nil {
		if err := r.disk.Close(); err != nil {
			r.t.Fatal("close:", err)
		}
	}
	r.start()
}

// Read makes the router's randomness an io.Reader.
func (r *router) Read(b []byte) (int, error) {
	r.random(b)
	return len(b), nil
}

// newKey makes a key; the algorithm changes from one to the next.
func (r *router) newKey() *box.PrivateKey {
	r.keys++
	return r.newKeyOf([]box.Alg{box.Ed25519, box.X25519, box.Ed448}[r.keys%3])
}

func (r *router) newKeyOf(alg box.Alg) *box.PrivateKey {
	k, err := box.GenerateKey(alg, io.Reader(r))
	if err != nil {
		r.t.Fatal(err)
	}
	return k
}

// Deliver implements Loop.
func (r *router) Deliver(g *Group) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range g.Replies {
		reply := &g.Replies[i]
		c := reply.Client.Owner.(*client)
		if len(reply.Head) == 0 { // a message was taken back
			if !reply.Message {
				r.t.Error("a reply with nothing to send and no place in the window")
			}
			c.resume = vacate(&c.shard.Window, 1) || c.resume
			continue
		}
		raw := slices.Clone(reply.Head)
		if reply.Body != nil {
			raw = append(raw, reply.Body.Data...)
		}
		r.replies++
		c.inbox = append(c.inbox, received{raw: raw, message: reply.Message, answer: reply.Answer, number: r.replies})
	}
	g.Release()
	r.arrived.Broadcast()
}

// received is a reply as the client sees it.
type received struct {
	raw     []byte
	message bool // has a place in the window
	answer  bool // to a command
	number  int  // among all replies of the router; each shard's are in the order in which it has executed the commands
	corr    string
	entity  string
	tag     smp.ResponseTag
	params  []byte
	err     smp.Error
}

// text is the reply's tag, or the error in full.
func (m received) text() string {
	if m.tag == smp.RespErr {
		return m.err.Error()
	}
	return m.tag.String()
}

// msg is the message of a MSG.
func (m received) msg(t testing.TB) smp.Msg {
	t.Helper()
	msg, ok := smp.ParseMsg(m.params)
	if m.tag != smp.RespMsg || !ok {
		t.Fatalf("got %s, want MSG", m.text())
	}
	return msg
}

// client is an in-process connection.
type client struct {
	r       *router
	shard   *Client
	session box.PublicKey // of the router, for authenticators
	inbox   []received    // guarded by r.mu
	events  []received    // taken out of the inbox while a response was looked for
	corr    uint64
	asking  sync.Mutex
	asked   map[string]smp.CommandTag // by correlation ID, guarded by asking
	noCorr  bool                      // empty correlation IDs
	stalled bool                      // has as much to read as may wait
	resume  bool                      // the shards are to be told that there is room; guarded by r.mu
}

func (r *router) connect() *client { return r.connectAt(smp.CurrentVersion) }

func (r *router) connectAt(v smp.Version) *client {
	c := &client{r: r, shard: NewClient(r.set.Len())}
	c.shard.Version = v
	c.shard.Loop, c.shard.Owner = r, c
	key := r.newKeyOf(box.X25519)
	secret, _ := key.X25519()
	c.shard.SecretKey = *secret
	c.session = key.Public()
	id := sha256.Sum256(secret[:])
	c.shard.SessionID = id[:]
	return c
}

// command is one command of a block.
type command struct {
	key    *box.PrivateKey // nil: not signed
	entity []byte
	text   []byte
	corr   []byte // nil: the next one

	service ed25519.PrivateKey // nil: no service signature
	by      *serviceClient     // signs too, as services do
}

// sendWithServiceSig sends a command with the service signature that only service sessions give.
func (c *client) sendWithServiceSig(cmd command, key ed25519.PrivateKey) {
	cmd.service = key
	c.send(cmd)
}

// transmission encodes and authorizes a command.
func (c *client) transmission(cmd *command) []byte {
	if cmd.corr == nil && !c.noCorr {
		c.corr++
		cmd.corr = binary.BigEndian.AppendUint64(make([]byte, 16), c.corr)
	}
	signed := smp.AppendAuthorized(nil, c.shard.SessionID, cmd.corr, cmd.entity, cmd.text)[1+len(c.shard.SessionID):]
	var auth []byte
	if cmd.key != nil {
		session, _ := c.session.X25519()
		var err error
		auth, err = box.AppendAuth(nil, cmd.key, session, &box.Authorized{
			SessionID: c.shard.SessionID, Signed: signed, CorrID: cmd.corr, Prefix: cmd.by.fingerprint(),
		})
		if err != nil {
			c.r.t.Fatal(err)
		}
	}
	var serviceSig []byte
	if cmd.service != nil {
		serviceSig = ed25519.Sign(cmd.service, signed) // over less than it should be: nobody gets to verify it
	}
	if cmd.by != nil {
		serviceSig, _ = box.AppendAuth(nil, cmd.by.own, nil, &box.Authorized{SessionID: c.shard.SessionID, Signed: signed})
	}
	return smp.AppendTransmission(nil, c.shard.Version, c.shard.SessionID, auth, serviceSig, signed)
}

// send puts the commands of one block into the rings, as the engine does. What does not reach a shard is answered here.
func (c *client) send(cmds ...command) {
	c.r.t.Helper()
	for i, part := range c.parts(cmds...) {
		if part != nil {
			c.r.put(i, part)
		}
	}
}

// parts makes a block and the batch of each shard, nil for those without a command.
func (c *client) parts(cmds ...command) []*Batch {
	c.r.t.Helper()
	var block []byte
	var ends []int
	for i := range cmds {
		block = append(block, c.transmission(&cmds[i])...)
		ends = append(ends, len(block))
	}
	b := NewBuffer(len(block))
	copy(b.Data, block)
	parts := make([]*Batch, c.r.set.Len())
	start := 0
	for _, end := range ends {
		c.dispatch(parts, b, b.Data[start:end])
		start = end
	}
	b.Release()
	return parts
}

func (c *client) dispatch(parts []*Batch, block *Buffer, t []byte) {
	v := c.shard.Version
	tr, err := smp.ParseTransmission(v, c.shard.SessionID, t)
	if !err.IsZero() {
		c.r.t.Fatal("transmission does not parse:", err)
	}
	tag, params, err := smp.ParseCommand(v, tr.Command)
	if err.IsZero() {
		err = smp.CheckCredentials(tag, len(tr.Auth) > 0, len(tr.EntityID) > 0)
	}
	if !err.IsZero() {
		head := smp.AppendResponseHeader(nil, v, c.shard.SessionID, tr.CorrID, tr.EntityID)
		c.r.mu.Lock()
		c.inbox = append(c.inbox, received{raw: smp.AppendErr(head, v, err), answer: true})
		c.r.mu.Unlock()
		return
	}
	c.asking.Lock()
	if c.asked == nil {
		c.asked = make(map[string]smp.CommandTag)
	}
	c.asked[string(tr.CorrID)] = tag
	c.asking.Unlock()
	cmd := Command{Transmission: tr, Tag: tag, Params: params}
	i := c.r.set.Route(c.shard, &cmd)
	if parts[i] == nil {
		parts[i] = NewBatch(BatchCommands, c.shard)
		parts[i].Block = block
		block.Retain()
		c.shard.Shards |= 1 << i
	}
	parts[i].Commands = append(parts[i].Commands, cmd)
}

func (r *router) put(shard int, b *Batch) {
	for !r.set.Put(shard, b) {
		runtime.Gosched()
	}
}

// tellRoom tells the shards that there is room, when that is due.
func (c *client) tellRoom() {
	c.r.mu.Lock()
	resume := c.resume
	c.resume = false
	c.r.mu.Unlock()
	if resume {
		c.eachShard(BatchResume)
	}
}

func (c *client) eachShard(kind BatchKind) {
	for i := range c.r.set.Len() {
		if c.shard.Shards&(1<<i) != 0 {
			c.r.put(i, NewBatch(kind, c.shard))
		}
	}
}

// close ends the connection.
func (c *client) close() { c.eachShard(BatchClosed) }

// take waits for the next reply and takes it off the socket. The shards are told that there is room before it waits again.
func (c *client) take() received {
	c.tellRoom()
	c.r.mu.Lock()
	for len(c.inbox) == 0 {
		if c.resume {
			c.r.mu.Unlock()
			c.tellRoom()
			c.r.mu.Lock()
			continue
		}
		c.r.arrived.Wait()
	}
	m := c.inbox[0]
	c.inbox = c.inbox[1:]
	if m.message {
		c.resume = vacate(&c.shard.Window, 1) || c.resume
	}
	c.r.mu.Unlock()
	c.parse(&m)
	return m
}

func (c *client) parse(m *received) {
	c.r.t.Helper()
	v := c.shard.Version
	tr, err := smp.ParseResponseTransmission(v, c.shard.SessionID, m.raw)
	if !err.IsZero() {
		c.r.t.Fatalf("reply %q does not parse", m.raw)
	}
	m.corr, m.entity = string(tr.CorrID), string(tr.EntityID)
	if m.corr != "" && !m.answer {
		c.r.t.Fatalf("answer %q is not given as one", m.raw)
	}
	if m.tag, m.params, err = smp.ParseResponse(v, tr.Command); !err.IsZero() {
		c.r.t.Fatalf("response %q does not parse: %v", tr.Command, err)
	}
	if m.tag == smp.RespErr {
		m.err, _ = smp.ParseError(m.params)
	}
	c.asking.Lock()
	asked := c.asked[m.corr]
	delete(c.asked, m.corr)
	c.asking.Unlock()
	if m.answer && asked != 0 {
		given.Saw(c.r.t.Name(), asked.String(), m.tag.String())
	}
}

// do sends one command and waits for its response. Events that come before it are kept.
func (c *client) do(key *box.PrivateKey, entity, text []byte) received {
	c.r.t.Helper()
	cmd := command{key: key, entity: entity, text: text}
	c.send(cmd)
	return c.response(c.lastCorr())
}

// lastCorr is the correlation ID of the last command.
func (c *client) lastCorr() []byte { return binary.BigEndian.AppendUint64(make([]byte, 16), c.corr) }

func (c *client) response(corr []byte) received {
	for {
		if m := c.take(); m.corr == string(corr) {
			return m
		} else {
			c.events = append(c.events, m)
		}
	}
}

// event waits for the next event.
func (c *client) event() received {
	if len(c.events) == 0 {
		return c.take()
	}
	m := c.events[0]
	c.events = c.events[1:]
	return m
}

// syncLanes returns when the shards have answered what was put before, with what they have put off of it.
func (r *router) syncLanes() {
	for i, w := range r.set.workers {
		r.syncShard(i)
		for w.fair.commands.Load() > 0 {
			r.syncShard(i)
		}
		r.syncShard(i)
	}
}

// sync returns when the shards have answered all that was put before and that they do not put off.
func (r *router) sync() {
	for i := range r.set.Len() {
		r.syncShard(i)
	}
}

func (r *router) syncShard(i int) {
	var id smp.ID
	r.set.partitions.DrawOwned(&id, r.random, i)
	r.probe.do(nil, id[:], smp.AppendSend(nil, false, nil))
}

// inShard does something in a shard's goroutine, in the midst of a drain.
func (r *router) inShard(i int, do func(*core)) {
	var id smp.ID
	r.set.partitions.DrawOwned(&id, r.random, i)
	r.store.onSought(func() { do(r.set.workers[i].core) })
	r.probe.do(nil, id[:], smp.AppendLGet(nil))
}

// pending returns the events that have arrived and not been looked at.
func (c *client) pending() []received {
	c.tellRoom()
	c.r.sync()
	c.r.mu.Lock()
	n := len(c.inbox)
	c.r.mu.Unlock()
	for range n {
		c.events = append(c.events, c.take())
	}
	events := c.events
	c.events = nil
	return events
}
