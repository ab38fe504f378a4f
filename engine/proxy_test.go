package engine_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"switchyard/box"
	"switchyard/engine"
	"switchyard/engine/relay"
	"switchyard/smp"
	"switchyard/smp/client"
)

func asProxy(c *engine.Config) { c.Proxy = &relay.Config{} }

// through connects to a router by way of a proxy.
func (r *testRouter) through(t testing.TB, proxy *client.Client) *client.Relay {
	t.Helper()
	relay, err := proxy.DialRelay(testContext(t), r.address, "")
	if err != nil {
		t.Fatal("PRXY:", err)
	}
	return relay
}

// Everything that may be forwarded, for each kind of sender's key and body size: the message arrives unchanged.
func TestFact53ProxiedSend(t *testing.T) {
	destination, proxy := startRouter(t), startRouter(t, asProxy)
	owner, sender := destination.dial(t), proxy.dial(t)
	relay := destination.through(t, sender)
	if relay.Version() != 18 {
		t.Errorf("version %d for the relay, want 18", relay.Version())
	}
	ctx := testContext(t)
	for _, alg := range []box.Alg{0, box.Ed25519, box.Ed448, box.X25519} {
		q, err := owner.NewQueue(ctx, client.QueueParams{Subscribe: true, Mode: smp.ModeMessaging})
		if err != nil {
			t.Fatal(err)
		}
		snd := q.Sender(nil)
		if alg != 0 {
			if snd.Key, err = client.NewKey(alg); err != nil {
				t.Fatal(err)
			}
			if err := relay.SecureSender(ctx, snd); err != nil {
				t.Fatal("SKEY:", err)
			}
		}
		for _, size := range []int{0, 1, smp.MaxBody(18)} {
			body := make([]byte, size)
			for i := range body {
				body[i] = byte(i * 7)
			}
			if err := relay.Send(ctx, snd, true, body); err != nil {
				t.Fatalf("SEND of %d bytes with key %v: %v", size, alg, err)
			}
			m := receive(t, owner, q)
			if string(m.Body) != string(body) || !m.Notify {
				t.Errorf("message of %d bytes arrived, want %d", len(m.Body), size)
			}
			if _, err := owner.Ack(ctx, q, m.ID); err != nil {
				t.Fatal(err)
			}
		}
		if alg == 0 {
			continue
		}
		if err := relay.Send(ctx, q.Sender(nil), false, []byte("unsigned")); !errors.Is(err, smp.ErrAuth) {
			t.Errorf("SEND without authorization: %v, want the relay's AUTH", err)
		}
	}
	if n := destination.Stats().Sessions; n != 2 {
		t.Errorf("%d sessions with the destination, want the owner's and the proxy's", n)
	}
	tooLarge := make([]byte, smp.MaxBody(18)+1)
	q, _ := owner.NewQueue(ctx, client.QueueParams{})
	if err := relay.Send(ctx, q.Sender(nil), false, tooLarge); !errors.Is(err, smp.ErrLargeMsg) {
		t.Errorf("SEND of %d bytes: %v", len(tooLarge), err)
	}
	if err := relay.Send(ctx, &client.SndQueue{ID: []byte("nobody")}, false, nil); !errors.Is(err, smp.ErrAuth) {
		t.Errorf("SEND to no queue: %v", err)
	}
}

