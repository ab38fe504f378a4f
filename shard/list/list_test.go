package list

import (
	"math/rand/v2"
	"slices"
	"testing"
)

type element struct {
	number int
	Links[element]
}

// TestList compares with a slice while elements come and go, at any place.
func TestList(t *testing.T) {
	seed := rand.Uint64()
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	var l List[element, *element]
	var model []*element
	for step := range 10_000 {
		if random.IntN(2) == 0 && len(model) < 20 || len(model) == 0 {
			e := &element{number: step}
			l.Push(e)
			model = append(model, e)
		} else {
			i := random.IntN(len(model))
			l.Remove(model[i])
			if model[i].Next() != nil {
				t.Fatal("an element that was taken out has another behind it")
			}
			model = slices.Delete(model, i, i+1)
		}
		if l.Len() != len(model) {
			t.Fatalf("%d elements, want %d", l.Len(), len(model))
		}
		e := l.First()
		for _, want := range model {
			if e != want {
				t.Fatal("another order")
			}
			e = e.Next()
		}
		if e != nil {
			t.Fatal("more elements than there are")
		}
	}
}
