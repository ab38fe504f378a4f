package engine_test

import (
	"errors"
	"sync/atomic"
	"testing"

	"switchyard/shard"
	"switchyard/smp/client"
)

// refusing is a store that refuses commits while it is told to.
type refusing struct {
	shard.Store
	refuse *atomic.Bool
}

type refusingTx struct {
	shard.Tx
	refuse *atomic.Bool
}

func (s refusing) Begin(epoch uint64) shard.Tx { return refusingTx{s.Store.Begin(epoch), s.refuse} }

func (t refusingTx) Commit() (shard.Commit, error) {
	if t.refuse.Load() {
		return nil, errors.New("refused")
	}
	return t.Tx.Commit()
}

// Messages that are taken back, as they were not stored, leave their room to others, also when nothing else is sent to the
// connection.
func TestMessagesTakenBackLeaveTheirRoom(t *testing.T) {
	r := startRouter(t)
	r.halt(t)
	var refuse atomic.Bool
	r.wrap = func(s shard.Store) shard.Store { return refusing{s, &refuse} }
	r.start(t)
	ctx := testContext(t)
	rcv, snd := r.dial(t), r.dial(t)
	q, err := rcv.NewQueue(ctx, client.QueueParams{Subscribe: true})
	if err != nil {
		t.Fatal("NEW:", err)
	}
	refuse.Store(true)
	for range shard.DeliveryWindow + 1 {
		if err := snd.Send(ctx, q.Sender(nil), false, []byte("lost")); err == nil {
			t.Fatal("SEND of what is not stored is answered with OK")
		}
	}
	refuse.Store(false)
	if err := snd.Send(ctx, q.Sender(nil), false, []byte("kept")); err != nil {
		t.Fatal("SEND:", err)
	}
	if m := receive(t, rcv, q); string(m.Body) != "kept" {
		t.Fatalf("received %q", m.Body)
	}
}
