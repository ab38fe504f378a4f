// Package maps has what woven code uses of maps; what Go leaves to chance has an order here.
package maps

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

// Keys are in the order of how they are printed.
func Keys[M ~map[K]V, K comparable, V any](m M) iter.Seq[K] {
	keys := slices.Collect(maps.Keys(m))
	slices.SortFunc(keys, func(a, b K) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return slices.Values(keys)
}

// Values are in the order of their keys. As with Go's, what is deleted meanwhile does not come.
func Values[M ~map[K]V, K comparable, V any](m M) iter.Seq[V] {
	return func(yield func(V) bool) {
		for k := range Keys(m) {
			if v, ok := m[k]; ok && !yield(v) {
				return
			}
		}
	}
}
