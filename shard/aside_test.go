package shard

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"switchyard/box"
	"switchyard/smp"
)

// spottyStore is a store that fails for some queues.
type spottyStore struct {
	*fakeStore
	bad map[smp.ID]error
	ops string // that fail: body, header, load

	rows  error // of Waiting, at the place below
	place int   // number of the step that fails
	steps int

	bodies int // that failed
}

func newSpottyStore() *spottyStore {
	return &spottyStore{fakeStore: newFakeStore(), bad: make(map[smp.ID]error), ops: "body"}
}

func (s *spottyStore) fails(op string, q smp.ID) error {
	if strings.Contains(s.ops, op) {
		return s.bad[q]
	}
	return nil
}

func (s *spottyStore) Body(q *smp.ID, seq uint64, dst []byte) (int, error) {
	if err := s.fails("body", *q); err != nil {
		s.bodies++
		return 0, err
	}
	return s.fakeStore.Body(q, seq, dst)
}

func (s *spottyStore) Header(q *smp.ID, seq uint64) (MessageHeader, error) {
	if err := s.fails("header", *q); err != nil {
		return MessageHeader{}, err
	}
	return s.fakeStore.Header(q, seq)
}

func (s *spottyStore) Load(lookups []Lookup) {
	s.fakeStore.Load(lookups)
	for i := range lookups {
		l := &lookups[i]
		if l.Found == nil {
			continue
		}
		if err := s.fails("load", l.Found.Record.RecipientID); err != nil {
			l.Found, l.Err = nil, err
		}
	}
}

func (s *spottyStore) Waiting(r *WaitingRange, from []byte, visit func(smp.ID)) ([]byte, error) {
	s.steps++
	next, err := s.fakeStore.Waiting(r, from, visit)
	if s.rows != nil && s.steps == s.place {
		return next, s.rows
	}
	return next, err
}

var errSpot = fmt.Errorf("checksum mismatch: %w", ErrDamaged)

// asideCore is a core on a spotty store with queues that have one message each.
type asideCore struct {
	*testCore
	store *spottyStore
	owner *client
}

func newAsideCore(t *testing.T) *asideCore {
	s := newSpottyStore()
	c := &asideCore{newTestCore(t, s), s, nil}
	c.owner = c.connect()
	return c
}

// filled makes queues with a message each, which is still to be read from the store.
func (c *asideCore) filled(n int) (all []*testQueue) {
	c.router.t.Helper()
	for range n {
		q := c.newQueue(c.owner, box.Ed25519)
		want(c.router.t, c.do(c.owner, nil, q.sender, smp.AppendSend(nil, false, []byte("fine"))), "OK")
		all = append(all, q)
	}
	return all
}

func (c *asideCore) spoil(err error, queues ...*testQueue) {
	for _, q := range queues {
		c.store.bad[smp.ID(q.recipient)] = err
	}
}

// subscribe subscribes queues by one drain, and returns what comes beside the answers.
func (c *asideCore) subscribe(client *client, queues ...*testQueue) []received {
	var batches []*Batch
	for _, q := range queues {
		batches = append(batches, c.batch(client, q.key, q.recipient, smp.AppendSub(nil)))
	}
	c.runDrain(batches...)
	c.rest()
	var events []received
	for _, m := range c.came(client) {
		if m.answer {
			want(c.router.t, m, "SOK")
		} else {
			events = append(events, m)
		}
	}
	return events
}

// came is what has come for a client.
func (c *asideCore) came(client *client) (all []received) {
	for len(client.inbox) > 0 {
		all = append(all, client.take())
	}
	return all
}

// sorted tells which queues had a message, and which ERR STORE damaged.
func sorted(t *testing.T, events []received) (messages, damaged map[string]int) {
	t.Helper()
	messages, damaged = map[string]int{}, map[string]int{}
	for _, m := range events {
		switch m.text() {
		case "MSG":
			messages[m.entity]++
		case "STORE damaged":
			damaged[m.entity]++
		default:
			t.Errorf("event %s", m.text())
		}
	}
	return messages, damaged
}

