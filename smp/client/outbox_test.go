package client

import "testing"

// TestOutboxStaysSmall keeps an outbox busy for long: it never is empty, and does not grow. Then it is emptied.
func TestOutboxStaysSmall(t *testing.T) {
	var o outbox
	blocks := make([]*buffer, 100)
	for i := range blocks {
		blocks[i] = new(buffer)
		o.push(blocks[i])
	}
	for i := range 10_000 {
		if b := o.pop(); b != blocks[i%len(blocks)] {
			t.Fatalf("block %d comes out of order", i)
		}
		o.push(blocks[i%len(blocks)])
	}
	if n := cap(o.blocks); n > 4*len(blocks) {
		t.Errorf("room for %d blocks", n)
	}
	for range blocks {
		o.pop()
	}
	if b := o.pop(); b != nil || cap(o.blocks) > outboxKeep {
		t.Errorf("empty: room for %d blocks", cap(o.blocks))
	}
}

func TestPendingTableShrinks(t *testing.T) {
	var table pendingTable
	ids := make([]corrID, 1000)
	for i := range ids {
		ids[i] = newCorrID()
		table.add(ids[i], pending{index: i})
	}
	for i, id := range ids {
		if p, ok := table.take(id); !ok || p.index != i {
			t.Fatalf("command %d is not there", i)
		}
		if _, ok := table.take(id); ok {
			t.Fatalf("command %d is there twice", i)
		}
	}
	if table.waiting != nil {
		t.Error("the map of a burst is kept")
	}
}
