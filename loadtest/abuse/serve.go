package abuse

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"switchyard/loadtest/load"
	"switchyard/loadtest/process"
	"switchyard/loadtest/seeded"
	"switchyard/smp"
)

// Orders of a process of attackers:
//
//	prepare  do what must be done before
//	attack   begin, and go on until the input ends
const (
	orderPrepare = "prepare"
	orderAttack  = "attack"
)

// AttackConfig is the part of the attackers that one process has. It goes through JSON.
type AttackConfig struct {
	Server          string           `json:"server"` // address
	Versions        smp.VersionRange `json:"versions"`
	BlockEncryption bool             `json:"blockEncryption"`
	Kind            string           `json:"kind"`
	First           int              `json:"first"` // number of the first attacker
	Conns           int              `json:"conns"`
	Seeded          *seeded.Plan     `json:"seeded,omitempty"` // queues of the store
	FirstQueue      int              `json:"firstQueue"`
	Queues          int              `json:"queues"` // of them that the attackers use
}

// attackStatus is what a process of attackers says of itself.
type attackStatus struct {
	process.Status
	Attempts  int64            `json:"attempts"`
	Succeeded int64            `json:"succeeded"`
	Failed    map[string]int64 `json:"failed,omitempty"` // by what they saw
}

// Serve is the life of a process of attackers.
func Serve(ctx context.Context, c AttackConfig, orders io.Reader, states io.Writer) error {
	address, err := smp.ParseServerAddress(c.Server)
	if err != nil {
		return err
	}
	kind, known := attacks[c.Kind]
	if !known {
		return unknownAttack(c.Kind)
	}
	if err := process.RaiseFileLimit(c.Conns); err != nil {
		return err
	}
	client := load.Client{Address: address, Versions: c.Versions, BlockEncryption: c.BlockEncryption, Timeout: attackDialTimeout}
	a := &attackers{config: c, client: client, kind: kind, failed: make(map[string]int64)}
	defer a.running.Wait()
	o := &process.CommandLoop{Orders: orders, Every: process.StatusInterval, Out: json.NewEncoder(states), Run: a.obey, Status: a.state}
	return o.Serve(ctx)
}

func (a *attackers) obey(ctx context.Context, order string) error {
	switch {
	case order == orderAttack:
		a.run(ctx)
	case order != orderPrepare:
		return fmt.Errorf("unknown order %q", order)
	case a.kind.prepare != nil:
		return a.kind.prepare(a)
	}
	return nil
}

func (a *attackers) state(now process.Status) any {
	return attackStatus{Status: now, Attempts: a.attempts.Load(), Succeeded: a.succeeded.Load(), Failed: a.failures()}
}

func unknownAttack(kind string) error {
	return fmt.Errorf("there is no attacker %q; give one of %v", kind, Kinds())
}
