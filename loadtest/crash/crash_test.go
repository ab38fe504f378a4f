package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"testing"
	"time"

	"switchyard/loadtest/load"
	"switchyard/loadtest/load/routertest"
	"switchyard/loadtest/process"
	"switchyard/loadtest/verify"
)

func crashConfig() Config {
	return Config{Queues: 24, Kills: 6, Seed: 3, Conns: 6, Size: 64, Auth: load.AuthEd25519, Stall: 30 * time.Second}
}

// forgetting is how a router says that it may forget whatever it answered before a kill.
func forgetting() []process.Setting {
	return []process.Setting{{Section: settingSection, Key: settingSync, Value: "never"}}
}

// fakeProxy is a proxy within the test: all connections end with it.
type fakeProxy struct {
	*routertest.Router
	exited chan struct{}
}

func (p *fakeProxy) Start() error            { p.exited = make(chan struct{}); return nil }
func (p *fakeProxy) Exited() <-chan struct{} { return p.exited }
func (p *fakeProxy) Kill()                   { p.Cut() }

// fakeClient is a client process within the test. What it has written when it is killed is all that the next one knows.
type fakeClient struct {
	orders io.WriteCloser
	cancel context.CancelFunc
	ended  chan struct{}
}

func (c *fakeClient) Order(name string) error { _, err := fmt.Fprintln(c.orders, name); return err }
func (c *fakeClient) Gone() <-chan struct{}   { return c.ended }
func (c *fakeClient) Kill() {
	c.cancel()
	<-c.ended
	c.orders.Close()
}

// clientsOf starts clients of a router within the test.
func clientsOf(t *testing.T, r *routertest.Router) clientStarter {
	return func(config ClientConfig, said func(ClientStatus)) (clientProcess, error) {
		return startFakeClient(t, r, config, said), nil
	}
}

func startFakeClient(t *testing.T, r *routertest.Router, config ClientConfig, said func(ClientStatus)) *fakeClient {
	orders, in := io.Pipe()
	states, out := io.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	c := &fakeClient{orders: in, cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(c.ended)
		if err := serveClient(ctx, config, r.Dial, orders, out); err != nil {
			t.Error(err)
		}
		out.Close()
	}()
	go func() {
		for lines := json.NewDecoder(states); ; {
			var s ClientStatus
			if lines.Decode(&s) != nil {
				return
			}
			said(s)
		}
	}()
	return c
}

// runCrash kills the router within the test by a schedule for one that starts at once and serves fast.
func runCrash(tt *testing.T, c Config, r *routertest.Router) (*verify.Report, error) {
	plan := Schedule(c.Seed, c.Kills, c.targets())
	for i := range plan {
		plan[i].After /= 8
	}
	t := routers{router: r}
	if c.Proxy {
		t.proxy = &fakeProxy{Router: r}
	}
	return run(context.Background(), c, plan, t, ClientConfig{Dir: tt.TempDir()}, clientsOf(tt, r))
}

func TestCrashWithADurableRouter(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Config)
	}{
		{"router", func(c *Config) { c.Kills++ }}, // ends in a life in which some queues hold their messages back
		{"clients, too", func(c *Config) { c.KillClients, c.Kills = true, 12 }},
		{"a proxy, too", func(c *Config) { c.Proxy, c.Kills = true, 12 }},
		{"all", func(c *Config) { c.KillClients, c.Proxy, c.Kills = true, true, 20 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, c := routertest.New(), crashConfig()
			r.Quota = 8
			tt.change(&c)
			report, err := runCrash(t, c, r)
			if err != nil {
				t.Fatal(err)
			}
			if !report.Clean() || report.Crash.Kills != c.Kills || report.Accepted == 0 || report.Accepted > report.Delivered {
				t.Errorf("%+v\n%+v", report, report.Crash)
			}
			if report.Disconnects == 0 || report.Crash.Deleted < c.Queues {
				t.Errorf("not much happened: %+v", report)
			}
			k := report.Crash
			if k.OfRouter == 0 || (k.OfProxy > 0) != c.Proxy || (k.OfClients > 0) != c.KillClients || k.Clients < k.OfClients {
				t.Errorf("%+v", k)
			}
		})
	}
}

func TestCrashFindsWhatDoesNotSurvive(t *testing.T) {
	tests := []struct {
		name  string
		fault func(*routertest.Router)
		count func(*verify.Report) int
	}{
		{"messages", func(r *routertest.Router) { r.Forgetful = true }, func(r *verify.Report) int { return r.Lost }},
		{"queues", func(r *routertest.Router) { r.Amnesiac = true }, func(r *verify.Report) int { return r.Missing }},
		{"deletions", func(r *routertest.Router) { r.Revive = 3 }, func(r *verify.Report) int { return r.Undeleted }},
		{"ACKs", func(r *routertest.Router) { r.SyncEvery = 15 }, func(r *verify.Report) int { return r.Undone }},
		{"a message more", func(r *routertest.Router) { r.Double = 50 }, func(r *verify.Report) int { return r.Duplicates }},
		{"another order", func(r *routertest.Router) { r.Swap = 20 }, func(r *verify.Report) int { return r.Reordered }},
		{"another body", func(r *routertest.Router) { r.Damage = 50 }, func(r *verify.Report) int { return r.Corrupt }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := routertest.New()
			tt.fault(r)
			c := crashConfig()
			c.Stall = 2 * time.Second
			report, err := runCrash(t, c, r)
			if report == nil || report.Clean() || tt.count(report) == 0 {
				t.Errorf("not found: %+v, %v", report, err)
			}
		})
	}
}

// A router that does not sync forgets queues, keys, messages, ACKs and deletions together, always the last ones.
func TestCrashExcusesWhatTheRouterMayForget(t *testing.T) {
	r, c := routertest.New(), crashConfig()
	r.SyncEvery, r.Quota = 40, 8
	c.Settings, c.KillClients, c.Kills = forgetting(), true, 12
	report, err := runCrash(t, c, r)
	if err != nil || !report.Clean() {
		t.Fatalf("%+v, %v", report, err)
	}
	if f := report.Crash.Forgets; report.Forgotten == 0 || report.Returned == 0 || f.Oldest <= 0 || f.Window == 0 {
		t.Errorf("nothing was forgotten: %+v\n%+v", report, f)
	}
}

func TestWindowOfSettings(t *testing.T) {
	set := func(settings ...string) (all []process.Setting) {
		for _, text := range settings {
			s, err := process.ParseSetting(text)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, s)
		}
		return all
	}
	tests := []struct {
		name     string
		settings []process.Setting
		want     time.Duration
	}{
		{"default", nil, 0},
		{"always", set("SWITCHYARD.sync=always", "SWITCHYARD.sync_interval_ms=50"), 0},
		{"interval", set("SWITCHYARD.sync=interval"), 100 * time.Millisecond},
		{"given interval", set("SWITCHYARD.sync=interval", "SWITCHYARD.sync_interval_ms=50"), 50 * time.Millisecond},
		{"never", set("SWITCHYARD.sync=never"), math.MaxInt64},
		{"last one counts", set("SWITCHYARD.sync=never", "SWITCHYARD.sync=always"), 0},
		{"another section", set("OTHER.sync=never"), 0},
	}
	for _, tt := range tests {
		c := Config{Settings: tt.settings}
		if got := c.lossWindow(); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
