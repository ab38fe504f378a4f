package loadtest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"switchyard/loadtest/seeded"
	"switchyard/smp"
)

// A crowd may live in processes of its own: each has its own limit of open files, and none of its work delays the
// clients whose latency is measured. The parent writes orders to the standard input of such a process and reads its
// states from the standard output, both one line each:
//
//	connect  open the connections
//	queues   create the queues, or subscribe those of the store
//	return   the connections have ended or will: connect and subscribe again, each as often as it takes
//
// The end of the input ends the process.
const (
	orderConnect = "connect"
	orderQueues  = "queues"
	orderReturn  = "return"
)

// CrowdConfig is the part of a crowd that one process has. It goes through JSON.
type CrowdConfig struct {
	Server          string           `json:"server"` // address
	Versions        smp.VersionRange `json:"versions"`
	BlockEncryption bool             `json:"blockEncryption"`
	First           int              `json:"first"` // number of the first connection
	Conns           int              `json:"conns"`
	AtOnce          int              `json:"atOnce"` // connections that are worked on at a time
	Group           string           `json:"group"`
	FirstQueue      int              `json:"firstQueue"`
	Queues          int              `json:"queues"`
	Seeded          *seeded.Plan     `json:"seeded,omitempty"`
}

// crowdState is what a process of a crowd says of itself. Done counts the orders that were carried out.
type crowdState struct {
	Up         int64  `json:"up"`
	Subscribed int64  `json:"subscribed"`
	Redials    int64  `json:"redials"`
	Done       int    `json:"done"`
	Err        string `json:"err,omitempty"`
}

// stateEvery is how often a process of a crowd says how far it is.
const stateEvery = 100 * time.Millisecond

// crowdDialTimeout lets a connection wait long for its turn when all come at once.
const crowdDialTimeout = time.Minute

// ServeCrowd is the life of a process of a crowd.
func ServeCrowd(ctx context.Context, c CrowdConfig, orders io.Reader, states io.Writer) error {
	address, err := smp.ParseServerAddress(c.Server)
	if err != nil {
		return err
	}
	if err := RaiseFileLimit(c.Conns); err != nil {
		return err
	}
	client := Client{Address: address, Versions: c.Versions, BlockEncryption: c.BlockEncryption, Timeout: crowdDialTimeout}
	w, err := newCrowd(client, c.Conns, c.AtOnce, c.Group)
	if err != nil {
		return err
	}
	w.first = c.First
	ctx, cancel := context.WithCancel(ctx)
	defer w.close()
	s := &crowdServer{config: c, crowd: w, out: json.NewEncoder(states)}
	var all sync.WaitGroup
	all.Go(func() { s.tell(ctx) })
	defer all.Wait()
	defer cancel()
	lines := make(chan string)
	go func() { // ends with the input
		defer cancel()
		for in := bufio.NewScanner(orders); in.Scan(); {
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

// crowdServer is a crowd and what it says.
type crowdServer struct {
	config CrowdConfig
	crowd  *crowd

	mu   sync.Mutex
	out  *json.Encoder
	done int
	err  string
}

func (s *crowdServer) obey(ctx context.Context, order string) error {
	switch order {
	case orderConnect:
		return s.crowd.connect(ctx)
	case orderQueues:
		if s.config.Seeded == nil {
			return s.crowd.create(ctx, s.config.Queues)
		}
		if err := s.crowd.adopt(*s.config.Seeded, s.config.FirstQueue, s.config.Queues); err != nil {
			return err
		}
		return s.crowd.subscribe(ctx)
	case orderReturn:
		s.crowd.close()
		return s.crowd.comeBack(ctx)
	}
	return fmt.Errorf("unknown order %q", order)
}

// tell says the state now and then.
func (s *crowdServer) tell(ctx context.Context) {
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

func (s *crowdServer) finish(err error) {
	s.mu.Lock()
	s.done++
	if err != nil {
		s.err = err.Error()
	}
	s.mu.Unlock()
	s.say()
}

func (s *crowdServer) say() {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.crowd
	// When nobody listens any more the input has ended, too.
	_ = s.out.Encode(crowdState{Up: w.up.Load(), Subscribed: w.subscribed.Load(), Redials: w.redials.Load(),
		Done: s.done, Err: s.err})
}
