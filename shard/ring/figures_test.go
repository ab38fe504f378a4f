package ring

import "testing"

func TestFiguresFollowTheRing(t *testing.T) {
	r := New[int](8)
	want := func(n int, full uint64) {
		t.Helper()
		if f := r.Figures(); f != (Figures{Len: n, Cap: 8, Full: full}) {
			t.Errorf("%+v, want %d of 8, full %d times", f, n, full)
		}
	}
	want(0, 0)
	for lap := range uint64(3) {
		for i := range 8 {
			r.Put(i)
			want(i+1, 2*lap)
		}
		r.Put(0)
		want(8, 2*lap+1)
		r.PutAll([]int{1, 2, 3})
		want(8, 2*lap+2)
		for i := range 5 {
			r.Get()
			want(7-i, 2*lap+2)
		}
		if n := r.PutAll([]int{1, 2, 3, 4, 5, 6, 7}); n != 3 { // halves until it fits
			t.Fatalf("took %d", n)
		}
		want(6, 2*lap+2)
		for range 6 {
			r.Get()
		}
		want(0, 2*lap+2)
	}
}
