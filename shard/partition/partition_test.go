package partition

import (
	"math/rand/v2"
	"testing"

	"switchyard/smp"
)

// seeded returns a source of bytes that a seed determines.
func seeded(seed uint64) func([]byte) {
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	r := rand.NewChaCha8(key)
	return func(b []byte) { _, _ = r.Read(b) }
}

func TestPartitionsCoverAllShards(t *testing.T) {
	for _, shards := range []int{1, 2, 3, 7, 8, 64} {
		p := New(&[16]byte{1}, shards)
		count := make([]int, shards)
		for q := range Count {
			count[p.Owner(uint8(q))]++
		}
		for i, n := range count {
			if n < Count/shards || n > Count/shards+1 {
				t.Errorf("%d shards: shard %d has %d partitions", shards, i, n)
			}
		}
	}
}

func TestDrawnIDsShareAPartitionOfTheShard(t *testing.T) {
	random := seeded(1)
	p := New(&[16]byte{2}, 8)
	seen := make(map[smp.ID]bool)
	for i := range 200 {
		shard := i % 8
		var recipient, sender smp.ID
		q := p.DrawOwned(&recipient, random, shard)
		p.DrawIn(&sender, random, q)
		if p.Shard(recipient[:]) != shard || p.Shard(sender[:]) != shard || p.Of(sender[:]) != q {
			t.Fatalf("IDs of shard %d went to %d and %d", shard, p.Shard(recipient[:]), p.Shard(sender[:]))
		}
		if seen[recipient] || seen[sender] {
			t.Fatal("ID drawn twice")
		}
		seen[recipient], seen[sender] = true, true
	}
}

func TestPartitionDependsOnTheKey(t *testing.T) {
	a, b := New(&[16]byte{1}, 256), New(&[16]byte{2}, 256)
	same := 0
	for i := range 1000 {
		id := smp.ID{byte(i), byte(i >> 8)}
		if a.Of(id[:]) == b.Of(id[:]) {
			same++
		}
	}
	if same > 50 {
		t.Errorf("%d of 1000 IDs keep their partition under another key", same)
	}
}

func BenchmarkDrawIDs(b *testing.B) {
	random := seeded(1)
	p := New(&[16]byte{2}, 2)
	b.ReportAllocs()
	for b.Loop() {
		var recipient, sender smp.ID
		p.DrawIn(&sender, random, p.DrawOwned(&recipient, random, 1))
	}
}

// BenchmarkIDPool is the same with what is left of other attempts.
func BenchmarkIDPool(b *testing.B) {
	random := seeded(1)
	p := New(&[16]byte{2}, 2)
	pool := NewIDPool()
	b.ReportAllocs()
	for b.Loop() {
		var recipient, sender smp.ID
		pool.Draw(&sender, &p, random, p.DrawOwned(&recipient, random, 1))
	}
}

// TestIDPool: IDs are of the partition that was asked for, no two the same, and few attempts find them in the long run.
func TestIDPool(t *testing.T) {
	random := seeded(3)
	drawn := 0
	counting := func(b []byte) { drawn += len(b) / len(smp.ID{}); random(b) }
	p := New(&[16]byte{2}, 2)
	pool := NewIDPool()
	choice := rand.New(rand.NewPCG(1, 2))
	seen := make(map[smp.ID]bool)
	const n = 20_000
	for range n {
		var id smp.ID
		want := uint8(choice.UintN(Count))
		pool.Draw(&id, &p, counting, want)
		if p.Of(id[:]) != want || seen[id] {
			t.Fatalf("ID %x for partition %d: drawn before, or of another", id, want)
		}
		seen[id] = true
	}
	if drawn > 4*n {
		t.Errorf("%d attempts for %d IDs", drawn, n)
	}
}
