package history

import (
	"flag"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"switchyard/box"
	"switchyard/smp"
	"switchyard/smp/client"
)

var (
	seeds   = flag.Uint64("history.seeds", 6, "how many histories are made")
	seed    = flag.Uint64("history.seed", 1, "the first of their seeds")
	clients = flag.Int("history.clients", 5, "clients of a history")
	steps   = flag.Int("history.steps", 120, "steps of each client")
)

// patience is how long a message may take to be pushed, and a queue's history to be judged.
const patience = time.Minute

// TestLinearizable has clients use a few queues at a time, all of them the same, and checks that an order explains what
// they have seen.
func TestLinearizable(t *testing.T) {
	n := *seeds
	if testing.Short() {
		n = min(n, 2)
	}
	for s := *seed; s < *seed+n; s++ {
		t.Run(strconv.FormatUint(s, 10), func(t *testing.T) {
			h := &history{t: t, router: newRouter(t), seed: s, begin: time.Now(), sent: map[string]int64{}, outages: make(chan func())}
			h.router.down = func() { h.downs = append(h.downs, h.now()) }
			defer func() { // at once, for whoever counts until he interrupts the test
				verdict := "passed"
				if t.Failed() {
					verdict = "failed"
				}
				t.Logf("seed %d: %s", s, verdict)
			}()
			h.make()
			h.drain()
			h.judge()
		})
		if t.Failed() {
			return
		}
	}
}

// history is one run.
type history struct {
	t      *testing.T
	router *router
	seed   uint64
	begin  time.Time

	mu         sync.Mutex
	operations []porcupine.Operation
	queues     []*testQueue
	open       []*conn
	conns      int
	messages   int
	sent       map[string]int64 // messages: when SEND was called

	crowding sync.Mutex  // held by who gives many commands at once: with more of them porcupine takes too long
	outages  chan func() // done by the test's goroutine
	downs    []int64     // when the router was down; of that goroutine
}

// testQueue is a queue as all clients know it.
type testQueue struct {
	*client.RcvQueue
	number int
	keys   [2]*client.Key // that may secure it

	// Guarded by history.mu.
	key   int // that has, as far as is known: 1 or 2
	seen  []message
	order []first // messages in the order in which they were received first
}

// first is when a message was received for the first time.
type first struct {
	text string
	at   int64
}

// now is the time in the history. Its nanoseconds tell what was before what.
func (h *history) now() int64 { return int64(time.Since(h.begin)) }

func (h *history) queue(number int) *testQueue {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.queues[number]
}

func (h *history) queueOf(entity []byte) *testQueue {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, q := range h.queues {
		if string(q.ID) == string(entity) {
			return q
		}
	}
	return nil
}

// make has the clients do their steps. One of them also brings the router down, three times.
func (h *history) make() {
	first := h.connect()
	for len(h.queues) < 3 && !h.t.Failed() {
		h.create(first)
	}
	if h.t.Failed() {
		return
	}
	var wg sync.WaitGroup
	for i := range *clients {
		wg.Go(func() { h.use(i) })
	}
	go func() {
		wg.Wait()
		close(h.outages)
	}()
	for outage := range h.outages {
		outage()
	}
	h.closeAll()
}

// use is what one client does.
func (h *history) use(client int) {
	random := rand.New(rand.NewPCG(h.seed, uint64(client)))
	var c *conn
	for n := range *steps {
		if c == nil || c.client.Err() != nil {
			if c = h.connect(); c == nil {
				return
			}
		}
		switch {
		case client == 0 && (n == *steps/4 || n == *steps*3/4):
			h.outage(func() { h.router.crash(random, h.closeAll) })
		case client == 0 && n == *steps/2:
			h.outage(h.router.restart)
		default:
			h.step(c, random)
		}
	}
}

func (h *history) outage(f func()) {
	done := make(chan struct{})
	h.outages <- func() { f(); close(done) }
	<-done
}

// create makes a queue. One whose answer is cut off is nobody's.
func (h *history) create(c *conn) {
	q := &testQueue{}
	for i := range q.keys {
		key, err := client.NewKey(box.Ed25519)
		if err != nil {
			h.t.Error(err)
			return
		}
		q.keys[i] = key
	}
	made := make(chan struct{})
	call := h.now()
	err := c.client.DoNewQueue(client.QueueParams{Mode: smp.ModeMessaging}, func(rcv *client.RcvQueue, err error) {
		defer close(made)
		if err != nil {
			if c.client.Err() == nil {
				h.t.Error("NEW:", err)
			}
			return
		}
		h.mu.Lock()
		q.RcvQueue, q.number = rcv, len(h.queues)
		h.queues = append(h.queues, q)
		h.mu.Unlock()
		c.received++
		h.record(input{queue: q.number, conn: c.number, kind: opNew, turn: c.received}, output{text: "IDS"}, call, h.now())
	})
	if err == nil {
		<-made
	}
}

// step gives one command, on one of the last queues, or many at once.
func (h *history) step(c *conn, random *rand.Rand) {
	cut := random.IntN(60) == 0
	switch r := random.IntN(100); {
	case r < 2:
		h.create(c)
	case r < 14 && h.crowding.TryLock():
		h.crowd(c, random, cut)
		h.crowding.Unlock()
	default:
		if in, command, ok := h.choose(c, h.recent(random), random); ok {
			c.do(in, command, cut)
		}
	}
}

// drain receives all that is left: of every other queue by a subscription, of the rest by GET.
func (h *history) drain() {
	c := h.connect()
	if c == nil {
		return
	}
	for _, q := range h.queues {
		out := output{text: "SOK"}
		if q.number%2 == 0 {
			out = h.subscribe(c, q)
		} else {
			out = c.do(input{queue: q.number, kind: opGet}, q.Get(), false)
		}
		for n := 0; out.text == "MSG" && !h.t.Failed(); n++ {
			if n > h.messages {
				h.t.Errorf("queue %d has no end", q.number)
			}
			m, _ := c.latest(q.number)
			out = c.do(input{queue: q.number, kind: opAck, message: m.text}, q.Ack(m.id), false)
			if q.number%2 == 1 {
				out = c.do(input{queue: q.number, kind: opGet}, q.Get(), false)
			}
		}
	}
}

// subscribe subscribes a queue and waits for its first message, if it has one. A command of a connection that is cut may
// come between.
func (h *history) subscribe(c *conn, q *testQueue) output {
	for {
		if out := c.do(input{queue: q.number, kind: opSub}, q.Sub(), false); out.text != "SOK" {
			return out
		}
		size := c.do(input{queue: q.number, kind: opQue}, q.Que(), false).size
		if m, ok := c.latest(q.number); ok {
			return output{text: "MSG", message: m.text}
		}
		if size == 0 {
			return output{text: "OK"}
		}
		select {
		case <-c.changed:
		case <-time.After(patience):
			h.t.Errorf("queue %d: no message comes of %d", q.number, size)
			return output{}
		}
		if m, ok := c.latest(q.number); ok {
			return output{text: "MSG", message: m.text}
		}
	}
}
