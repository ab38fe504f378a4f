package engine

import (
	"context"
	"crypto/ed25519"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/panjf2000/gnet/v2"

	"switchyard/box"
	"switchyard/engine/socket"
	"switchyard/shard"
	"switchyard/smp"
	"switchyard/tls"
	"switchyard/wal"
)

// gatedStore lets lookups wait.
type gatedStore struct {
	shard.Store
	gate    atomic.Pointer[chan struct{}] // nil: open
	waiting chan struct{}                 // told when one waits
}

func (s *gatedStore) Load(l []shard.Lookup) {
	if gate := s.gate.Load(); gate != nil {
		s.waiting <- struct{}{}
		<-*gate
	}
	s.Store.Load(l)
}

// idleEvents is an event loop that runs nothing: the test turns the loop itself.
type idleEvents struct{ gnet.EventLoop }

func (idleEvents) Execute(context.Context, gnet.Runnable) error { return nil }

// brokenConn is a connection whose next write fails, as gnet lets it: the connection is closed by then.
type brokenConn struct {
	gnet.Conn
	broken func()
}

func (c *brokenConn) Write(b []byte) (int, error) {
	c.broken()
	return len(b), nil
}

// closingSession is an open session on a loop without sockets.
func closingSession(t *testing.T, store shard.Store, key [16]byte) *session {
	return sessionOn(shard.Config{Shards: 2, PartitionKey: key, NewQueues: true}, store)
}

// sessionOn is closingSession with shards as they are wanted.
func sessionOn(cfg shard.Config, store shard.Store) *session {
	r := &Router{shards: shard.New(cfg, store), gate: newGate(&Config{})}
	r.live.Store(new(live))
	l := newLoop(r, idleEvents{})
	s := &session{loop: l, conn: socket.New(nil, &l.poller), phase: phaseOpen, tls: tls.NewServer(&tls.Config{})}
	s.client = clientOn(l, s)
	return s
}

func clientOn(l *loop, s *session) *shard.Client {
	c := shard.NewClient(l.router.shards.Len())
	c.Version, c.SessionID = smp.CurrentVersion, make([]byte, 32)
	c.Loop, c.Owner = l, s
	return c
}

// command encodes a command signed with key.
func (s *session) command(key ed25519.PrivateKey, entity, command []byte) []byte {
	n := 1 + len(s.client.SessionID)
	authorized := smp.AppendAuthorized(nil, s.client.SessionID, []byte("c"), entity, command)
	return smp.AppendTransmission(nil, s.client.Version, s.client.SessionID, ed25519.Sign(key, authorized), nil, authorized[n:])
}

// take dispatches a block of commands and hands them to the shards.
func (s *session) take(commands ...[]byte) {
	s.gatherBlock(commands...)
	s.loop.handOverDeferred()
}

func (s *session) gatherBlock(commands ...[]byte) {
	content := smp.AppendBatch(nil, commands...)
	b := shard.NewBuffer(len(content))
	copy(b.Data, content)
	s.dispatch(b)
	b.Release()
}

// newQueues creates queues until each shard has one, and returns their recipient IDs by shard.
func (s *session) newQueues(t *testing.T, key ed25519.PrivateKey) (ids [2][]byte) {
	public, _ := box.NewPublicKey(box.Ed25519, key.Public().(ed25519.PublicKey))
	p := smp.NewParams{AuthKey: public.AppendSPKI(nil), DHKey: box.AppendX25519(nil, &[32]byte{9})}
	for ids[0] == nil || ids[1] == nil {
		s.take(s.command(key, nil, smp.AppendNew(nil, s.client.Version, &p)))
		g, ok := s.loop.inbox.Get()
		for ; !ok; g, ok = s.loop.inbox.Get() {
			runtime.Gosched()
		}
		tr, _ := smp.ParseResponseTransmission(s.client.Version, s.client.SessionID, g.Replies[0].Head)
		_, params, _ := smp.ParseResponse(s.client.Version, tr.Command)
		created, ok := smp.ParseIDs(s.client.Version, params)
		if !ok {
			t.Fatalf("NEW is answered %q", tr.Command)
		}
		sub := shard.Command{Tag: smp.CmdSub, Transmission: smp.Transmission{EntityID: append([]byte(nil), created.RecipientID...)}}
		ids[s.loop.router.shards.Route(s.client, &sub)] = sub.EntityID
		g.Release()
	}
	return ids
}

