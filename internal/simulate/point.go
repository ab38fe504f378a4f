package simulate

import (
	"math/rand/v2"
	"runtime"
	"time"
	"unsafe"
)

// What the packages beside are made of: ./atomic, ./sync, ./time and ./runtime.

// Point is where another actor may go on, in front of the operation that is named.
func Point(operation string) { point(operation) }

// Wait has an actor wait until a condition is true, which others make true. It may be used in simulations only.
func Wait(operation string, ready func() bool) { wait(operation, ready) }

// Simulating tells whether there is a simulation: what blocks in Go must not be called then.
func Simulating() bool { return active != nil }

// Jitter is how often goroutines let others go first where there is no simulation: one of so many times; 0: never. It is to be
// set before they begin.
var Jitter int

func jitter() {
	if Jitter > 0 && rand.IntN(Jitter) == 0 {
		runtime.Gosched()
	}
}

// Yield has others go first.
func Yield() {
	if active == nil {
		runtime.Gosched()
		return
	}
	if a := active.current; a != nil {
		a.yielded = true
	}
	point("yield")
}

// Sleep has time pass.
func Sleep(d time.Duration) {
	if active == nil {
		time.Sleep(d)
		return
	}
	a := active.current
	if a == nil {
		panic("simulate: the driver would have to sleep")
	}
	a.timed, a.when = true, active.now+d
	wait("sleep", func() bool { return true })
	a.timed = false
}

// Now is the time of wall clocks, with a reading of the monotonic clock as Go's has one: they differ when clocks were set.
func Now() time.Time {
	if active == nil {
		return time.Now()
	}
	return at(beginning.Add(active.now+active.wall), active.now)
}

// instant is time.Time inside: with hasMonotonic, wall holds that bit, the seconds since 1885 in 33 bits and the nanoseconds
// in 30, and ext the reading of the monotonic clock. TestNow finds out when that changes.
type instant struct {
	wall uint64
	ext  int64
	loc  *time.Location
}

const hasMonotonic = 1 << 63

// start is the reading of the monotonic clock when simulations begin, later than all readings that a program may have taken
// before.
const start = 1000 * time.Hour

// since1885 is in seconds from there to 1970.
var since1885 = -time.Date(1885, 1, 1, 0, 0, 0, 0, time.UTC).Unix()

func at(wall time.Time, monotonic time.Duration) time.Time {
	i := instant{
		wall: hasMonotonic | uint64(wall.Unix()+since1885)<<30 | uint64(wall.Nanosecond()),
		ext:  int64(start + monotonic),
		loc:  time.Local,
	}
	return *(*time.Time)(unsafe.Pointer(&i))
}

// Alarm calls a function at a time, once, in an actor of its own. Without a simulation it is nil.
type Alarm struct {
	name string
	ring func()
	a    *actor
}

// NewAlarm makes one that is not set.
func NewAlarm(name string, ring func()) *Alarm { return &Alarm{name: name, ring: ring} }

// Set has it ring after a while, and not when it was to ring before; it says whether it was.
func (l *Alarm) Set(after time.Duration) bool {
	point("set timer")
	was := l.unset()
	s := active
	l.a = s.begin(l.name, func() {
		l.a = nil
		l.ring()
	})
	l.a.timed, l.a.when = true, max(s.now+after, s.now)
	if l.a.when < 0 || after > 1<<62 {
		l.a.when = 1<<63 - 1
	}
	return was
}

// Unset has it not ring. It says whether it was to.
func (l *Alarm) Unset() bool {
	point("stop timer")
	return l.unset()
}

func (l *Alarm) unset() bool {
	a := l.a
	if a == nil {
		return false
	}
	l.a = nil
	a.killed = true
	a.stop()
	active.forget(a)
	return true
}
