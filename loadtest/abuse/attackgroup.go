package abuse

import (
	"cmp"
	"context"
	"sync/atomic"
	"time"

	"switchyard/loadtest/load"
	"switchyard/loadtest/process"
)

// attackConns is how many attackers a process has, because of its limit of open files.
const attackConns = 10_000

// attackGroup is the attackers of one kind, in processes of their own. They stand for machines elsewhere, so they get what the
// router and the measured group leave of the cores.
type attackGroup struct {
	process.Group[attackStatus]

	succeeded atomic.Int64 // as they said last
}

// startAttackGroup starts processes that share the connections and queues of c. program is the command that calls Serve
// with the configuration that is added to it.
func startAttackGroup(program []string, c AttackConfig) (*attackGroup, error) {
	w := &attackGroup{}
	for _, part := range shares(c) {
		p, err := process.StartMember[attackStatus](program, part, process.OnlyIdle)
		if err != nil {
			w.Close()
			return nil, err
		}
		w.Members = append(w.Members, p)
	}
	return w, nil
}

// shares are the parts of the processes.
func shares(c AttackConfig) (parts []AttackConfig) {
	processes := (c.Conns + attackConns - 1) / attackConns
	for i := range processes {
		part := c
		part.Conns, part.Queues = process.Share(c.Conns, processes, i), process.Share(c.Queues, processes, i)
		part.First, part.FirstQueue = c.Conns*i/processes, c.Queues*i/processes
		parts = append(parts, part)
	}
	return parts
}

// sum is what all of them say.
func (w *attackGroup) sum() attackStatus {
	all := attackStatus{Failed: make(map[string]int64)}
	for _, p := range w.Members {
		s := p.Last()
		all.Attempts += s.Attempts
		all.Succeeded += s.Succeeded
		for reason, n := range s.Failed {
			all.Failed[reason] += n
		}
	}
	w.succeeded.Store(all.Succeeded)
	return all
}

// cpu is the CPU time that they have used.
func (w *attackGroup) cpu() (used time.Duration) {
	for _, p := range w.Members {
		if s, err := process.ReadStat(p.Command.Process.Pid); err == nil {
			used += s.CPU
		}
	}
	return used
}

// obey gives an order and waits until it was carried out, while the group goes on.
func (w *attackGroup) obey(ctx context.Context, l *load.Load, order string) error {
	if err := w.Order(order); err != nil {
		return err
	}
	var failure error
	err := l.Until(ctx, func() bool {
		var done bool
		done, failure = w.Done()
		return done || failure != nil
	})
	return cmp.Or(failure, err)
}

// leave ends the processes while the group goes on.
func (w *attackGroup) leave(ctx context.Context, l *load.Load) error {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		w.Close()
	}()
	return l.Until(ctx, func() bool {
		select {
		case <-gone:
			return true
		default:
			return false
		}
	})
}
