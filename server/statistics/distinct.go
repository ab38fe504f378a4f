package statistics

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/axiomhq/hyperloglog"
)

// Distinct counts different hashes of 64 bits in 16 KiB, however many there are: up to exactly it keeps the hashes, and
// beyond that a sketch of them (HyperLogLog with 2^14 registers), whose count is off by 0.81 % (one standard deviation).
// Hashes have to be uniformly distributed. The zero value is empty.
type Distinct struct {
	slots  []uint64            // hash table with open addressing; 0 is free; nil when there is a sketch, or nothing
	zero   bool                // the hash 0 is there
	count  int                 // hashes in slots, and the zero
	sketch *hyperloglog.Sketch // nil while there are few hashes
}

const (
	// exactly is how many hashes are kept themselves: half of the slots that take as much memory as a sketch.
	exactly = 1024
	// firstSlots is how many slots there are at the beginning.
	firstSlots = 64
	// registerBits is how many bits of a hash choose its register.
	registerBits = 14
	registers    = 1 << registerBits
)

// Add adds a hash.
func (d *Distinct) Add(hash uint64) {
	if d.sketch != nil {
		d.sketch.InsertHash(hash)
		return
	}
	if hash == 0 {
		if !d.zero {
			d.zero = true
			d.count++
		}
		return
	}
	if len(d.slots) == 0 {
		d.slots = make([]uint64, firstSlots)
	}
	if !place(d.slots, hash) {
		return
	}
	d.count++
	switch {
	case d.count > exactly:
		d.spill()
	case 2*d.count > len(d.slots) && len(d.slots) < 2*exactly:
		larger := make([]uint64, 2*len(d.slots))
		for _, h := range d.slots {
			if h != 0 {
				place(larger, h)
			}
		}
		d.slots = larger
	}
}

// place puts a hash into a table that is not full, and says whether it was not there.
func place(slots []uint64, hash uint64) bool {
	mask := uint64(len(slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		switch slots[i] {
		case hash:
			return false
		case 0:
			slots[i] = hash
			return true
		}
	}
}

// spill replaces the hashes by a sketch of them.
func (d *Distinct) spill() {
	sketch := hyperloglog.NewNoSparse()
	for hash := range d.hashes {
		sketch.InsertHash(hash)
	}
	*d = Distinct{sketch: sketch}
}

// hashes are those that are kept themselves.
func (d *Distinct) hashes(yield func(uint64) bool) {
	if d.zero && !yield(0) {
		return
	}
	for _, h := range d.slots {
		if h != 0 && !yield(h) {
			return
		}
	}
}

// Merge adds all of another set.
func (d *Distinct) Merge(other *Distinct) {
	if other.sketch == nil {
		for hash := range other.hashes {
			d.Add(hash)
		}
		return
	}
	if d.sketch == nil {
		d.spill()
	}
	if err := d.sketch.Merge(other.sketch); err != nil {
		panic("statistics: sketches of different forms")
	}
}

// Empty tells that there is nothing.
func (d *Distinct) Empty() bool { return d.count == 0 && d.sketch == nil }

// Reset empties the set. It keeps the memory of hashes.
func (d *Distinct) Reset() {
	slots := d.slots
	clear(slots)
	*d = Distinct{slots: slots}
}

// Count is how many different hashes there are.
func (d *Distinct) Count() int64 {
	if d.sketch != nil {
		return int64(d.sketch.Estimate())
	}
	return int64(d.count)
}

// list is hashes, in order, that make an equal set when they are added to an empty one. Of a sketch they are others than were
// added: as many as it counts, at most registers, and more than are kept themselves.
func (d *Distinct) list() []int64 {
	if d.sketch == nil {
		all := make([]int64, 0, d.count)
		for hash := range d.hashes {
			all = append(all, int64(hash))
		}
		slices.Sort(all)
		return all
	}
	all := make([]int64, 0, registers)
	last := uint64(0) // register that is not empty
	for i, rank := range d.registers() {
		if rank > 0 {
			last = uint64(i)
			all = append(all, int64(last<<(64-registerBits)|lowBits(rank)))
		}
	}
	want := max(exactly+1, min(int(d.Count()), registers))
	for n := uint64(1); len(all) < want; n++ { // those of the least rank change nothing
		all = append(all, int64(last<<(64-registerBits)|lowBits(1)|n))
	}
	slices.Sort(all)
	return all
}

// lowBits is what a hash has behind the bits that choose its register, for a rank: the position of the first bit that is set.
func lowBits(rank uint8) uint64 { return 1 << (64 - registerBits) >> rank }

// registers reads the sketch, which shows its registers only in its binary form: 8 bytes, and then one for each.
func (d *Distinct) registers() []uint8 {
	b, err := d.sketch.MarshalBinary()
	if err != nil || len(b) != 8+registers {
		panic("statistics: a sketch of another form")
	}
	return b[8:]
}

var errSet = errors.New("a set of IDs is damaged")

// MarshalBinary implements encoding.BinaryMarshaler: the binary form of the sketch, which begins with a byte that is not 0, or
// 0 and the hashes.
func (d Distinct) MarshalBinary() ([]byte, error) {
	if d.sketch != nil {
		return d.sketch.MarshalBinary()
	}
	b := make([]byte, 1, 1+8*d.count)
	for hash := range d.hashes {
		b = binary.BigEndian.AppendUint64(b, hash)
	}
	return b, nil
}

// UnmarshalBinary implements encoding.BinaryUnmarshaler.
func (d *Distinct) UnmarshalBinary(b []byte) error {
	*d = Distinct{}
	if len(b) == 0 {
		return errSet
	}
	if b[0] != 0 {
		sketch := hyperloglog.NewNoSparse()
		if len(b) != 8+registers || sketch.UnmarshalBinary(b) != nil {
			return errSet
		}
		d.sketch = sketch
		return nil
	}
	if b = b[1:]; len(b)%8 != 0 || len(b) > 8*exactly {
		return errSet
	}
	for ; len(b) > 0; b = b[8:] {
		d.Add(binary.BigEndian.Uint64(b))
	}
	return nil
}

// MarshalText implements encoding.TextMarshaler, for JSON.
func (d Distinct) MarshalText() ([]byte, error) {
	b, err := d.MarshalBinary()
	return base64.StdEncoding.AppendEncode(nil, b), err
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Distinct) UnmarshalText(text []byte) error {
	b, err := base64.StdEncoding.AppendDecode(nil, text)
	if err != nil {
		return errSet
	}
	return d.UnmarshalBinary(b)
}
