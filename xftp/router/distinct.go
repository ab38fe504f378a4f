package router

import (
	"slices"

	"github.com/axiomhq/hyperloglog"
)

// distinct counts different hashes of 64 bits in 16 KiB, however many there are: up to exactly it keeps the hashes, and
// beyond that a sketch of them (HyperLogLog with 2^14 registers), whose count is off by 0.81 % (one standard deviation).
// Hashes have to be uniformly distributed. The zero value is empty.
type distinct struct {
	hashes []int64             // in order; nil when there is a sketch
	sketch *hyperloglog.Sketch // nil while there are few hashes
}

const (
	// exactly is how many hashes are kept themselves.
	exactly = 2048
	// registerBits is how many bits of a hash choose its register.
	registerBits = 14
	registers    = 1 << registerBits
)

func (d *distinct) add(hash int64) {
	if d.sketch != nil {
		d.sketch.InsertHash(uint64(hash))
		return
	}
	i, there := slices.BinarySearch(d.hashes, hash)
	if there {
		return
	}
	if d.hashes = slices.Insert(d.hashes, i, hash); len(d.hashes) <= exactly {
		return
	}
	d.sketch = hyperloglog.NewNoSparse()
	for _, hash := range d.hashes {
		d.sketch.InsertHash(uint64(hash))
	}
	d.hashes = nil
}

func (d *distinct) count() int64 {
	if d.sketch != nil {
		return int64(d.sketch.Estimate())
	}
	return int64(len(d.hashes))
}

// list is hashes, in order, that make an equal set when they are added to an empty one. Of a sketch they are others than were
// added: as many as it counts, at most registers, and more than are kept themselves.
func (d *distinct) list() []int64 {
	if d.sketch == nil {
		return d.hashes
	}
	all := make([]int64, 0, registers)
	last := uint64(0) // register that is not empty
	for i, rank := range d.registers() {
		if rank > 0 {
			last = uint64(i)
			all = append(all, int64(last<<(64-registerBits)|lowBits(rank)))
		}
	}
	want := max(exactly+1, min(int(d.count()), registers))
	for n := uint64(1); len(all) < want; n++ { // those of the least rank change nothing
		all = append(all, int64(last<<(64-registerBits)|lowBits(1)|n))
	}
	slices.Sort(all)
	return all
}

// lowBits is what a hash has behind the bits that choose its register, for a rank: the position of the first bit that is set.
func lowBits(rank uint8) uint64 { return 1 << (64 - registerBits) >> rank }

// registers reads the sketch, which shows its registers only in its binary form: 8 bytes, and then one for each.
func (d *distinct) registers() []uint8 {
	b, err := d.sketch.MarshalBinary()
	if err != nil || len(b) != 8+registers {
		panic("router: a sketch of another form")
	}
	return b[8:]
}