// What waits on the other queues of a connection comes whatever cannot be read of one. The connection is told of damage, once,
// and of what only failed it is not. When it can be read, it comes.
func TestUnreadableMessageIsSetAside(t *testing.T) {
	for _, test := range []struct {
		ops  string
		err  error
		told int
	}{{"body", errSpot, 1}, {"header", errSpot, 1}, {"body", errFake, 0}, {"header", errFake, 0}} {
		t.Run(test.ops+", "+test.err.Error(), func(t *testing.T) {
			c := newAsideCore(t)
			c.store.ops = test.ops
			queues := c.filled(8)
			bad := queues[3]
			for _, q := range queues { // so that no header is known
				made := c.cache.byRecipient[smp.ID(q.recipient)]
				made.headKnown = false
			}
			c.spoil(test.err, bad)
			client := c.connect()
			messages, damaged := sorted(t, c.subscribe(client, queues...))
			if len(messages) != 7 || messages[string(bad.recipient)] > 0 || len(damaged) != test.told || damaged[string(bad.recipient)] != test.told {
				t.Errorf("%d messages, %d told of damage", len(messages), len(damaged))
			}
			if n := c.unread.Len(); n != 1 {
				t.Errorf("%d queues cannot be read", n)
			}
			for range 10 {
				if len(c.retried) != 1 {
					t.Fatal(len(c.retried), "retries are arranged")
				}
				c.retryNow()
				if came := c.came(client); len(came) > 0 {
					t.Fatalf("a retry in vain brings %s", came[0].text())
				}
			}
			for i, d := range c.retries {
				if want := min(resumeDelay<<i, retryLimit); d != want {
					t.Errorf("retry %d after %v, want %v", i, d, want)
				}
			}
			c.spoil(nil, bad)
			c.retryNow()
			wantMessage(t, bad, client.take(), "fine", true)
			if n := c.unread.Len(); n != 0 || len(c.retried) != 0 {
				t.Errorf("%d queues cannot be read, %d retries", n, len(c.retried))
			}
			// The next one begins with a short delay.
			again := c.filled(1)[0]
			c.cache.byRecipient[smp.ID(again.recipient)].headKnown = false
			c.spoil(test.err, again)
			c.subscribe(client, again)
			if d := c.retries[len(c.retries)-1]; d != resumeDelay {
				t.Error("retry after", d)
			}
		})
	}
}

// However many cannot be read, the others of the connection come, and other connections have their turn behind each read that
// fails.
func TestManyUnreadableMessages(t *testing.T) {
	c := newAsideCore(t)
	queues := c.filled(20)
	c.spoil(errFake, queues[:len(queues)-1]...)
	client := c.connect()
	var batches []*Batch
	for i, q := range queues {
		b := c.batch(client, q.key, q.recipient, smp.AppendSub(nil))
		b.more = i < len(queues)-1 // one pump, behind all
		batches = append(batches, b)
	}
	c.runDrain(batches...)
	if n := c.unread.Len(); n != 1 {
		t.Errorf("%d reads have failed in one turn", n)
	}
	if drains := c.rest(); drains != len(queues)-1 {
		t.Errorf("%d more turns", drains)
	}
	messages, _ := sorted(t, onlyEvents(c.came(client)))
	if len(messages) != 1 || messages[string(queues[len(queues)-1].recipient)] != 1 {
		t.Errorf("%d messages", len(messages))
	}
	if n := c.unread.Len(); n != len(queues)-1 || len(c.retried) != 1 {
		t.Errorf("%d queues cannot be read, %d retries", n, len(c.retried))
	}
}

// A message that is damaged is not read by each who asks for it, but once in a while, and at once when it is another one.
func TestDamagedMessageIsReadSeldom(t *testing.T) {
	c := newAsideCore(t)
	q := c.filled(1)[0]
	want(t, c.do(c.owner, nil, q.sender, smp.AppendSend(nil, false, []byte("next"))), "OK")
	c.spoil(errSpot, q)
	for range 3 {
		for range 5 {
			want(t, c.do(c.owner, q.key, q.recipient, smp.AppendGet(nil)), "STORE damaged")
		}
		c.ahead += spoiledFor * time.Second
	}
	if c.store.bodies != 3 {
		t.Errorf("%d reads", c.store.bodies)
	}
	want(t, c.do(c.owner, q.key, q.recipient, smp.AppendGet(nil)), "STORE damaged")
	c.spoil(nil, q)
	made := c.cache.byRecipient[smp.ID(q.recipient)]
	c.out = c.drain
	c.remove(made) // as when it is too old
	c.commit()
	c.out = nil
	wantMessage(t, q, c.do(c.owner, q.key, q.recipient, smp.AppendGet(nil)), "next", false)
}

