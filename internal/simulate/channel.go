package simulate

import (
	"iter"
	"reflect"
	"time"
)

// Channels are Go's own, which hold the values. An actor tries an operation, and waits until it can succeed; so channels without
// a buffer, whose two ends have to meet, cannot be simulated.

// Receive is <-c.
func Receive[T any](c <-chan T) T {
	v, _ := Receive2(c)
	return v
}

// Receive2 is v, ok := <-c.
func Receive2[T any](c <-chan T) (v T, ok bool) {
	point("receive")
	if active == nil {
		v, ok = <-c
		return v, ok
	}
	for {
		select {
		case v, ok = <-c:
			return v, ok
		default:
			wait("receive", receivable(c))
		}
	}
}

// Send is c <- v.
func Send[T any](c chan<- T, v T) {
	point("send")
	if active == nil {
		c <- v
		return
	}
	if cap(c) == 0 {
		panic("simulate: send to a channel without a buffer")
	}
	for {
		select {
		case c <- v:
			return
		default:
			wait("send", func() bool { return len(c) < cap(c) })
		}
	}
}

// Close is close(c).
func Close[T any](c chan<- T) {
	point("close")
	if active != nil {
		active.closed[reflect.ValueOf(c).Pointer()] = c
	}
	close(c)
}

// Range is what range c ranges over.
func Range[T any](c <-chan T) iter.Seq[T] {
	return func(yield func(T) bool) {
		for v, ok := Receive2(c); ok && yield(v); v, ok = Receive2(c) {
		}
	}
}

func receivable[T any](c <-chan T) func() bool {
	id := reflect.ValueOf(c).Pointer()
	return func() bool { return len(c) > 0 || active.closed[id] != nil }
}

// Ready is an operation of a select: whether it can be done.
type Ready func() bool

// Receivable is case <-c.
func Receivable[T any](c <-chan T) Ready {
	if active == nil {
		return nil
	}
	return receivable(c)
}

// selectPause is how long a select waits for the next try where there is no simulation.
const selectPause = 10 * time.Millisecond

// Select is what a select does that has no default and of whose operations none can be done: it waits.
func Select(operations ...Ready) {
	if active == nil {
		time.Sleep(selectPause)
		return
	}
	wait("select", func() bool {
		for _, ready := range operations {
			if ready() {
				return true
			}
		}
		return false
	})
}
