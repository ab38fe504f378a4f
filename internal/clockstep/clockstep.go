// Package clockstep makes the times that time.Now returns after the system's clock was set, for tests of what must not
// care: nobody can set the clock of the machine that runs the tests. Only tests import it.
package clockstep

import (
	"time"
	"unsafe"
)

// Set is t as time.Now would have returned it if the clock had been set by whole seconds before: its wall time is another
// one, its reading of the monotonic clock the same. t has to be of time.Now, with or without something added.
func Set(t time.Time, by time.Duration) time.Time {
	set := t
	// The layout of time.Time: a bit that says that there is a monotonic reading, 33 bits of seconds, 30 of nanoseconds.
	wall := (*uint64)(unsafe.Pointer(&set))
	*wall += uint64(by/time.Second) << 30
	if set.Sub(t) != 0 || set.Round(0).Sub(t.Round(0)) != by {
		panic("clockstep: not a time of time.Now, or its layout has changed")
	}
	return set
}

// At is a time of time.Now with another wall time, of whole seconds.
func At(wall time.Time) time.Time {
	now := time.Now()
	now = now.Add(-time.Duration(now.Nanosecond()))
	return Set(now, wall.Sub(now.Round(0)))
}