// Each version of the destination that can be forwarded to, and of the client; a destination before 8 is refused.
func TestFact55ProxiedVersions(t *testing.T) {
	proxy := startRouter(t, asProxy)
	for v := smp.MinVersion; v <= smp.CurrentVersion; v++ {
		t.Run(fmt.Sprintf("v%d", v), func(t *testing.T) {
			destination := startRouter(t, func(c *engine.Config) {
				c.Versions = smp.VersionRange{Min: smp.MinVersion, Max: v}
			})
			sender := proxy.dial(t, version(max(v, 8)))
			relay, err := sender.DialRelay(testContext(t), destination.address, "")
			if v < smp.VersionSendingProxy {
				if err != smp.ErrBrokerTransport(smp.TransportVersion) {
					t.Errorf("PRXY: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := min(v, 18)
			if v > 10 && v < smp.VersionProxyServer {
				want = 10 // such a destination does not know proxies, so the proxy keeps blocks plain by an old version
			}
			if relay.Version() != want {
				t.Errorf("version %d for the relay, want %d", relay.Version(), want)
			}
			owner := destination.dial(t)
			q, err := owner.NewQueue(testContext(t), client.QueueParams{Subscribe: true})
			if err != nil {
				t.Fatal(err)
			}
			body := make([]byte, smp.MaxBody(relay.Version()))
			if err := relay.Send(testContext(t), q.Sender(nil), false, body); err != nil {
				t.Fatal("SEND:", err)
			}
			if m := receive(t, owner, q); len(m.Body) != len(body) {
				t.Errorf("message of %d bytes arrived, want %d", len(m.Body), len(body))
			}
		})
	}
}

// Two PRXY for one relay, of two clients, give the same session, version range and key.
func TestFact51SharedRelaySession(t *testing.T) {
	destination, proxy := startRouter(t), startRouter(t, asProxy)
	a, b := proxy.rawDial(t, 19), proxy.rawDial(t, 19)
	prxy := string(smp.AppendPRXY(nil, &smp.PRXYParams{Server: destination.address}))
	first := a.ask(a.transmission(nil, "one", "", prxy))[0]
	second := b.ask(b.transmission(nil, "two", "", prxy))[0]
	_, params, _ := smp.ParseResponse(19, first.Command)
	key, ok := smp.ParsePKey(params)
	if !ok || key.Range != (smp.VersionRange{Min: 8, Max: 18}) || len(key.SessionID) != 32 || len(key.CertKey.Chain) != 2 {
		t.Fatalf("%.40q", first.Command)
	}
	if string(first.Command) != string(second.Command) || string(second.CorrID) != "two" || len(second.EntityID) > 0 {
		t.Errorf("%.40q, and %.40q for the second", first.Command, second.Command)
	}
	until(t, "the destination has the session", func() bool { return destination.Stats().Sessions > 0 })
	if n := destination.Stats().Sessions; n != 1 {
		t.Errorf("%d sessions with the destination", n)
	}
	hello := destination.rawTLS(t).serverHello()
	if string(hello.CertKey.Chain[0]) != string(key.CertKey.Chain[0]) {
		t.Error("the chain differs from that of the hello")
	}
}

// PRXY for a port where nobody listens, a thousand times: an error each time, and the proxy goes on.
func TestFact54DeadPort(t *testing.T) {
	proxy := startRouter(t, asProxy)
	c := proxy.rawDial(t, 19)
	dead := smp.ServerAddress{Hosts: []string{"127.0.0.1"}, Port: "1"}
	prxy := string(smp.AppendPRXY(nil, &smp.PRXYParams{Server: dead}))
	for range 100 {
		var block [][]byte
		for i := range 10 {
			block = append(block, c.transmission(nil, fmt.Sprint(i), "", prxy))
		}
		for _, got := range c.ask(block...) {
			if string(got.Command) != "ERR PROXY BROKER NETWORK" {
				t.Fatalf("%q", got.Command)
			}
		}
	}
	if got := c.ask(c.transmission(nil, "p", "", "PING"))[0]; string(got.Command) != "PONG" {
		t.Errorf("PING afterwards: %q", got.Command)
	}
}

// A proxy that is off, or has a password that the client does not know, answers BASIC_AUTH.
func TestFact50ProxyPassword(t *testing.T) {
	destination := startRouter(t)
	for _, c := range []struct {
		name          string
		password, try string
		proxy, want   bool
	}{
		{"off", "", "", false, false},
		{"no password asked", "", "", true, true},
		{"any will do then", "", "something", true, true},
		{"none given", "secret", "", true, false},
		{"wrong", "secret", "other", true, false},
		{"right", "secret", "secret", true, true},
	} {
		proxy := startRouter(t, func(cfg *engine.Config) {
			if cfg.Queues.BasicAuth = c.password; c.proxy {
				asProxy(cfg)
			}
		})
		_, err := proxy.dial(t).DialRelay(testContext(t), destination.address, c.try)
		if c.want && err != nil || !c.want && err != smp.ErrProxyBasicAuth {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// PFWD for a session that does not exist is NO_SESSION, on any proxy; what does not parse is CMD SYNTAX.
func TestFact52ForwardWithoutSession(t *testing.T) {
	public, _ := freshKey(t, &[32]byte{9})
	pfwd := string(smp.AppendPFWD(nil, smp.PFWDParams{Version: 18, Key: public, Encrypted: make([]byte, smp.ForwardedEnvelope)}))
	for _, change := range []func(*engine.Config){asProxy, func(*engine.Config) {}} {
		c := startRouter(t, change).rawDial(t, 19)
		for _, tc := range []struct{ entity, command, want string }{
			{"bad session", pfwd, "ERR PROXY NO_SESSION"},
			{"bad session", "PFWD \x00", "ERR CMD SYNTAX"},
			{"bad session", "PFWD", "ERR CMD SYNTAX"},
			{"bad session", "PFWD \x00\x12\x05short", "ERR CMD SYNTAX"},
			{"", pfwd, "ERR CMD NO_ENTITY"},
			{"", "PRXY \x00", "ERR CMD SYNTAX"},
			{"", "PRXY \x01\x04host\x00\x20", "ERR CMD SYNTAX"},
		} {
			got := c.ask(c.transmission(nil, "corr", tc.entity, tc.command))[0]
			if string(got.Command) != tc.want || string(got.CorrID) != "corr" || string(got.EntityID) != tc.entity {
				t.Errorf("%.20q: %q for %q, want %q", tc.command, got.Command, got.EntityID, tc.want)
			}
		}
	}
}

// Many commands of a client at a time, beyond what may wait for relays: all are answered, in time.
func TestManyForwards(t *testing.T) {
	destination := startRouter(t)
	proxy := startRouter(t, asProxy, func(c *engine.Config) { c.ForwardsPerClient = 3 })
	owner, sender := destination.dial(t), proxy.dial(t)
	relay := destination.through(t, sender)
	q, err := owner.NewQueue(testContext(t), client.QueueParams{})
	if err != nil {
		t.Fatal(err)
	}
	const n = 100
	var answered sync.WaitGroup
	answered.Add(n + 1)
	for range n {
		err := relay.Do(q.Sender(nil).Send(false, make([]byte, 16000)), func(r client.Response) {
			if r.Err != nil || r.Tag != smp.RespOK {
				t.Error(r.Tag, r.Err)
			}
			answered.Done()
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := sender.Do(client.Ping(), func(client.Response) { answered.Done() }); err != nil {
		t.Fatal(err)
	}
	answered.Wait()
	info, err := owner.Info(testContext(t), q)
	if err != nil || info.Size != n {
		t.Errorf("%d messages in the queue: %v", info.Size, err)
	}
}

// A destination that is stopped and comes back is reached again, and its clients are told that the session is gone.
func TestDestinationComesBack(t *testing.T) {
	destination, proxy := startRouter(t), startRouter(t, asProxy)
	sender := proxy.dial(t)
	relay := destination.through(t, sender)
	ctx := testContext(t)
	if err := relay.Send(ctx, &client.SndQueue{ID: []byte("nobody")}, false, nil); !errors.Is(err, smp.ErrAuth) {
		t.Fatal(err)
	}
	destination.halt(t)
	var proxyError *client.ProxyError
	for err := error(nil); !errors.Is(err, smp.ErrProxyNoSession); {
		if err = relay.Send(ctx, &client.SndQueue{ID: []byte("nobody")}, false, nil); !errors.As(err, &proxyError) {
			t.Fatal(err)
		}
	}
	destination.start(t)
	again := destination.through(t, sender)
	if err := again.Send(ctx, &client.SndQueue{ID: []byte("nobody")}, false, nil); !errors.Is(err, smp.ErrAuth) {
		t.Fatal(err)
	}
}
