package linkid

import "testing"

func wantLen(t *testing.T, table *Table, reserved, removed int) {
	t.Helper()
	if r, d := table.Len(); r != reserved || d != removed {
		t.Errorf("%d IDs reserved and %d removed, want %d and %d", r, d, reserved, removed)
	}
}

// TestReservation: an ID is of the shard that reserves it first, until that releases it.
func TestReservation(t *testing.T) {
	table := New()
	for _, step := range []struct {
		shard, holder int
		first         bool
	}{{1, 1, true}, {1, 1, false}, {2, 1, false}} {
		if holder, first := table.Reserve("link", step.shard); holder != step.holder || first != step.first {
			t.Errorf("shard %d is told that %d has it, first: %v", step.shard, holder, first)
		}
	}
	table.Reserve("other", 2)
	wantLen(t, table, 2, 0)
	table.Release("link")
	if holder, first := table.Reserve("link", 2); holder != 2 || !first {
		t.Errorf("shard %d has an ID that was released, first: %v", holder, first)
	}
	table.Release("link", "other", "no other")
	wantLen(t, table, 0, 0)
}

// TestRemoval: a removal ends with the drain that began it last, or with all of its shard.
func TestRemoval(t *testing.T) {
	table := New()
	link, other := Name{1, "link"}, Name{2, "link"} // of another kind
	first, second := Removal{0, new(int)}, Removal{0, new(int)}
	table.BeginRemoval(link, first)
	table.BeginRemoval(link, second)
	table.BeginRemoval(other, Removal{1, first.Drain})
	table.EndRemovals(first, []Name{link, other})
	for id, want := range map[Name]int{link: 0, other: 1} {
		if shard, ok := table.RemovedBy(id.Kind, []byte(id.ID)); !ok || shard != want {
			t.Errorf("%v is removed by %d, %v", id, shard, ok)
		}
	}
	table.EndRemovals(second, []Name{link, other})
	if _, ok := table.RemovedBy(link.Kind, []byte(link.ID)); ok {
		t.Error("a removal is left behind its drain")
	}
	table.BeginRemoval(link, first)
	table.DropRemovals(0)
	wantLen(t, table, 0, 1)
	table.DropRemovals(1)
	wantLen(t, table, 0, 0)
}
