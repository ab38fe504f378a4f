//go:build amd64 && !purego

package box

import (
	"slices"
	"testing"
)

// TestSideBySide: lanes are used where they take less time than the messages do alone, and as many as pay.
func TestSideBySide(t *testing.T) {
	const long, short = 16000, 80
	for _, c := range []struct {
		sizes                      []int
		full, wide, avx2, anywhere int // what is hashed first
	}{
		{[]int{long}, 1, 1, 1, 1},
		{[]int{long, long}, 2, 2, 1, 1},
		{[]int{long, long, long}, 3, 3, 3, 1},
		{[]int{long, short, short, short, short, short, short, short}, 1, 1, 1, 1},
		{[]int{long, long, short, short}, 4, 4, 1, 1},
		{[]int{long, long, long, long, short, short, short, short}, 4, 4, 4, 1},
		{[]int{long, long, long, long, long, short}, 6, 4, 4, 1},
		{slices.Repeat([]int{short}, 9), 8, 4, 4, 1},
	} {
		var messages []*hashed
		for _, n := range c.sizes {
			messages = append(messages, &hashed{body: make([]byte, n)})
		}
		eachPath(t, func(t *testing.T) {
			want := c.anywhere
			switch {
			case useAVX512 && fullWidth:
				want = c.full
			case useAVX512:
				want = c.wide
			case useAVX2:
				want = c.avx2
			}
			if got := sideBySide(messages); got != want {
				t.Errorf("%d of messages of %v bytes, want %d", got, c.sizes, want)
			}
		})
	}
}
