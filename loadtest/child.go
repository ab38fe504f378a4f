package loadtest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// What disturbs a router may live in processes of its own: each has its own limit of open files, and none of its work
// delays the clients whose latency is measured. Here are those that all get the same orders.

// stateEvery is how often a child says how far it is.
const stateEvery = 100 * time.Millisecond

// childState is what every process says of itself.
type childState struct {
	Done int    `json:"done"` // orders that were carried out
	Err  string `json:"err,omitempty"`
}

func (s childState) common() childState { return s }

// stated is a state, which embeds childState.
type stated interface{ common() childState }

// child is a process whose states are of type S.
type child[S stated] struct {
	*childProcess

	mu    sync.Mutex
	state S
}

// startStated starts a child. program is its command, to which the configuration is added as JSON.
func startStated[S stated](program []string, config any, lower priority) (p *child[S], err error) {
	p = new(child[S])
	p.childProcess, err = startChild(program, config, lower, p.said)
	return p, err
}

// said keeps a state.
func (p *child[S]) said(line []byte) {
	var s S
	if json.Unmarshal(line, &s) == nil {
		p.mu.Lock()
		p.state = s
		p.mu.Unlock()
	}
}

// last is what the process said last.
func (p *child[S]) last() S {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

var errChildEnded = errors.New("a process of the load ended")

// children are processes that get the same orders.
type children[S stated] struct {
	all    []*child[S]
	orders int // given so far
}

// order gives an order to all; carriedOut tells when they have obeyed.
func (c *children[S]) order(name string) error {
	c.orders++
	for _, p := range c.all {
		if err := p.order(name); err != nil {
			return fmt.Errorf("%w: %w", errChildEnded, err)
		}
	}
	return nil
}

// carriedOut reports whether all orders were carried out, or what went wrong.
func (c *children[S]) carriedOut() (bool, error) {
	done := true
	for _, p := range c.all {
		s := p.last().common()
		if s.Err != "" {
			return false, errors.New(s.Err)
		}
		select {
		case <-p.ended:
			return false, errChildEnded
		default:
		}
		done = done && s.Done >= c.orders
	}
	return done, nil
}

// close ends the processes.
func (c *children[S]) close() {
	for _, p := range c.all {
		p.end()
	}
	for _, p := range c.all {
		<-p.ended
	}
}

// obedience is a child's side: it carries out orders and says its state. The scenario's part is in the functions.
type obedience struct {
	orders io.Reader
	obey   func(ctx context.Context, order string) error
	state  func(childState) any

	mu  sync.Mutex
	out *json.Encoder
	now childState
}

// serve carries out orders until the input ends.
func (s *obedience) serve(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() { s.tell(ctx) })
	defer all.Wait()
	defer cancel()
	lines := make(chan string)
	go func() { // ends with the input
		defer cancel()
		for in := bufio.NewScanner(s.orders); in.Scan(); {
			select {
			case lines <- in.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case order := <-lines:
			s.finish(s.obey(ctx, order))
		}
	}
}

// tell says the state now and then.
func (s *obedience) tell(ctx context.Context) {
	ticker := time.NewTicker(stateEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.say()
		}
	}
}

func (s *obedience) finish(err error) {
	s.mu.Lock()
	s.now.Done++
	if err != nil {
		s.now.Err = err.Error()
	}
	s.mu.Unlock()
	s.say()
}

func (s *obedience) say() {
	s.mu.Lock()
	defer s.mu.Unlock()
	// When nobody listens any more the input has ended, too.
	_ = s.out.Encode(s.state(s.now))
}
