package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
)

// Clients that disturb a router may live in processes of their own. Each process has its own limit of open files, and none of
// its work delays the clients whose latency is measured. This file has groups of processes that all get the same orders.

// Status is what every child says of itself.
type Status struct {
	Done int    `json:"done"` // orders that were carried out
	Err  string `json:"err,omitempty"`
}

func (s Status) status() Status { return s }

// reporter is a type of status, which embeds Status.
type reporter interface{ status() Status }

// Member is a child whose status is of type S.
type Member[S reporter] struct {
	*Child

	mu    sync.Mutex
	state S
}

// StartMember starts a member. program is its command, to which the configuration is added as JSON.
func StartMember[S reporter](program []string, config any, lower Priority) (p *Member[S], err error) {
	p = new(Member[S])
	p.Child, err = StartChild(program, config, lower, p.said)
	return p, err
}

// said keeps a status.
func (p *Member[S]) said(line []byte) {
	var s S
	if json.Unmarshal(line, &s) == nil {
		p.mu.Lock()
		p.state = s
		p.mu.Unlock()
	}
}

// Last is what the process said last.
func (p *Member[S]) Last() S {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

var errMemberEnded = errors.New("a process of the load ended")

// Group is children that get the same orders.
type Group[S reporter] struct {
	Members []*Member[S]
	orders  int // given so far
}

// Order gives an order to all; Done tells when they have obeyed.
func (c *Group[S]) Order(name string) error {
	c.orders++
	for _, p := range c.Members {
		if err := p.Order(name); err != nil {
			return fmt.Errorf("%w: %w", errMemberEnded, err)
		}
	}
	return nil
}

// Done reports whether all orders were carried out, or what went wrong.
func (c *Group[S]) Done() (bool, error) {
	done := true
	for _, p := range c.Members {
		s := p.Last().status()
		if s.Err != "" {
			return false, errors.New(s.Err)
		}
		select {
		case <-p.ended:
			return false, errMemberEnded
		default:
		}
		done = done && s.Done >= c.orders
	}
	return done, nil
}

// Close ends the processes.
func (c *Group[S]) Close() {
	for _, p := range c.Members {
		p.End()
	}
	for _, p := range c.Members {
		<-p.ended
	}
}

// Share is how many of n queues the ith of so many connections has.
func Share(n, conns, i int) int { return (n*(i+1))/conns - (n*i)/conns }
