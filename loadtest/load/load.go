package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/box"
	"switchyard/loadtest/history"
	"switchyard/loadtest/journal"
	"switchyard/smp"
	"switchyard/smp/client"
)

var (
	errSecondUnacked = errors.New("a message came while another of its queue was not acknowledged")
	ErrStalled       = errors.New("no progress")
)

// bodyBuffers are message bodies on their way to be encrypted.
var bodyBuffers = sync.Pool{New: func() any { b := make([]byte, 0, smp.MaxBody(smp.MinVersion)); return &b }}

// Config says what a load does. Functions are called from many goroutines.
type Config struct {
	Dial       Dialer
	Conns      int                       // links; queue n receives on one and sends on another
	Slots      int                       // queues at a time, of which with keep one end each lives here
	Size       int                       // of a message body
	Rate       float64                   // messages a second in all, 0: as many as there is room for
	Ramp       time.Duration             // in which the rate grows to that
	Auth       Auth                      // of the sender
	Oldest     bool                      // the version may be older than 9: queues have no mode, so senders no SKEY
	Run        uint64                    // number of the run
	Stall      time.Duration             // time without any answer after which the load gives up
	Window     func(slot int) int        // see queue
	Messages   func(queue uint32) uint32 // how many the nth queue carries
	Holds      func(slot int) bool       // the recipient leaves its message unacknowledged for now
	Epoch      func() uint32             // of the router process
	Renew      bool                      // a queue that was deleted is followed by another
	LossWindow *history.LossWindow       // of the router process; nil: it is not killed
	Journals   *journal.Dir              // what survives this process; nil: it is not killed
	Sessions   uint32                    // numbers of sessions before those of this process
	Stored     []*client.RcvQueue        // that the router has, not secured, one a slot; nil: they are created
}

// Load is queues on links under load.
type Load struct {
	Config
	links   []*link
	keys    []*client.Key // of senders, one a slot
	Count   Counters
	Latency Histograms

	sending  atomic.Bool // messages may be sent
	deleting atomic.Bool // queues that are drained are deleted
	stopped  atomic.Bool // nothing new is begun
	released atomic.Uint64
	started  time.Time // when sending began; set before sending is

	changed chan struct{} // has an element when a counter that someone may wait for has changed

	mu      sync.Mutex
	queues  []*queue // all of the run
	err     error    // what ends the run
	downErr error    // why the last link that went down did
}

// New makes the links of a load; Prepare or Begin dials them.
func New(c Config) (*Load, error) {
	l := &Load{Config: c, changed: make(chan struct{}, 1), Latency: NewHistograms(), keys: make([]*client.Key, c.Slots)}
	if alg := c.Auth.alg(); alg != 0 {
		for i := range l.keys {
			k, err := client.NewKey(alg)
			if err != nil {
				return nil, err
			}
			l.keys[i] = k
		}
	}
	for range c.Conns {
		l.links = append(l.links, newLink(l))
	}
	return l, nil
}

// dialsAtOnce bounds how many connections are being made, so that none waits for its handshake behind many others.
const dialsAtOnce = 64

// connect starts all links. With patience they may stay down, which is what a router that is killed does to them;
// without it connect waits until they are up and fails with the first that cannot.
func (l *Load) connect(ctx context.Context, patient bool) error {
	for i, k := range l.links {
		k.dial(l.Config.Dial, i)
		if patient {
			continue
		}
		if err := l.Until(ctx, l.connected(i+1-dialsAtOnce)); err != nil {
			return err
		}
	}
	if patient {
		return nil
	}
	return l.Until(ctx, l.connected(l.Conns))
}

// connected is the condition that n links are up; the failure of any ends the run.
func (l *Load) connected(n int) func() bool {
	return func() bool {
		l.mu.Lock()
		if l.downErr != nil && l.err == nil {
			l.err = l.downErr
		}
		l.mu.Unlock()
		return l.Count.links.Load() >= int64(n)
	}
}

// create starts all slots.
func (l *Load) create() {
	for slot := range l.Slots {
		l.add(slot).start()
	}
}

// add makes the queue of a slot, or the next one. Its recipient and its sender are on different links.
func (l *Load) add(slot int) *queue {
	n := len(l.links)
	receiver, sender := l.links[slot%n], l.links[(slot+max(1, n/2))%n]
	var q *queue
	if l.Journals == nil {
		q = newQueue(l, slot, uint32(slot), receiver, sender)
	} else {
		q = l.restore(slot, receiver, sender)
	}
	if l.Stored != nil {
		q.takeOver(l.Stored[slot])
	}
	l.mu.Lock()
	l.queues = append(l.queues, q)
	l.mu.Unlock()
	if l.stopped.Load() { // after stop has gone through the queues, or before
		q.stop()
	}
	return q
}

