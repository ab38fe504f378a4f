package engine_test

import (
	"io"
	"sync"
	"testing"
	"time"

	"switchyard/engine"
	"switchyard/engine/relay"
	"switchyard/smp"
	"switchyard/smp/client"
)

// silent is a destination that takes commands and answers none.
var silent = destination{relay: (*hostileSession).stall}

// What a client sends while its commands wait for another router waits too, far beyond what a connection is otherwise
// allowed, and is answered in the end; its other commands with it.
func TestHeldInput(t *testing.T) {
	proxy := startRouter(t, func(c *engine.Config) {
		c.Proxy = &relay.Config{CommandTimeout: 300 * time.Millisecond}
		c.ForwardsPerClient = 50
	})
	c := proxy.dial(t)
	relay, err := c.DialRelay(testContext(t), startHostile(t, silent).address, "")
	if err != nil {
		t.Fatal(err)
	}
	const n = 400 // 6.4 MiB, of which 5.6 wait
	var answered sync.WaitGroup
	answered.Add(n)
	for range n {
		err := relay.Do((&client.SndQueue{ID: []byte("queue")}).Send(false, nil), func(r client.Response) {
			if _, ok := r.Err.(*client.ProxyError); !ok {
				t.Error(r.Err)
			}
			answered.Done()
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	answered.Wait()
	if err := c.Ping(testContext(t)); err != nil {
		t.Error(err)
	}
}

// forwarded connects the router with a destination, and returns what a block with a command for it has.
func (c *rawClient) forwarded(destination smp.ServerAddress) []byte {
	c.t.Helper()
	prxy := smp.AppendPRXY(nil, &smp.PRXYParams{Server: destination})
	answer := c.ask(c.transmission(nil, "corr", "", string(prxy)))[0]
	_, params, _ := smp.ParseResponse(19, answer.Command)
	key, ok := smp.ParsePKey(params)
	if !ok {
		c.t.Fatalf("%.40q", answer.Command)
	}
	public, _ := freshKey(c.t, &[32]byte{9})
	pfwd := smp.AppendPFWD(nil, smp.PFWDParams{Version: 18, Key: public, Encrypted: make([]byte, smp.ForwardedEnvelope)})
	return smp.AppendBatch(nil, c.transmission(nil, "corr", string(key.SessionID), string(pfwd)))
}

// Where sockets cannot be told to wait, a client that goes on sending for ever is disconnected.
func TestHeldInputLimit(t *testing.T) {
	proxy := startRouterWith(t, (*engine.Router).NeverPause, asProxy)
	c := proxy.rawDial(t, 19)
	block := c.padded(c.forwarded(startHostile(t, silent).address))
	sent := 0
	for sent < 1<<20 {
		if _, err := c.conn.Write(block); err != nil {
			break
		}
		sent++
	}
	if sent < 1000 || sent == 1<<20 {
		t.Errorf("disconnected after %d commands", sent)
	}
	_, _ = io.Copy(io.Discard, c.socket)
	proxy.closedFor(t, engine.CauseUnread)
}
