package ring

import "sort"

// Figures is what a ring looks like to who watches it.
type Figures struct {
	Len, Cap int
	Full     uint64 // how often a producer found no room for anything
}

// Figures reads the ring, from any goroutine. It costs producers and the consumer nothing: as the consumer takes cells in
// their order, how many of the last lap are taken is found by a few looks at their numbers. What moves meanwhile makes Len a
// little wrong.
func (r *Ring[T]) Figures() Figures {
	size := len(r.cells)
	first := r.tail.Load() - uint64(size) // of the last lap; before the first one this wraps, and so does the comparison
	taken := sort.Search(size, func(i int) bool {
		pos := first + uint64(i)
		return int64(r.cells[pos&r.mask].seq.Load()-pos) < int64(size)
	})
	return Figures{Len: size - taken, Cap: size, Full: r.full.Load()}
}
