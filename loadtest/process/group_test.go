package process

import "testing"

func TestShare(t *testing.T) {
	for _, n := range []int{0, 1, 7, 100, 1001} {
		for _, conns := range []int{1, 3, 8} {
			sum, least, most := 0, n, 0
			for i := range conns {
				s := Share(n, conns, i)
				sum, least, most = sum+s, min(least, s), max(most, s)
			}
			if sum != n || most-least > 1 {
				t.Errorf("%d among %d: %d in all, %d to %d", n, conns, sum, least, most)
			}
		}
	}
}
