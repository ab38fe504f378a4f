package fleet

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"switchyard/loadtest/process"
)

// processNice is the niceness of a fleet's processes: what they do must not delay the router nor the clients that are
// measured, with which they share the cores.
const processNice = 5

// processGroup is a fleet that lives in processes of its own.
type processGroup struct {
	process.Group[processStatus]

	up, subscribed, redials atomic.Int64 // of all, as they said last
}

// startProcessGroup starts processes that share the connections and queues of c. program is the command that calls
// Serve with the configuration that is added to it.
func startProcessGroup(program []string, processes int, c ProcessConfig) (*processGroup, error) {
	if processes < 1 || processes > c.Conns {
		return nil, fmt.Errorf("%d processes for %d connections: give each at least one", processes, c.Conns)
	}
	p := &processGroup{}
	for i := range processes {
		part := c
		part.Conns, part.Queues = process.Share(c.Conns, processes, i), process.Share(c.Queues, processes, i)
		part.First, part.FirstQueue = c.Conns*i/processes, c.Queues*i/processes
		if part.AtOnce = c.AtOnce / processes; part.AtOnce < 1 {
			part.AtOnce = 1
		}
		child, err := process.StartMember[processStatus](program, part, process.Nice(processNice))
		if err != nil {
			p.Close()
			return nil, err
		}
		p.Members = append(p.Members, child)
	}
	return p, nil
}

// Order gives an order to all processes; Done tells when they have obeyed.
func (p *processGroup) Order(name string) error {
	if name == orderReturn {
		p.up.Store(0) // what they said before
		p.subscribed.Store(0)
	}
	return p.Group.Order(name)
}

// Done reports whether all orders were carried out, or what went wrong.
func (p *processGroup) Done() (bool, error) {
	done, err := p.Group.Done()
	if err != nil {
		return false, err
	}
	var up, subscribed, redials int64
	for _, c := range p.Members {
		s := c.Last()
		up, subscribed, redials = up+s.Up, subscribed+s.Subscribed, redials+s.Redials
	}
	p.up.Store(up)
	p.subscribed.Store(subscribed)
	p.redials.Store(redials)
	return done, nil
}

// obey gives an order and waits until it was carried out.
func (p *processGroup) obey(ctx context.Context, name string) error {
	if err := p.Order(name); err != nil {
		return err
	}
	ticker := time.NewTicker(process.StatusInterval / 2)
	defer ticker.Stop()
	for {
		done, err := p.Done()
		if done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
}
