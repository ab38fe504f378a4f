package loadtest

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"sync"
	"time"
)

// stateEvery is how often a child says how far it is, when nobody waits for it.
const stateEvery = 100 * time.Millisecond

// obedience is a child's side: it carries out orders and says its state. The scenario's part is in the functions.
type obedience struct {
	orders io.Reader
	every  time.Duration // how often it says its state
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
			if err := s.obey(ctx, order); ctx.Err() == nil { // else it is ended, and that is no failure
				s.finish(err)
			}
		}
	}
}

// tell says the state now and then.
func (s *obedience) tell(ctx context.Context) {
	ticker := time.NewTicker(s.every)
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

// finish says that an order was carried out, or why not.
func (s *obedience) finish(err error) {
	s.mu.Lock()
	s.now.Done++
	s.mu.Unlock()
	s.fail(err)
}

// fail says what the process cannot go on with, if there is anything.
func (s *obedience) fail(err error) {
	s.mu.Lock()
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