// all is the queues of the run so far.
func (l *Load) all() []*queue {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.queues[:len(l.queues):len(l.queues)]
}

func (l *Load) wake() {
	for _, q := range l.all() {
		q.wake()
	}
}

// Send lets messages flow.
func (l *Load) Send() {
	l.started = time.Now()
	l.sending.Store(true)
	l.wake()
}

// Stop begins nothing new: what is on its way is finished.
func (l *Load) Stop() {
	l.stopped.Store(true)
	for _, q := range l.all() {
		q.stop()
	}
	for _, q := range l.all() {
		q.release()
	}
}

// Remove deletes the queues, now those that are drained, later the others.
func (l *Load) Remove() {
	l.deleting.Store(true)
	l.wake()
}

// Close ends all connections and closes the journals.
func (l *Load) Close() {
	var all sync.WaitGroup
	for _, k := range l.links {
		all.Go(k.close)
	}
	all.Wait()
	for _, q := range l.all() {
		if q.journal != nil { // what is written is written
			_ = q.journal.Close()
			_ = q.remote.Close()
		}
	}
}

// tickInterval is how often a load that waits looks at its clock: for messages that are due by rate, for queues that
// pause, for the lack of progress.
const (
	tickInterval  = 5 * time.Millisecond
	minTick       = 200 * time.Microsecond
	pauseInterval = time.Second
)

// Until waits for a condition and keeps the clock meanwhile. It fails when the context ends, when the load cannot go
// on, or with ErrStalled.
func (l *Load) Until(ctx context.Context, condition func() bool) error {
	ticker := time.NewTimer(l.nextTick())
	defer ticker.Stop()
	work, moved, resumed := l.Count.Work(), time.Now(), time.Now()
	for !condition() {
		if err := l.failure(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.changed:
		case now := <-ticker.C:
			l.releaseDue(now)
			l.followRemotes()
			if w := l.Count.Work(); w != work {
				work, moved = w, now
			} else if now.Sub(moved) > l.Stall {
				return fmt.Errorf("%w for %v", ErrStalled, l.Stall)
			}
			if now.Sub(resumed) > pauseInterval {
				resumed = now
				l.resume()
			}
			ticker.Reset(l.nextTick())
		}
	}
	return l.failure()
}

// nextTick is how long a load that waits may leave its clock alone: until the next message is due by rate, so that no tick
// counts as latency.
func (l *Load) nextTick() time.Duration {
	if l.Rate <= 0 || !l.sending.Load() {
		return tickInterval
	}
	due := l.started.Add(l.pacer().Due(l.released.Load()))
	return min(tickInterval, max(minTick, time.Until(due)))
}

func (l *Load) pacer() Pacer { return Pacer{Rate: l.Rate, Ramp: l.Ramp} }

// releaseDue lets the messages that are due by rate go.
func (l *Load) releaseDue(now time.Time) {
	if l.Rate <= 0 || !l.sending.Load() {
		return
	}
	due := l.pacer().Released(now.Sub(l.started))
	from := l.released.Swap(due)
	if due <= from {
		return
	}
	queues := l.all()
	for n := from; n < min(due, from+uint64(l.Slots)); n++ {
		queues[n%uint64(l.Slots)].wake()
	}
}

// resume wakes queues that pause, in case that what they wait for went unseen.
func (l *Load) resume() {
	for _, q := range l.all() {
		q.resume()
	}
}

// due says when the nth message of a slot is to be sent, and whether that time has come.
func (l *Load) due(slot int, message uint32) (time.Time, bool) {
	n := uint64(message)*uint64(l.Slots) + uint64(slot)
	intended := l.pacer().Intended(l.started, n, time.Now())
	return intended, l.Rate <= 0 || n < l.released.Load()
}

// Fail ends the run.
func (l *Load) Fail(format string, args ...any) {
	l.mu.Lock()
	if l.err == nil {
		l.err = fmt.Errorf(format, args...)
	}
	l.mu.Unlock()
	l.signal()
}

func (l *Load) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

func (l *Load) signal() {
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// queueParams is how queues are created.
func (l *Load) queueParams() client.QueueParams {
	p := client.QueueParams{Alg: box.Ed25519, Subscribe: true}
	if !l.Oldest {
		p.Mode = smp.ModeMessaging
	}
	return p
}

func (l *Load) key(slot int) *client.Key { return l.keys[slot] }

// securedByRecipient alternates between KEY and SKEY where both exist.
func (l *Load) securedByRecipient(number uint32) bool { return l.Oldest || number%2 == 0 }
