package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"switchyard/loadtest/history"
	"switchyard/loadtest/journal"
	"switchyard/loadtest/load"
	"switchyard/loadtest/process"
	"switchyard/loadtest/verify"
	"switchyard/smp"
)

// ClientConfig is what a client process of a crash run is given. It goes through JSON.
type ClientConfig struct {
	Dir    string        `json:"dir"` // of the journals of all clients, and of the ledger
	Server string        `json:"server"`
	Proxy  string        `json:"proxy,omitempty"`
	Number int           `json:"number"` // of this client
	Of     int           `json:"of"`     // clients, at least 2
	Life   uint32        `json:"life"`   // how many processes this client had before
	Conns  int           `json:"conns"`  // of this client
	Queues int           `json:"queues"` // of all clients at a time
	Size   int           `json:"size"`
	Auth   load.Auth     `json:"auth"`
	Seed   uint64        `json:"seed"`
	Window time.Duration `json:"window"` // of what the router may forget
}

// ClientStatus is what a client process says of itself. It counts from its own start.
type ClientStatus struct {
	process.Status
	Accepted    int64 `json:"accepted"`
	Acked       int64 `json:"acked"`
	Work        int64 `json:"work"`
	Disconnects int64 `json:"disconnects"`
}

// orderDrain is that nothing new is begun, queues are emptied and deleted, and asked for again.
const orderDrain = "drain"

// What is in the directory of the journals, too.
const ledgerName = "ledger"

// sayEvery is how often a client process says how far it is; sessionsOfLife is more than a process has on a link.
const (
	sayEvery       = 20 * time.Millisecond
	sessionsOfLife = 1 << 16
)

// dialTimeoutLocal is enough for a router on this machine, and short enough that one that was killed while it shook
// hands does not hold up its clients.
const dialTimeoutLocal = 5 * time.Second

// ServeClient is the life of a client process of a crash run. It may be killed at any time; another with the same
// configuration goes on from what it has written.
func ServeClient(ctx context.Context, c ClientConfig, orders io.Reader, states io.Writer) error {
	server, err := smp.ParseServerAddress(c.Server)
	if err != nil {
		return err
	}
	v := verify.Config{Client: load.Client{Address: server, BlockEncryption: true, Timeout: dialTimeoutLocal}}
	if c.Proxy != "" {
		proxy, err := smp.ParseServerAddress(c.Proxy)
		if err != nil {
			return err
		}
		v.Proxy = &proxy
	}
	if err := process.RaiseFileLimit(2*c.Conns + 2*c.Queues); err != nil {
		return err
	}
	return serveClient(ctx, c, v.Dialer(), orders, states)
}

func serveClient(ctx context.Context, c ClientConfig, d load.Dialer, orders io.Reader, states io.Writer) error {
	ledger, err := os.Open(filepath.Join(c.Dir, ledgerName))
	if err != nil {
		return err
	}
	defer ledger.Close()
	keep, err := journal.OpenDir(c.Dir, c.Number, c.Of, c.Queues)
	if err != nil {
		return err
	}
	defer keep.Close()
	l, err := load.New(c.load(d, keep, &history.LossWindow{Length: c.Window, Ledger: ledger}))
	if err != nil {
		return err
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	child := client{l}
	o := &process.CommandLoop{Orders: orders, Every: sayEvery, Out: json.NewEncoder(states), Run: child.obey, Status: child.state}
	if err := l.Begin(ctx); err != nil {
		return err
	}
	all.Go(func() { // also while the order is carried out and after it, for the clients that have the other ends
		if err := l.Until(ctx, func() bool { return false }); ctx.Err() == nil {
			o.Fail(err)
		}
	})
	return o.Serve(ctx)
}

// What queues do in a crash run. Most are busy with a few messages on their way; one in four leaves its messages
// unacknowledged every other life of the router, so that they are at rest when it dies; every other one of these
// goes on sending until it meets the quota.
const (
	window       = 4
	quotaWindow  = 160
	minMessages  = 20
	moreMessages = 400
)

func (c *ClientConfig) load(d load.Dialer, keep *journal.Dir, of *history.LossWindow) load.Config {
	return load.Config{
		Dial: d, Conns: c.Conns, Slots: len(keep.Endpoints), Size: c.Size, Auth: c.Auth, Run: c.Seed, Renew: true,
		Stall: math.MaxInt64, // who started this process watches
		Window: func(slot int) int {
			if keep.Endpoints[slot].Slot%8 == 7 {
				return quotaWindow
			}
			return window
		},
		Messages: func(queue uint32) uint32 {
			r := rand.New(rand.NewPCG(c.Seed, uint64(queue)))
			return minMessages + r.Uint32N(moreMessages)
		},
		Holds:      func(slot int) bool { return keep.Endpoints[slot].Slot%4 == 3 && of.Epoch()%2 == 1 },
		Epoch:      of.Epoch,
		LossWindow: of,
		Journals:   keep,
		Sessions:   c.Life * sessionsOfLife,
	}
}

// client is the load of a client process.
type client struct{ load *load.Load }

func (c client) obey(ctx context.Context, order string) error {
	if order != orderDrain {
		return fmt.Errorf("unknown order %q", order)
	}
	return c.load.Drain(ctx)
}

func (c client) state(now process.Status) any {
	n := &c.load.Count
	return ClientStatus{Status: now, Accepted: n.Accepted.Load(), Acked: n.Acked.Load(), Work: n.Work(),
		Disconnects: n.Disconnects.Load()}
}
