package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"switchyard/loadtest/load"
	"switchyard/loadtest/process"
	"switchyard/loadtest/seeded"
	"switchyard/smp"
)

// Orders of a process of a fleet:
//
//	connect  open the connections
//	queues   create the queues, or subscribe those of the store
//	return   the connections have ended or will: connect and subscribe again, each as often as it takes
const (
	orderConnect = "connect"
	orderQueues  = "queues"
	orderReturn  = "return"
)

// ProcessConfig is the part of a fleet that one process has. It goes through JSON.
type ProcessConfig struct {
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

// processStatus is what a process of a fleet says of itself.
type processStatus struct {
	process.Status
	Up         int64 `json:"up"`
	Subscribed int64 `json:"subscribed"`
	Redials    int64 `json:"redials"`
}

// dialTimeout lets a connection wait long for its turn when all come at once.
const dialTimeout = time.Minute

// Serve is the life of a process of a fleet.
func Serve(ctx context.Context, c ProcessConfig, orders io.Reader, states io.Writer) error {
	address, err := smp.ParseServerAddress(c.Server)
	if err != nil {
		return err
	}
	if err := process.RaiseFileLimit(c.Conns); err != nil {
		return err
	}
	client := load.Client{Address: address, Versions: c.Versions, BlockEncryption: c.BlockEncryption, Timeout: dialTimeout}
	w, err := newFleet(client, c.Conns, c.AtOnce, c.Group)
	if err != nil {
		return err
	}
	w.first = c.First
	defer w.close()
	server := server{c, w}
	o := &process.CommandLoop{Orders: orders, Every: process.StatusInterval, Out: json.NewEncoder(states),
		Run: server.obey, Status: server.state}
	return o.Serve(ctx)
}

// server is a fleet and what it shall do.
type server struct {
	config ProcessConfig
	fleet  *fleet
}

func (s *server) obey(ctx context.Context, order string) error {
	switch order {
	case orderConnect:
		return s.fleet.connect(ctx)
	case orderQueues:
		if s.config.Seeded == nil {
			return s.fleet.create(ctx, s.config.Queues)
		}
		if err := s.fleet.adopt(*s.config.Seeded, s.config.FirstQueue, s.config.Queues); err != nil {
			return err
		}
		return s.fleet.subscribe(ctx)
	case orderReturn:
		s.fleet.close()
		return s.fleet.comeBack(ctx)
	}
	return fmt.Errorf("unknown order %q", order)
}

func (s *server) state(now process.Status) any {
	w := s.fleet
	return processStatus{Status: now, Up: w.up.Load(), Subscribed: w.subscribed.Load(), Redials: w.redials.Load()}
}
