package client

import (
	"context"
	"sync"

	"switchyard/smp"
)

const (
	maxParallel = 16 // packets under way, as in the reference
	perRouter   = 4  // of them with one router, each on a connection of its own
)

// task is the work on one packet of a router.
type task struct {
	server smp.ServerAddress
	run    func(ctx context.Context) error
}

// parallel runs tasks, at most perRouter of one router and maxParallel in all. After the first error, which is
// returned, no further task begins; those under way come to their end, so that nothing half done is thrown away.
func parallel(ctx context.Context, tasks []task) error {
	fine, fail := context.WithCancelCause(ctx) // of beginning, not of the tasks
	defer fail(nil)
	slots := make(chan struct{}, maxParallel)
	queues := make(map[string]chan task)
	var wg sync.WaitGroup
	for _, t := range tasks {
		key := t.server.String()
		if queues[key] == nil {
			queues[key] = make(chan task, len(tasks))
		}
		queues[key] <- t
	}
	for _, queue := range queues {
		close(queue)
		for range min(perRouter, len(queue)) {
			wg.Go(func() {
				for t := range queue {
					slots <- struct{}{}
					err := context.Cause(fine)
					if err == nil {
						err = t.run(ctx)
					}
					<-slots
					if err != nil {
						fail(err) // only the first counts
						return
					}
				}
			})
		}
	}
	wg.Wait()
	return context.Cause(fine)
}
