package extsort

import "io"

// fanIn is how many runs are merged at once, and mergeBuffers what their buffers take together.
const (
	fanIn        = 128
	mergeBuffers = 32 << 20
	maxBuffer    = 1 << 20
)

// Rows gives rows in order.
type Rows struct {
	memory *Sorter // of rows that were never written
	at     int

	heap []*runReader // by their rows; the first has the least
	used bool         // the first was given
	err  error

	key, value []byte
}

func mergeRuns(runs []*run) (*Rows, error) {
	buffer := min(maxBuffer, mergeBuffers/len(runs))
	rows := new(Rows)
	for _, r := range runs {
		reader := r.read(buffer)
		switch err := reader.next(); err {
		case nil:
			rows.heap = append(rows.heap, reader)
		case io.EOF:
		default:
			return nil, err
		}
	}
	for i := len(rows.heap)/2 - 1; i >= 0; i-- {
		rows.down(i)
	}
	return rows, nil
}

// Next goes to the next row. It is false at the end and after a failure.
func (r *Rows) Next() bool {
	if r.memory != nil {
		if r.at >= len(r.memory.index) {
			return false
		}
		r.key, r.value = r.memory.rowAt(r.memory.index[r.at])
		r.at++
		return true
	}
	if r.used && !r.advance() {
		return false
	}
	if len(r.heap) == 0 || r.err != nil {
		return false
	}
	r.used = true
	r.key, r.value = r.heap[0].key, r.heap[0].value
	return true
}

// advance reads on behind the row that was given.
func (r *Rows) advance() bool {
	switch err := r.heap[0].next(); err {
	case nil:
	case io.EOF:
		last := len(r.heap) - 1
		r.heap[0] = r.heap[last]
		r.heap = r.heap[:last]
	default:
		r.err = err
		return false
	}
	r.used = false
	r.down(0)
	return true
}

func (r *Rows) down(i int) {
	for {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < len(r.heap); c++ {
			if before(r.heap[c], r.heap[least]) {
				least = c
			}
		}
		if least == i {
			return
		}
		r.heap[i], r.heap[least] = r.heap[least], r.heap[i]
		i = least
	}
}

func before(a, b *runReader) bool {
	if a.prefix != b.prefix {
		return a.prefix < b.prefix
	}
	return compareRows(a.key, a.value, b.key, b.value) < 0
}

// Key is that of the row, valid until Next.
func (r *Rows) Key() []byte { return r.key }

// Value is that of the row, valid until Next.
func (r *Rows) Value() []byte { return r.value }

// Err is what ended the rows early.
func (r *Rows) Err() error { return r.err }

// Close ends the use of the rows.
func (r *Rows) Close() { r.heap, r.memory = nil, nil }
