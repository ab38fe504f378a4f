package crash

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/loadtest/load"
	"switchyard/loadtest/process"
)

// clientGroup is the client processes of a crash run. All methods but said are for one goroutine, the counters may be read by
// others.
type clientGroup struct {
	start   clientStarter
	members []*groupMember
	stall   time.Duration // time without any answer after which the run fails

	accepted, acked, disconnects, work atomic.Int64
}

// clientProcess is a process.Child, or one within the tests.
type clientProcess interface {
	Order(string) error
	Kill()
	Gone() <-chan struct{}
}

// clientStarter starts a client that says its states to said.
type clientStarter func(c ClientConfig, said func(ClientStatus)) (clientProcess, error)

// processStarter starts clients as processes by the command that calls ServeClient with the configuration behind it.
func processStarter(program []string) clientStarter {
	return func(c ClientConfig, said func(ClientStatus)) (clientProcess, error) {
		return process.StartChild(program, c, nil, func(line []byte) {
			var s ClientStatus
			if json.Unmarshal(line, &s) == nil {
				said(s)
			}
		})
	}
}

// groupMember is a client in all its lives.
type groupMember struct {
	group  *clientGroup
	config ClientConfig
	client clientProcess

	mu   sync.Mutex
	last ClientStatus // of the process that lives
}

// watchInterval is how often a run looks at what its clients have said.
const watchInterval = 5 * time.Millisecond

// A client has two connections, if there are enough for two clients: of a queue each has one end.
const (
	connsOfClient = 2
	minClients    = 2
)

// newClientGroup starts clients that share the connections and queues of a run.
func newClientGroup(start clientStarter, c ClientConfig, conns int, stall time.Duration) (*clientGroup, error) {
	w := &clientGroup{start: start, stall: stall}
	c.Of = max(minClients, min(conns/connsOfClient, c.Queues))
	for i := range c.Of {
		m := &groupMember{group: w, config: c}
		m.config.Number, m.config.Conns = i, process.Share(conns, c.Of, i)
		if err := m.begin(); err != nil {
			w.close()
			return nil, err
		}
		w.members = append(w.members, m)
	}
	return w, nil
}

// begin starts the next process of the client.
func (m *groupMember) begin() (err error) {
	m.mu.Lock()
	m.last = ClientStatus{}
	m.mu.Unlock()
	m.client, err = m.group.start(m.config, m.said)
	m.config.Life++
	return err
}

// said takes a state, which counts from the start of the process.
func (m *groupMember) said(s ClientStatus) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := m.group
	w.accepted.Add(s.Accepted - m.last.Accepted)
	w.acked.Add(s.Acked - m.last.Acked)
	w.disconnects.Add(s.Disconnects - m.last.Disconnects)
	w.work.Add(s.Work - m.last.Work)
	m.last = s
}

func (m *groupMember) state() ClientStatus {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last
}

// kill ends these clients at once and starts them again.
func (w *clientGroup) kill(members []int) error {
	for _, i := range members {
		w.members[i].client.Kill()
	}
	for _, i := range members {
		if err := w.members[i].begin(); err != nil {
			return err
		}
	}
	return nil
}

// failure is what a client cannot go on with.
func (w *clientGroup) failure() error {
	for i, m := range w.members {
		select {
		case <-m.client.Gone():
			return fmt.Errorf("client %d ended by itself", i)
		default:
		}
		if s := m.state(); s.Err != "" {
			return errors.New(s.Err)
		}
	}
	return nil
}

// until waits for a condition. It fails when the context ends, when a client cannot go on, or with ErrStalled.
func (w *clientGroup) until(ctx context.Context, condition func() bool) error {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	work, moved := w.work.Load(), time.Now()
	for !condition() {
		if err := w.failure(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case now := <-ticker.C:
			if n := w.work.Load(); n != work {
				work, moved = n, now
			} else if now.Sub(moved) > w.stall {
				return fmt.Errorf("%w for %v", load.ErrStalled, w.stall)
			}
		}
	}
	return w.failure()
}

// drain has the clients finish what they do, and waits until they have.
func (w *clientGroup) drain(ctx context.Context) error {
	for _, m := range w.members {
		if err := m.client.Order(orderDrain); err != nil {
			return fmt.Errorf("a client: %w", err)
		}
	}
	return w.until(ctx, func() bool {
		for _, m := range w.members {
			if m.state().Done == 0 {
				return false
			}
		}
		return true
	})
}

// close ends the clients. What they have to say is in their journals.
func (w *clientGroup) close() {
	for _, m := range w.members {
		m.client.Kill()
	}
}

// finish lets the clients delete their queues, if that does not take long.
func (w *clientGroup) finish() {
	ctx, cancel := context.WithTimeout(context.Background(), load.GraceTime)
	defer cancel()
	_ = w.drain(ctx) // what could not be done is visible in the report
}
