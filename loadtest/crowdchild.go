package loadtest

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

// Orders of a process of a crowd:
//
//	connect  open the connections
//	queues   create the queues, or subscribe those of the store
//	return   the connections have ended or will: connect and subscribe again, each as often as it takes
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

// crowdState is what a process of a crowd says of itself.
type crowdState struct {
	process.Status
	Up         int64 `json:"up"`
	Subscribed int64 `json:"subscribed"`
	Redials    int64 `json:"redials"`
}

// crowdDialTimeout lets a connection wait long for its turn when all come at once.
const crowdDialTimeout = time.Minute

// ServeCrowd is the life of a process of a crowd.
func ServeCrowd(ctx context.Context, c CrowdConfig, orders io.Reader, states io.Writer) error {
	address, err := smp.ParseServerAddress(c.Server)
	if err != nil {
		return err
	}
	if err := process.RaiseFileLimit(c.Conns); err != nil {
		return err
	}
	client := load.Client{Address: address, Versions: c.Versions, BlockEncryption: c.BlockEncryption, Timeout: crowdDialTimeout}
	w, err := newCrowd(client, c.Conns, c.AtOnce, c.Group)
	if err != nil {
		return err
	}
	w.first = c.First
	defer w.close()
	server := crowdServer{c, w}
	o := &process.CommandLoop{Orders: orders, Every: process.StatusInterval, Out: json.NewEncoder(states), Run: server.obey, Status: server.state}
	return o.Serve(ctx)
}

// crowdServer is a crowd and what it shall do.
type crowdServer struct {
	config CrowdConfig
	crowd  *crowd
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

func (s *crowdServer) state(now process.Status) any {
	w := s.crowd
	return crowdState{Status: now, Up: w.up.Load(), Subscribed: w.subscribed.Load(), Redials: w.redials.Load()}
}
