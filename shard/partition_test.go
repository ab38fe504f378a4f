package shard

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
		p := newPartitioner(&[16]byte{1}, shards)
		count := make([]int, shards)
		for q := range Partitions {
			count[p.owner(uint8(q))]++
		}
		for i, n := range count {
			if n < Partitions/shards || n > Partitions/shards+1 {
				t.Errorf("%d shards: shard %d has %d partitions", shards, i, n)
			}
		}
	}
}

func TestDrawnIDsShareAPartitionOfTheShard(t *testing.T) {
	random := seeded(1)
	p := newPartitioner(&[16]byte{2}, 8)
	seen := make(map[smp.ID]bool)
	for i := range 200 {
		shard := i % 8
		var recipient, sender smp.ID
		q := p.drawOwned(&recipient, random, shard)
		p.drawIn(&sender, random, q)
		if p.shard(recipient[:]) != shard || p.shard(sender[:]) != shard || p.partition(sender[:]) != q {
			t.Fatalf("IDs of shard %d went to %d and %d", shard, p.shard(recipient[:]), p.shard(sender[:]))
		}
		if seen[recipient] || seen[sender] {
			t.Fatal("ID drawn twice")
		}
		seen[recipient], seen[sender] = true, true
	}
}

func TestPartitionDependsOnTheKey(t *testing.T) {
	a, b := newPartitioner(&[16]byte{1}, 256), newPartitioner(&[16]byte{2}, 256)
	same := 0
	for i := range 1000 {
		id := smp.ID{byte(i), byte(i >> 8)}
		if a.partition(id[:]) == b.partition(id[:]) {
			same++
		}
	}
	if same > 50 {
		t.Errorf("%d of 1000 IDs keep their partition under another key", same)
	}
}

func BenchmarkDrawIDs(b *testing.B) {
	random := seeded(1)
	p := newPartitioner(&[16]byte{2}, 2)
	b.ReportAllocs()
	for b.Loop() {
		var recipient, sender smp.ID
		p.drawIn(&sender, random, p.drawOwned(&recipient, random, 1))
	}
}

// BenchmarkIDStock is the same with what is left of other attempts.
func BenchmarkIDStock(b *testing.B) {
	random := seeded(1)
	p := newPartitioner(&[16]byte{2}, 2)
	stock := new(idStock)
	stock.init()
	b.ReportAllocs()
	for b.Loop() {
		var recipient, sender smp.ID
		stock.take(&sender, &p, random, p.drawOwned(&recipient, random, 1))
	}
}

// TestIDStock: IDs are of the partition that was asked for, no two the same, and few attempts find them in the long run.
func TestIDStock(t *testing.T) {
	random := seeded(3)
	drawn := 0
	counting := func(b []byte) { drawn += len(b) / len(smp.ID{}); random(b) }
	p := newPartitioner(&[16]byte{2}, 2)
	stock := new(idStock)
	stock.init()
	choice := rand.New(rand.NewPCG(1, 2))
	seen := make(map[smp.ID]bool)
	const n = 20_000
	for range n {
		var id smp.ID
		want := uint8(choice.UintN(Partitions))
		stock.take(&id, &p, counting, want)
		if p.partition(id[:]) != want || seen[id] {
			t.Fatalf("ID %x for partition %d: drawn before, or of another", id, want)
		}
		seen[id] = true
	}
	if drawn > 4*n {
		t.Errorf("%d attempts for %d IDs", drawn, n)
	}
}
