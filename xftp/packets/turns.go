package packets

import (
	"context"
	"sync"
)

// turns has those who give the body of a packet its name or take it away do so one after the other, which with an object
// store may take long.
type turns struct {
	mu   sync.Mutex
	busy map[ID]chan struct{} // closed when the turn ends
}

// begin waits for a turn, and gives what ends it.
func (t *turns) begin(ctx context.Context, id ID) (end func(), err error) {
	for {
		t.mu.Lock()
		other := t.busy[id]
		if other == nil {
			break
		}
		t.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	defer t.mu.Unlock()
	if t.busy == nil {
		t.busy = make(map[ID]chan struct{})
	}
	done := make(chan struct{})
	t.busy[id] = done
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.busy, id)
		close(done)
	}, nil
}
