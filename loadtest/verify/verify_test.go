package verify

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"switchyard/loadtest/load"
	"switchyard/loadtest/load/routertest"
	"switchyard/loadtest/measure"
	"switchyard/smp/client"
)

func verifyConfig() Config {
	return Config{Queues: 20, Messages: 30, Conns: 5, Size: 100, Window: 4, Auth: load.AuthEd25519, Seed: 1,
		Stall: 30 * time.Second}
}

// runExchange runs the phases of Verify against a router within the test.
func runExchange(t *testing.T, r *routertest.Router, c Config) (*Report, error) {
	t.Helper()
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	return exchange(context.Background(), "verify", c, r.Dial)
}

func TestExchangeWithAGoodRouter(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Config, *routertest.Router)
	}{
		{"as it is", func(*Config, *routertest.Router) {}},
		{"one message at a time", func(c *Config, _ *routertest.Router) { c.Window = 1 }},
		{"without authorization", func(c *Config, _ *routertest.Router) { c.Auth = load.AuthNone }},
		{"more connections than queues", func(c *Config, _ *routertest.Router) { c.Conns = 50 }},
		{"two connections", func(c *Config, _ *routertest.Router) { c.Conns = 2 }},
		{"one queue", func(c *Config, _ *routertest.Router) { c.Queues = 1 }},
		{"quota smaller than the window", func(c *Config, r *routertest.Router) { c.Window, r.Quota = 16, 2 }},
		{"by rate", func(c *Config, _ *routertest.Router) { c.Rate = 5000 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, c := routertest.New(), verifyConfig()
			tt.change(&c, r)
			report, err := runExchange(t, r, c)
			if err != nil {
				t.Fatal(err)
			}
			want := c.Queues * c.Messages
			if !report.Clean() || report.Accepted != want || report.Delivered != want || report.Unanswered != 0 {
				t.Errorf("%+v", report)
			}
			if (report.Refused > 0) != (r.Quota < c.Window) {
				t.Errorf("%d refused with quota %d and window %d", report.Refused, r.Quota, c.Window)
			}
			if report.Latency.Delivery.Count != int64(want) || report.Queues != c.Queues || report.Disconnects != 0 {
				t.Errorf("%+v", report)
			}
			if r.Left() != 0 {
				t.Errorf("%d queues left behind", r.Left())
			}
		})
	}
}

func TestExchangeFindsFaults(t *testing.T) {
	tests := []struct {
		name  string
		fault func(*routertest.Router)
		count func(*Report) int
	}{
		{"loss", func(r *routertest.Router) { r.Lose = 100 }, func(r *Report) int { return r.Lost }},
		{"duplicate", func(r *routertest.Router) { r.Double = 50 }, func(r *Report) int { return r.Duplicates }},
		{"order", func(r *routertest.Router) { r.Swap = 20 }, func(r *Report) int { return r.Reordered }},
		{"damage", func(r *routertest.Router) { r.Damage = 50 }, func(r *Report) int { return r.Corrupt }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, c := routertest.New(), verifyConfig()
			c.Stall = time.Second // a queue whose last message is lost never ends
			tt.fault(r)
			report, err := runExchange(t, r, c)
			if report == nil || report.Clean() || tt.count(report) == 0 {
				t.Fatalf("not found: %+v, %v", report, err)
			}
			if len(report.Findings) == 0 && tt.name != "damage" {
				t.Error("no findings")
			}
		})
	}
}

func TestExchangeGoesOnAfterACut(t *testing.T) {
	r, c := routertest.New(), verifyConfig()
	c.Messages = 200
	var cuts atomic.Int64
	dial := func(index int, queues []*client.RcvQueue, on func(load.Event)) load.Connection {
		return r.Dial(index, queues, func(e load.Event) {
			on(e)
			if e.Kind != load.EventMessage || index != 0 {
				return
			}
			if n := cuts.Add(1); n%200 == 100 && n < 1000 {
				r.Cut()
			}
		})
	}
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	report, err := exchange(context.Background(), "verify", c, dial)
	if err != nil || !report.Clean() || report.Disconnects == 0 || report.Accepted != c.Queues*c.Messages {
		t.Errorf("%+v, %v", report, err)
	}
}

func TestExchangeEndsWhenInterrupted(t *testing.T) {
	r, c := routertest.New(), verifyConfig()
	c.Messages, c.Rate = 1_000_000, 1000
	ctx, cancel := context.WithCancel(context.Background())
	c.Progress = func(p measure.Progress) {
		if p.Phase == "exchanging messages" && p.Done > 0 {
			cancel()
		}
	}
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	report, err := exchange(ctx, "verify", c, r.Dial)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if report == nil || !report.Clean() || report.Sent == 0 || report.Ended == "" {
		t.Errorf("%+v", report)
	}
	if r.Left() != 0 {
		t.Errorf("%d queues left behind", r.Left())
	}
}

func TestExchangeEndsWhenNobodyListens(t *testing.T) {
	refused := func(_ int, _ []*client.RcvQueue, on func(load.Event)) load.Connection {
		go on(load.Event{Kind: load.EventDown, Err: routertest.ErrCut})
		return routertest.New().Dial(0, nil, func(load.Event) {})
	}
	if _, err := exchange(context.Background(), "verify", verifyConfig(), refused); !errors.Is(err, routertest.ErrCut) {
		t.Errorf("error %v", err)
	}
}

func TestVerifyConfigCheck(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"no queue":       func(c *Config) { c.Queues = 0 },
		"no message":     func(c *Config) { c.Messages = 0 },
		"one connection": func(c *Config) { c.Conns = 1 },
		"no window":      func(c *Config) { c.Window = 0 },
		"negative rate":  func(c *Config) { c.Rate = -1 },
		"large":          func(c *Config) { c.Size = 20000 },
		"unknown auth":   func(c *Config) { c.Auth = "" },
	} {
		c := verifyConfig()
		if err := c.check(); err != nil {
			t.Fatal(err)
		}
		change(&c)
		if err := c.check(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
