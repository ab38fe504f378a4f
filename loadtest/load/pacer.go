package load

import (
	"math"
	"time"
)

// Pacer says when messages are due. It knows nothing of what has been sent: a harness that falls behind catches up,
// and the time that it was behind counts as latency.
type Pacer struct {
	Rate float64       // messages a second; 0: each is due as soon as there is room for it
	Ramp time.Duration // in which the rate grows from 0 to what it is
}

// Due is the time after the start at which the nth message, counted from 0, is due. It is 0 without a rate.
func (p Pacer) Due(n uint64) time.Duration {
	if p.Rate <= 0 {
		return 0
	}
	if p.Ramp > 0 {
		return p.dueOnRamp(n)
	}
	whole := uint64(p.Rate) // whole seconds first: n/rate in floating point loses nanoseconds in a long run
	if float64(whole) == p.Rate {
		return time.Duration(n/whole)*time.Second + time.Duration(n%whole)*time.Second/time.Duration(whole)
	}
	return time.Duration(float64(n) / p.Rate * float64(time.Second))
}

// dueOnRamp is Due when the rate grows: after t of the ramp Rate·t²/2·Ramp messages were due, and half as many as of a
// constant rate at its end.
func (p Pacer) dueOnRamp(n uint64) time.Duration {
	ramp := p.Ramp.Seconds()
	if n := float64(n); n < p.Rate*ramp/2 {
		return time.Duration(math.Sqrt(2*ramp*n/p.Rate) * float64(time.Second))
	}
	return Pacer{Rate: p.Rate}.Due(n) + p.Ramp/2
}

// Released is how many messages are due at a time after the start.
func (p Pacer) Released(d time.Duration) uint64 {
	seconds, ramp := d.Seconds(), p.Ramp.Seconds()
	if seconds < ramp {
		return uint64(p.Rate*seconds*seconds/(2*ramp)) + 1
	}
	return uint64((seconds-ramp/2)*p.Rate) + 1
}

// Intended is the time from which the latency of the nth message counts: when it was due, or, without a rate, when
// there was room for it.
func (p Pacer) Intended(start time.Time, n uint64, room time.Time) time.Time {
	if p.Rate <= 0 {
		return room
	}
	return start.Add(p.Due(n))
}
