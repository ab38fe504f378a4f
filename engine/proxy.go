package engine

import (
	"bytes"
	"crypto/subtle"
	"slices"
	"sync"

	"switchyard/shard"
	"switchyard/smp"
)

// This file is the proxy's part of forwarding: PRXY and PFWD go to the pool of relays, whose answers come back by way of
// the loop's list of them. What a client may have under way is bounded: beyond it, its input waits.

// relayed is the list of transmissions that relay sessions have for connections of a loop. Each session has at most
// ForwardsPerClient of them, and one more block's worth.
type relayed struct {
	mu    sync.Mutex
	list  []relayedReply
	spare []relayedReply // owned by the loop
}

// relayedReply is a transmission for a session, in a buffer of its own.
type relayedReply struct {
	session *session
	buffer  *shard.Buffer
}

// connectRelay answers PRXY, at once or later.
func (s *session) connectRelay(corrID, params []byte) {
	r := s.loop.router
	p, _ := smp.ParsePRXY(params)
	password := r.live.Load().Admission.BasicAuth
	if r.relays == nil || password != "" && subtle.ConstantTimeCompare(p.BasicAuth, []byte(password)) != 1 {
		s.replyError(corrID, nil, smp.ErrProxyBasicAuth)
		return
	}
	s.askRelay()
	corrID = bytes.Clone(corrID)
	r.relays.Connect(&p.Server, func(key *smp.PKey, err smp.Error) {
		s.replyLater(corrID, nil, err, func(b []byte) []byte { return smp.AppendPKey(b, key) })
	})
}

// forward answers PFWD, at once or later.
func (s *session) forward(corrID, sessionID, params []byte) {
	relays := s.loop.router.relays
	if relays == nil {
		s.replyError(corrID, sessionID, smp.ErrProxyNoSession)
		return
	}
	s.askRelay()
	p, _ := smp.ParsePFWD(params)
	ids := slices.Concat(corrID, sessionID)
	n := len(corrID)
	relays.Forward(sessionID, corrID, p, func(encrypted []byte, err smp.Error) {
		s.replyLater(ids[:n], ids[n:], err, func(b []byte) []byte { return smp.AppendPRes(b, encrypted) })
	})
}

// replyLater gives the loop a response, or an error, from any goroutine. One that fits no block, as only a relay with
// very long certificates or a client with very long correlation IDs can bring about, becomes an error.
func (s *session) replyLater(corrID, entityID []byte, err smp.Error, appendResponse func([]byte) []byte) {
	b := shard.NewBuffer(0)
	t := smp.AppendResponseHeader(b.Data, s.version(), s.client.SessionID, corrID, entityID)
	head := len(t)
	if err.IsZero() {
		if t = appendResponse(t); 2+len(t) > smp.BatchLimit {
			err = smp.ErrBrokerTransport(smp.TransportLargeMsg)
		}
	}
	if !err.IsZero() {
		t = smp.AppendErr(t[:head], s.version(), err)
	}
	b.Data = t
	s.loop.relay(relayedReply{s, b})
}

// relay hands a reply to the loop.
func (l *loop) relay(r relayedReply) {
	l.relayed.mu.Lock()
	l.relayed.list = append(l.relayed.list, r)
	l.relayed.mu.Unlock()
	l.wake()
}

// takeRelayed passes on what relays have answered, and goes on with the input of sessions that waited for that.
func (l *loop) takeRelayed() {
	l.relayed.mu.Lock()
	list := l.relayed.list
	l.relayed.list = l.relayed.spare[:0]
	l.relayed.mu.Unlock()
	for i, r := range list {
		r.session.reply(r.buffer.Data, nil)
		r.buffer.Release()
		r.session.relayAnswered()
		list[i].buffer = nil
	}
	for i, r := range list {
		s := r.session
		if s.phase == phaseOpen && s.conn.InboundBuffered() > 0 {
			s.traffic()
		}
		list[i].session = nil
	}
	l.relayed.spare = list[:0]
}
