// Package atomic has the types of sync/atomic that woven code uses; each operation is a point of interleaving.
package atomic

import (
	"sync/atomic"

	"switchyard/internal/simulate"
)

// integer is what the types of numbers have in common.
type integer[T any] interface {
	Load() T
	Store(T)
	Add(T) T
	Swap(T) T
	CompareAndSwap(old, new T) bool
	And(mask T) (old T)
	Or(mask T) (old T)
}

// number adds points to a type of numbers.
type number[T any, A any, P interface {
	*A
	integer[T]
}] struct{ v A }

func (n *number[T, A, P]) Load() T {
	simulate.Point("load")
	return P(&n.v).Load()
}

func (n *number[T, A, P]) Store(v T) {
	simulate.Point("store")
	P(&n.v).Store(v)
}

func (n *number[T, A, P]) Add(v T) T {
	simulate.Point("add")
	return P(&n.v).Add(v)
}

func (n *number[T, A, P]) Swap(v T) T {
	simulate.Point("swap")
	return P(&n.v).Swap(v)
}

func (n *number[T, A, P]) CompareAndSwap(old, new T) bool {
	simulate.Point("compare and swap")
	return P(&n.v).CompareAndSwap(old, new)
}

func (n *number[T, A, P]) And(mask T) (old T) {
	simulate.Point("and")
	return P(&n.v).And(mask)
}

func (n *number[T, A, P]) Or(mask T) (old T) {
	simulate.Point("or")
	return P(&n.v).Or(mask)
}

type (
	Int32 struct {
		number[int32, atomic.Int32, *atomic.Int32]
	}
	Int64 struct {
		number[int64, atomic.Int64, *atomic.Int64]
	}
	Uint32 struct {
		number[uint32, atomic.Uint32, *atomic.Uint32]
	}
	Uint64 struct {
		number[uint64, atomic.Uint64, *atomic.Uint64]
	}
)

// Bool is atomic.Bool.
type Bool struct{ v atomic.Bool }

func (b *Bool) Load() bool {
	simulate.Point("load")
	return b.v.Load()
}

func (b *Bool) Store(v bool) {
	simulate.Point("store")
	b.v.Store(v)
}

func (b *Bool) Swap(v bool) bool {
	simulate.Point("swap")
	return b.v.Swap(v)
}

func (b *Bool) CompareAndSwap(old, new bool) bool {
	simulate.Point("compare and swap")
	return b.v.CompareAndSwap(old, new)
}

// Pointer is atomic.Pointer.
type Pointer[T any] struct{ v atomic.Pointer[T] }

func (p *Pointer[T]) Load() *T {
	simulate.Point("load")
	return p.v.Load()
}

func (p *Pointer[T]) Store(v *T) {
	simulate.Point("store")
	p.v.Store(v)
}

func (p *Pointer[T]) Swap(v *T) *T {
	simulate.Point("swap")
	return p.v.Swap(v)
}

func (p *Pointer[T]) CompareAndSwap(old, new *T) bool {
	simulate.Point("compare and swap")
	return p.v.CompareAndSwap(old, new)
}
