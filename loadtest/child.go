package loadtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
)

// What disturbs a router may live in processes of its own: each has its own limit of open files, and none of its work
// delays the clients whose latency is measured. Here are those that all get the same orders.

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

// share is how many of n queues the ith of so many connections has.
func share(n, conns, i int) int { return (n*(i+1))/conns - (n*i)/conns }
