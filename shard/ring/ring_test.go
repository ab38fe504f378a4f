package ring

import (
	"runtime"
	"sync"
	"testing"
)

func TestRingIsBoundedAndOrdered(t *testing.T) {
	for _, n := range []int{1, 2, 3, 8} {
		r := New[*int](n)
		capacity := len(r.cells)
		if capacity < n {
			t.Fatalf("capacity %d for %d", capacity, n)
		}
		for lap := range 3 {
			for i := range capacity {
				if !r.Put(&[]int{lap*capacity + i}[0]) {
					t.Fatalf("full after %d of %d", i, capacity)
				}
			}
			if r.Put(new(int)) {
				t.Fatalf("ring of %d took one more", capacity)
			}
			for i := range capacity {
				if v, ok := r.Get(); !ok || *v != lap*capacity+i {
					t.Fatalf("got %v at %d", v, i)
				}
			}
			if _, ok := r.Get(); ok {
				t.Fatal("empty ring gave something")
			}
		}
	}
}

// TestRingManyProducers has producers and a parking consumer race: everything arrives once, each producer's in order.
func TestRingManyProducers(t *testing.T) {
	const producers, each = 8, 2000
	type value struct{ producer, n int }
	r := New[*value](16)
	var wg sync.WaitGroup
	for p := range producers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range each {
				for v := (&value{p, i}); !r.Put(v); {
					runtime.Gosched()
				}
			}
		}()
	}
	var next [producers]int
	for range producers * each {
		v, ok := r.Get()
		for !ok {
			r.Wait()
			v, ok = r.Get()
		}
		if v.n != next[v.producer] {
			t.Fatalf("producer %d: got %d, want %d", v.producer, v.n, next[v.producer])
		}
		next[v.producer]++
	}
	wg.Wait()
	if _, ok := r.Get(); ok {
		t.Fatal("something came twice")
	}
}

// TestRingTakesAsManyAsFit puts several values at once.
func TestRingTakesAsManyAsFit(t *testing.T) {
	r := New[int](8)
	next, want := 0, 0
	for _, c := range []struct{ put, take int }{{3, 1}, {8, 4}, {2, 7}, {0, 1}, {20, 5}, {9, 9}} {
		var values []int
		for i := range c.put {
			values = append(values, next+i)
		}
		n := r.PutAll(values)
		if room := 8 - (next - want); n > min(room, c.put) || n == 0 && min(room, c.put) > 0 {
			t.Fatalf("%d of %d were taken, with room for %d", n, c.put, room)
		}
		next += n
		for range c.take {
			v, ok := r.Get()
			if ok != (want < next) || ok && v != want {
				t.Fatalf("got %d, %v, want %d", v, ok, want)
			}
			if ok {
				want++
			}
		}
	}
}

// TestRingShowsAllAtOnce: a consumer that sees the first of several values sees the others.
func TestRingShowsAllAtOnce(t *testing.T) {
	const rounds, each = 2000, 5
	r := New[int](rounds * each)
	go func() {
		values := make([]int, each)
		for n := range rounds {
			for i := range values {
				values[i] = n*each + i
			}
			if n := r.PutAll(values); n != each {
				t.Errorf("%d of %d were taken", n, each)
			}
		}
	}()
	for n := 0; n < rounds*each; {
		v, ok := r.Get()
		if !ok && n%each != 0 {
			t.Fatalf("only %d values came at once", n%each)
		}
		if !ok {
			r.Wait()
			continue
		}
		if v != n {
			t.Fatalf("got %d, want %d", v, n)
		}
		n++
	}
}

func TestRingAllocatesNothing(t *testing.T) {
	r := New[*int](4)
	v := new(int)
	if n := testing.AllocsPerRun(100, func() { r.Put(v); r.Get(); r.PutAll([]*int{v, v}); r.Get(); r.Get() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkRing(b *testing.B) {
	r := New[*int](256)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range b.N {
			_, ok := r.Get()
			for !ok {
				r.Wait()
				_, ok = r.Get()
			}
		}
	}()
	v := new(int)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			for !r.Put(v) {
				runtime.Gosched()
			}
		}
	})
	<-done
}
