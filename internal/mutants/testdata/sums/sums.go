// Package sums has functions that its tests know well, badly, and not at all.
package sums

import "errors"

// ErrNegative is the error of Known.
var ErrNegative = errors.New("negative")

// Known is tested at its bounds.
func Known(n int) (int, error) {
	if n < 0 {
		return 0, ErrNegative
	}
	sum := 0
	for i := 1; i <= n; i++ {
		sum += i
	}
	return sum, nil
}

// HalfKnown is tested inside of its bounds alone.
func HalfKnown(n int) bool { return n > 10 && n < 100 }

// Unknown is not tested.
func Unknown(a, b uint64) uint64 {
	if a == b {
		panic("the same")
	}
	return 1<<a | b%7
}

// Same changes what nobody can see.
func Same(all []int) (n int) {
	var last int
	for _, i := range all {
		last = i
		n++
	}
	last = 0
	_ = last
	return n
}

// Bits has a shift whose type its place decides.
func Bits(set *[2]uint64, n uint16) { set[n/64] |= 1 << (n % 64) }
