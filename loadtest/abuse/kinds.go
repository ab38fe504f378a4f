package abuse

import (
	"context"
	"maps"
	"slices"
)

// attackKind is a kind of attacker: so many connections, each of which calls attack again and again.
type attackKind struct {
	conns   int // at scale 1
	attack  func(context.Context, *attackers, int) error
	prepare func(*attackers) error // before the attack, may be nil
	store   attackStore            // queues of the store that it needs
}

// attackStore says which of the queues that were stored offline a kind of attacker uses.
type attackStore uint8

const (
	storeNone  attackStore = iota
	storeEmpty             // Config.Empty
	storeFull              // Config.Full
)

// attacks are all kinds. The first one leaves the router alone: what it does to the group is what the machine, its system
// and the harness do.
var attacks = map[string]attackKind{
	"cpu":           {conns: 4, attack: attackCPU},
	"tls":           {conns: 2000, attack: attackTLS},
	"blocks":        {conns: 1000, attack: attackBlocks},
	"silent":        {conns: 5000, attack: attackSilent},
	"resets":        {conns: 32, attack: attackReset},
	"burst":         {conns: 10_000, attack: attackBurst},
	"queues":        {conns: 32, attack: attackQueues},
	"one-queue":     {conns: 32, attack: attackOneQueue},
	"subscriptions": {conns: 1, attack: attackSubscriptions, prepare: (*attackers).adopt, store: storeEmpty},
	"slow-readers":  {conns: 32, attack: attackSlowReaders, prepare: (*attackers).adopt, store: storeFull},
	"dead-relays":   {conns: 32, attack: attackDeadRelays, prepare: (*attackers).listen},
}

// Kinds is the names of all kinds of attackers.
func Kinds() []string { return slices.Sorted(maps.Keys(attacks)) }
