package partition

import (
	"testing"

	"switchyard/smp"
)

func TestFitSenderID(t *testing.T) {
	key := [16]byte{1, 2, 3}
	p := New(&key, 64)
	for i := range 100 {
		recipient, sender := smp.ID{0: byte(i), 9: 7}, smp.ID{0: byte(i), 9: 9}
		before := sender
		FitSenderID(&key, &recipient, &sender)
		if p.Of(sender[:]) != p.Of(recipient[:]) || p.Shard(sender[:]) != p.Shard(recipient[:]) {
			t.Fatalf("queue %d: the sender ID is of another partition", i)
		}
		if [20]byte(sender[:20]) != [20]byte(before[:20]) {
			t.Fatalf("queue %d: more than the last bytes changed", i)
		}
	}
}
