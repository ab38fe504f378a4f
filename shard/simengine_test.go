//go:build simulate

package shard_test

import (
	"testing"

	"github.com/panjf2000/gnet/v2"

	"switchyard/engine"
	"switchyard/shard"
	"switchyard/smp"
)

// TestSimulation simulates shards with the loops and sessions of package engine.
func TestSimulation(t *testing.T) {
	server, client, err := engine.SimulatedTLS()
	if err != nil {
		t.Fatal(err)
	}
	secret := shard.SimConnection(client)
	shard.Simulate(t, func(set *shard.Set, limits shard.SimLimits) shard.SimRouter {
		l := engine.Limits{Subscriptions: limits.Subscriptions, CommandsPerSecond: limits.CommandsPerSecond}
		return router{engine.NewSimulated(set, l, server, &secret)}
	})
}

// router is engine's as the simulation knows it.
type router struct{ *engine.Simulated }

func (r router) Open(c gnet.Conn, v smp.Version) *shard.Client {
	return r.Simulated.Open(c.(engine.SimulatedSocket), v)
}
func (r router) Traffic(c gnet.Conn) { r.Simulated.Traffic(c.(engine.SimulatedSocket)) }
func (r router) Closed(c gnet.Conn)  { r.Simulated.Closed(c.(engine.SimulatedSocket)) }
func (r router) Session(c gnet.Conn) shard.SimSession {
	s := r.Simulated.Session(c.(engine.SimulatedSocket))
	return shard.SimSession{Open: s.Open, Clogged: s.Clogged, Waits: s.Waits, Asked: s.Asked}
}
