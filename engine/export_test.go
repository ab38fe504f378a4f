package engine

import (
	"bytes"
	"context"
	"reflect"
	"sync"
	"time"

	"github.com/panjf2000/gnet/v2"

	"switchyard/box"
	"switchyard/internal/remains"
	"switchyard/shard"
	"switchyard/tls"
)

// LimitBacklog sets the limits of what waits of sockets that take nothing, before the router runs.
func (r *Router) LimitBacklog(total int64, stall time.Duration) {
	r.backlogTotal, r.stallLimit = total, stall
}

// LimitHalfRead sets how much half read input may take before there is less time for its rest, and that time.
func (r *Router) LimitHalfRead(total int, timeout time.Duration) {
	r.halfReadTotal, r.blockTimeout = total, timeout
}

// NeverPause has the router read sockets whatever their sessions can take, as where they cannot be told to wait.
func (r *Router) NeverPause() { r.neverPause = true }

// Keys is a session with copies of its keys.
type Keys struct {
	session *session
	secrets map[string][]byte
	Held    map[string][]string // what Left said when they were copied
}

// Keys looks at all open sessions.
func (r *Router) Keys() (all []*Keys) {
	var mu sync.Mutex
	_ = r.onLoops(context.Background(), func(l *loop) {
		mu.Lock()
		defer mu.Unlock()
		for s := range l.sessions {
			if s.phase != phaseOpen {
				continue
			}
			conn := reflect.ValueOf(s.tls).Elem()
			k := &Keys{session: s, secrets: map[string][]byte{
				"secret of TLS, in":        bytesOf(conn.FieldByName("in").FieldByName("secret"))[:32],
				"secret of TLS, out":       bytesOf(conn.FieldByName("out").FieldByName("secret"))[:32],
				"key of blocks, in":        bytesOf(reflect.ValueOf(&s.receive).Elem().Field(0)),
				"key of blocks, out":       bytesOf(reflect.ValueOf(&s.send).Elem().Field(0)),
				"secret of forwarding":     bytes.Clone(s.proxied[:]),
				"private key of the hello": bytes.Clone(s.client.SecretKey[:]),
			}}
			k.Held = k.Left()
			all = append(all, k)
		}
	})
	return all
}

// bytesOf copies an array, whoever may see it.
func bytesOf(v reflect.Value) (b []byte) {
	for i := range v.Len() {
		b = append(b, byte(v.Index(i).Uint()))
	}
	return b
}

// Left is where keys are, once the router has ended, in what a session leads to, by what they are. Chains advance, so only their present keys count.
func (k *Keys) Left() map[string][]string {
	left := make(map[string][]string)
	for what, secret := range k.secrets {
		places := remains.Of(secret, k.session, reflect.TypeFor[loop](), reflect.TypeFor[port](), reflect.TypeFor[gnet.Conn](), reflect.TypeFor[shard.Loop](), reflect.TypeFor[tls.Config]())
		if len(places) > 0 {
			left[what] = places
		}
	}
	for i, c := range []*box.Chain{&k.session.receive, &k.session.send} {
		if *c != (box.Chain{}) {
			left[[]string{"key of blocks, in", "key of blocks, out"}[i]] = []string{"has advanced"}
		}
	}
	return left
}

// PeerChains counts the sessions that are open, and the bytes of certificates that their clients have shown.
func (r *Router) PeerChains() (open, bytes int) {
	var mu sync.Mutex
	_ = r.onLoops(context.Background(), func(l *loop) {
		mu.Lock()
		defer mu.Unlock()
		for s := range l.sessions {
			if s.phase != phaseOpen {
				continue
			}
			open++
			for _, cert := range s.tls.PeerChain() {
				bytes += len(cert)
			}
		}
	})
	return open, bytes
}