// A connection may end while the commands of its block wait for a shard whose ring is full. The other shards, too, learn
// of the end after they got their commands, or its subscriptions would stay for ever.
func TestConnectionEndsWhileShardIsFull(t *testing.T) {
	backing, err := wal.Open("store", wal.Options{FS: vfs.NewMem(), Sync: wal.SyncNever})
	if err != nil {
		t.Fatal(err)
	}
	defer backing.Close()
	store := &gatedStore{Store: backing, waiting: make(chan struct{}, 100)}
	s := closingSession(t, store, backing.PartitionKey())
	l := s.loop
	_, key, _ := ed25519.GenerateKey(nil)
	ids := s.newQueues(t, key)

	gate := make(chan struct{})
	store.gate.Store(&gate)
	nobody := shard.NewClient(2)
	nobody.Version, nobody.SessionID, nobody.Loop, nobody.Owner = s.client.Version, s.client.SessionID, l, &session{}
	unknown := shard.NewBatch(shard.BatchCommands, nobody)
	var id smp.ID
	for l.router.shards.Route(nobody, &shard.Command{Tag: smp.CmdSend, Transmission: smp.Transmission{EntityID: id[:]}}) != 0 {
		id[0]++
	}
	unknown.Commands = []shard.Command{{
		Tag: smp.CmdSend, Transmission: smp.Transmission{EntityID: id[:], Command: []byte("SEND F ")}, Params: []byte("F "),
	}}
	l.router.shards.Put(0, unknown)
	<-store.waiting
	for l.router.shards.Put(0, shard.NewBatch(shard.BatchResume, nobody)) {
	}

	s.conn.Conn = &brokenConn{broken: func() {
		s.end(CausePeer)
		close(gate)
	}}
	block := newOutBlock(false)
	block.record = block.mem[:1]
	s.sealed = append(s.sealed, block)
	s.dirty, l.dirty = true, append(l.dirty, s)
	s.take(s.command(key, ids[0], smp.AppendSub(nil)), s.command(key, ids[1], smp.AppendSub(nil)))
	for len(l.deferred) > 0 {
		l.turn()
	}
	l.stopInput()
	done := make(chan error, 1)
	go func() { done <- l.router.shards.Close() }()
	drain(t, l, done)
	if n := s.client.Subscriptions.Load(); n != 0 {
		t.Fatalf("%d subscriptions stay", n)
	}
}

// drain drops replies until done.
func drain(t *testing.T, l *loop, done <-chan error) {
	t.Helper()
	for {
		for g, ok := l.inbox.Get(); ok; g, ok = l.inbox.Get() {
			l.waiting.Add(-int64(g.Size()))
			g.Release()
		}
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			return
		case <-time.After(time.Millisecond):
		}
	}
}

// However much a few commands bring about, only so much of it waits for a loop.
func TestInboxIsBoundedInBytes(t *testing.T) {
	store, err := wal.Open("store", wal.Options{FS: vfs.NewMem(), Sync: wal.SyncNever})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	s := closingSession(t, store, store.PartitionKey())
	l := s.loop
	_, key, _ := ed25519.GenerateKey(nil)
	ids := s.newQueues(t, key)
	lset := smp.AppendLSet(nil, smp.LinkParams{LinkID: []byte("link"), Fixed: []byte("fixed"), User: make([]byte, 16000)})
	s.take(s.command(key, ids[0], lset))
	for g, ok := l.inbox.Get(); !ok || g == nil; g, ok = l.inbox.Get() {
		runtime.Gosched()
	}
	lget := smp.AppendTransmission(nil, s.client.Version, s.client.SessionID, nil, nil,
		smp.AppendAuthorized(nil, s.client.SessionID, nil, []byte("link"), smp.AppendLGet(nil))[1+len(s.client.SessionID):])
	block := slices.Repeat([][]byte{lget}, 250)
	var groups []*shard.Group
	for total, asked := 0, 0; total < 3*inboxBytes; l.waiting.Store(0) {
		if asked == 0 {
			s.take(block...)
			asked = len(block)
		}
		if g, ok := l.inbox.Get(); ok {
			groups = append(groups, g)
			total += g.Size()
			asked -= len(g.Replies)
		}
	}
	l.stopInput()
	closed := make(chan error, 1)
	go func() { closed <- l.router.shards.Close() }()
	drain(t, l, closed)

	delivered := make(chan error, 1)
	go func() {
		for _, g := range groups {
			l.Deliver(g)
		}
		delivered <- nil
	}()
	for l.waiting.Load() <= inboxBytes {
		runtime.Gosched()
	}
	got := 0
	for g, ok := l.inbox.Get(); ok; g, ok = l.inbox.Get() {
		got += g.Size()
		g.Release()
	}
	if got > inboxBytes+8<<20 {
		t.Fatalf("%d bytes waited", got)
	}
	l.waiting.Store(0)
	drain(t, l, delivered)
}
