package process

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"sync"
	"time"
)

// StatusInterval is how often a child says how far it is, when nobody waits for it.
const StatusInterval = 100 * time.Millisecond

// CommandLoop is a child's side: it carries out orders and says its state. The scenario's part is in the functions.
type CommandLoop struct {
	Orders io.Reader
	Every  time.Duration // how often it says its state
	Run    func(ctx context.Context, order string) error
	Status func(Status) any

	mu  sync.Mutex
	Out *json.Encoder
	now Status
}

// Serve carries out orders until the input ends.
func (s *CommandLoop) Serve(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() { s.tell(ctx) })
	defer all.Wait()
	defer cancel()
	lines := make(chan string)
	go func() { // ends with the input
		defer cancel()
		for in := bufio.NewScanner(s.Orders); in.Scan(); {
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
			if err := s.Run(ctx, order); ctx.Err() == nil { // else it is ended, and that is no failure
				s.finish(err)
			}
		}
	}
}

// tell says the state now and then.
func (s *CommandLoop) tell(ctx context.Context) {
	ticker := time.NewTicker(s.Every)
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
func (s *CommandLoop) finish(err error) {
	s.mu.Lock()
	s.now.Done++
	s.mu.Unlock()
	s.Fail(err)
}

// Fail says what the process cannot go on with, if there is anything.
func (s *CommandLoop) Fail(err error) {
	s.mu.Lock()
	if err != nil {
		s.now.Err = err.Error()
	}
	s.mu.Unlock()
	s.say()
}

func (s *CommandLoop) say() {
	s.mu.Lock()
	defer s.mu.Unlock()
	// When nobody listens any more the input has ended, too.
	_ = s.Out.Encode(s.Status(s.now))
}