func onlyEvents(all []received) (events []received) {
	for _, m := range all {
		if !m.answer {
			events = append(events, m)
		}
	}
	return events
}

// A subscription that is aside ends as any other, and then nothing is counted.
func TestAsideEnds(t *testing.T) {
	for name, end := range map[string]func(c *asideCore, client *client, q *testQueue){
		"DEL": func(c *asideCore, client *client, q *testQueue) {
			want(c.router.t, c.do(client, q.key, q.recipient, smp.AppendDel(nil)), "OK")
		},
		"the connection ends": func(c *asideCore, client *client, q *testQueue) {
			c.runDrain(NewBatch(BatchClosed, client.shard))
		},
		"the message is too old": func(c *asideCore, client *client, q *testQueue) {
			c.cfg.MessageTTL = time.Second
			b := NewBatch(batchExpire, nil)
			b.Block = NewBuffer(0)
			b.Block.Data = append(b.Block.Data, q.recipient...)
			c.drain.batches = append(c.drain.batches, b)
			c.run(time.Now().Add(time.Hour), c.drain)
			c.deliver()
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newAsideCore(t)
			q := c.filled(1)[0]
			c.spoil(errSpot, q)
			client := c.connect()
			c.subscribe(client, q)
			if n := c.unread.Len(); n != 1 {
				t.Fatal(n)
			}
			if m := c.do(client, q.key, q.recipient, smp.AppendQue(nil)); !strings.Contains(string(m.params), "subPending") {
				t.Errorf("QUE: %s", m.params)
			}
			end(c, client, q)
			c.retryNow() // of a timer
			if n := c.unread.Len(); n != 0 {
				t.Errorf("%d queues cannot be read", n)
			}
		})
	}
}

// Who subscribes a damaged queue again is told again, and so is another connection, whose subscription then is the one that is
// counted.
func TestSubOfDamagedQueueIsToldEachTime(t *testing.T) {
	c := newAsideCore(t)
	q := c.filled(1)[0]
	c.spoil(errSpot, q)
	one, two := c.connect(), c.connect()
	for _, client := range []*client{one, one, two} {
		if _, damaged := sorted(t, c.subscribe(client, q)); damaged[string(q.recipient)] != 1 {
			t.Errorf("told %d times", damaged[string(q.recipient)])
		}
		if n := c.unread.Len(); n != 1 {
			t.Errorf("%d queues", n)
		}
	}
	wantEvent(t, one.take(), "END", q.recipient)
}

// A queue that cannot be read again after a failure is set aside as well, and comes when it can.
func TestUnreadableQueueIsSetAside(t *testing.T) {
	c := newAsideCore(t)
	queues := c.filled(3)
	client := c.connect()
	messages, _ := sorted(t, c.subscribe(client, queues...))
	if len(messages) != 3 {
		t.Fatal(len(messages))
	}
	lost := losses{}
	for _, q := range queues {
		lost.queues = append(lost.queues, smp.ID(q.recipient))
		lost.undone = append(lost.undone, delivery{queue: smp.ID(q.recipient), client: client.shard})
	}
	c.store.ops = "load"
	c.spoil(errFake, queues[1])
	c.enter(c.epoch+1, lost)
	c.runDrain()
	if messages, _ := sorted(t, c.came(client)); len(messages) != 2 || messages[string(queues[1].recipient)] > 0 {
		t.Errorf("%d messages", len(messages))
	}
	for range 3 {
		c.retryNow()
		if came := c.came(client); len(came) > 0 {
			t.Fatal(came[0].text())
		}
	}
	if n := c.unread.Len(); n != 1 {
		t.Errorf("%d queues cannot be read", n)
	}
	c.spoil(nil, queues[1])
	c.retryNow()
	wantMessage(t, queues[1], client.take(), "fine", true)
	if n := c.unread.Len(); n != 0 {
		t.Errorf("%d queues cannot be read", n)
	}
}

