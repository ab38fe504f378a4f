package load

import "time"

// Pacer says when messages are due. It knows nothing of what has been sent: a harness that falls behind catches up,
// and the time that it was behind counts as latency.
type Pacer struct {
	Rate float64 // messages a second; 0: each is due as soon as there is room for it
}

// Due is the time after the start at which the nth message, counted from 0, is due. It is 0 without a rate.
func (p Pacer) Due(n uint64) time.Duration {
	if p.Rate <= 0 {
		return 0
	}
	whole := uint64(p.Rate) // whole seconds first: n/rate in floating point loses nanoseconds in a long run
	if float64(whole) == p.Rate {
		return time.Duration(n/whole)*time.Second + time.Duration(n%whole)*time.Second/time.Duration(whole)
	}
	return time.Duration(float64(n) / p.Rate * float64(time.Second))
}

// Intended is the time from which the latency of the nth message counts: when it was due, or, without a rate, when
// there was room for it.
func (p Pacer) Intended(start time.Time, n uint64, room time.Time) time.Time {
	if p.Rate <= 0 {
		return room
	}
	return start.Add(p.Due(n))
}