// Commands that read what is damaged say so, and what has only failed, too.
func TestAnswersOfUnreadableQueues(t *testing.T) {
	for _, test := range []struct {
		err    error
		answer string
	}{{errSpot, "STORE damaged"}, {errFake, "STORE failed"}} {
		for _, ops := range []string{"body", "header", "load"} {
			c := newAsideCore(t)
			c.store.ops = ops
			q := c.filled(1)[0]
			made := c.cache.byRecipient[smp.ID(q.recipient)]
			made.headKnown = false
			if ops == "load" {
				c.cache.remove(made)
			}
			c.spoil(test.err, q)
			client := c.connect()
			want(t, c.do(client, q.key, q.recipient, smp.AppendGet(nil)), test.answer)
			if ops != "body" {
				want(t, c.do(client, q.key, q.recipient, smp.AppendQue(nil)), test.answer)
			}
			if ops == "load" {
				want(t, c.do(client, nil, q.sender, smp.AppendSend(nil, false, nil)), test.answer)
			}
		}
	}
}

// With expire_messages_on_send a damaged head is in no sender's way.
func TestSendBehindDamagedHead(t *testing.T) {
	c := newAsideCore(t)
	c.store.ops, c.cfg.ExpireOnSend, c.cfg.MessageTTL = "header", true, time.Hour
	q := c.filled(1)[0]
	made := c.cache.byRecipient[smp.ID(q.recipient)]
	for _, test := range []struct {
		err    error
		answer string
	}{{errFake, "STORE failed"}, {errSpot, "OK"}} {
		made.headKnown = false
		c.spoil(test.err, q)
		want(t, c.do(c.owner, nil, q.sender, smp.AppendSend(nil, false, []byte("next"))), test.answer)
	}
}

// The walk of a service passes over damaged rows, tells the connection once, delivers all else and ends. A failure has it wait
// and go on where it was.
func TestWalkMeetsDamage(t *testing.T) {
	for _, test := range []struct {
		err         error
		told, waits int
	}{{errSpot, 1, 0}, {errFake, 0, 1}} {
		store := newSpottyStore()
		cfg := testConfig()
		cfg.Shards = 1
		r := &router{t: t, store: store.fakeStore, backing: store}
		r.begin(cfg, 1)
		service := r.connectService(1, smp.RoleMessaging)
		bob := r.connect()
		queues, _ := service.newQueues(3 * walkRows)
		for _, q := range queues[:5] {
			want(t, bob.sendTo(q, "hello"), "OK")
			wantMessage(t, q, service.event(), "hello", true)
		}
		service.close()
		again := r.connectService(1, smp.RoleMessaging)
		store.place, store.rows, store.steps = 2, test.err, 0
		again.subs()
		got, damaged := 0, 0
		for m := again.event(); m.text() != "ALLS"; m = again.event() {
			switch m.text() {
			case "MSG":
				got++
			case "STORE damaged":
				damaged++
				if m.entity != string(again.id()) {
					t.Errorf("told of %x", m.entity)
				}
			}
		}
		if got != 5 || damaged != test.told || store.steps != 3+test.waits {
			t.Errorf("%v: %d messages, told %d times, %d steps", test.err, got, damaged, store.steps)
		}
	}
}

// Of a service no more is kept aside than may be ready; the rest is found by another walk, again and again, until it can be read.
func TestUnreadableMessagesOfService(t *testing.T) {
	store := newSpottyStore()
	c := newTestCore(t, store)
	own := c.router.newKeyOf(box.Ed25519)
	key := own.Public()
	service := &serviceClient{client: c.connect(), own: own}
	service.shard.Serve(&Service{ID: smp.ID{1}, Role: smp.RoleMessaging, Fingerprint: [32]byte{2}, Key: key, shared: c.services.of(append([]byte{1}, make([]byte, 23)...))})
	bob := c.connect()
	const n = readyLimit + 20
	queues := make(map[string]*testQueue)
	for range n {
		text, q, dh := c.router.newCommand(smp.CurrentVersion, queueOptions{subscribe: true, alg: box.Ed25519})
		c.runDrain(service.prepare(command{key: q.key, text: text, by: service}).batch)
		m := service.take()
		want(t, m, "IDS")
		q.created(t, smp.CurrentVersion, &m, dh)
		queues[string(q.recipient)] = q
	}
	c.runDrain(NewBatch(BatchClosed, service.shard))
	for _, q := range queues {
		want(t, c.do(bob, nil, q.sender, smp.AppendSend(nil, false, []byte("hello"))), "OK")
		store.bad[smp.ID(q.recipient)] = errFake
	}
	again := &serviceClient{client: c.connect(), own: own}
	again.shard.Serve(&Service{ID: service.shard.Service.ID, Role: smp.RoleMessaging, Fingerprint: [32]byte{2}, Key: key, shared: service.shard.Service.shared})
	c.runDrain(again.prepare(command{key: own, entity: again.id(), text: smp.AppendSubs(nil, smp.CurrentVersion, smp.ServiceSubs{Hash: make([]byte, 16)})}).batch)
	c.rest()
	subs := again.shard.state[0].subs
	for range 3 {
		if subs.aside.Len() != readyLimit || subs.ready.Len() != 0 || !subs.beyond || len(c.retried) != 1 {
			t.Fatalf("%d aside, %d ready, more: %v, %d retries", subs.aside.Len(), subs.ready.Len(), subs.beyond, len(c.retried))
		}
		c.retryNow()
	}
	clear(store.bad)
	messages := map[string]bool{}
	for range 100 {
		c.retryNow()
		for len(again.inbox) > 0 {
			m := again.take()
			if m.text() == "MSG" {
				messages[m.entity] = true
				c.runDrain(c.batch(again.client, queues[m.entity].key, []byte(m.entity), smp.AppendAck(nil, m.msg(t).ID)))
			}
		}
		c.runDrain(NewBatch(BatchResume, again.shard))
		c.rest()
	}
	if len(messages) != n {
		t.Errorf("%d messages, want %d", len(messages), n)
	}
	if left := c.unread.Len(); left != 0 {
		t.Errorf("%d cannot be read", left)
	}
}

// The operator reads how many queues wait: when there are some, after a while when there are more, and when there are none.
func TestUnreadIsTold(t *testing.T) {
	c := newTestCore(t, newFakeStore())
	lines := func() (all []string) {
		for line := range strings.Lines(c.log.String()) {
			_, rest, _ := strings.Cut(line, "level=")
			all = append(all, strings.TrimSpace(rest))
		}
		c.log.Reset()
		return all
	}
	expect := func(what string, want ...string) {
		t.Helper()
		got := lines()
		if len(got) != len(want) {
			t.Fatalf("%s: %q", what, got)
		}
		for i := range want {
			for part := range strings.SplitSeq(want[i], "…") {
				if !strings.Contains(got[i], part) {
					t.Errorf("%s: %q lacks %q", what, got[i], part)
				}
			}
		}
	}
	for range 3 {
		c.unread.Add(errFake, errors.Is(errFake, ErrDamaged))
	}
	expect("before they have gathered")
	c.timePasses()
	expect("some", "ERROR…cannot be read…queues=3…cause=\"fake failure\"")
	c.unread.Add(errSpot, errors.Is(errSpot, ErrDamaged))
	if len(c.timers) != 2 { // the one that ends the quiet, and a look
		t.Fatal(len(c.timers), "timers")
	}
	quiet, look := c.timers[0], c.timers[1]
	c.timers = nil
	look()
	expect("more, soon after")
	quiet()
	expect("more, later", "ERROR…damaged…backup…queues=4…checksum")
	for range 4 {
		c.unread.Remove()
	}
	c.timePasses()
	expect("none", "INFO…no message")
	c.unread.Add(errFake, errors.Is(errFake, ErrDamaged))
	c.unread.Remove()
	c.timePasses()
	expect("one that could be read in time")
	if c.unread.Len() != 0 || errors.Is(errFake, ErrDamaged) {
		t.Error(c.unread.Len())
	}
}
