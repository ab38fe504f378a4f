// Package time has what woven code uses of time; in a simulation its clock and its timers are the simulation's.
package time

import (
	"time"

	"switchyard/internal/simulate"
)

type (
	Duration = time.Duration
	Location = time.Location
	Month    = time.Month
	Time     = time.Time
)

const (
	Nanosecond  = time.Nanosecond
	Microsecond = time.Microsecond
	Millisecond = time.Millisecond
	Second      = time.Second
	Minute      = time.Minute
	Hour        = time.Hour

	RFC3339 = time.RFC3339
)

var UTC = time.UTC

func Unix(sec, nsec int64) Time    { return time.Unix(sec, nsec) }
func Now() Time                    { return simulate.Now() }
func Since(t Time) Duration        { return simulate.Now().Sub(t) }
func Until(t Time) Duration        { return t.Sub(simulate.Now()) }
func Sleep(d Duration)             { simulate.Sleep(d) }
func After(d Duration) <-chan Time { return NewTimer(d).C }

// Timer is time.Timer.
type Timer struct {
	C     <-chan Time
	timer *time.Timer     // without a simulation
	alarm *simulate.Alarm // in one
}

// AfterFunc calls f in an actor of its own.
func AfterFunc(d Duration, f func()) *Timer {
	if !simulate.Simulating() {
		return &Timer{timer: time.AfterFunc(d, f)}
	}
	t := &Timer{alarm: simulate.NewAlarm("timer", f)}
	t.alarm.Set(d)
	return t
}

func NewTimer(d Duration) *Timer {
	if !simulate.Simulating() {
		t := time.NewTimer(d)
		return &Timer{C: t.C, timer: t}
	}
	c := make(chan Time, 1)
	t := AfterFunc(d, func() { offer(c) })
	t.C = c
	return t
}

// offer gives the time to who waits for it, or will.
func offer(c chan Time) {
	select {
	case c <- simulate.Now():
	default:
	}
}

// Stop is that of time.Timer. Go's leaves nothing in the channel; neither does this.
func (t *Timer) Stop() bool {
	if t.timer != nil {
		return t.timer.Stop()
	}
	return t.alarm.Unset() || t.drain()
}

func (t *Timer) Reset(d Duration) bool {
	if t.timer != nil {
		return t.timer.Reset(d)
	}
	drained := t.drain()
	return t.alarm.Set(d) || drained
}

func (t *Timer) drain() bool {
	select {
	case <-t.C: // blocks for ever when there is no channel
		return true
	default:
		return false
	}
}

// Ticker is time.Ticker.
type Ticker struct {
	C      <-chan Time
	ticker *time.Ticker
	alarm  *simulate.Alarm
}

func NewTicker(d Duration) *Ticker {
	if !simulate.Simulating() {
		t := time.NewTicker(d)
		return &Ticker{C: t.C, ticker: t}
	}
	c := make(chan Time, 1)
	t := &Ticker{C: c}
	t.alarm = simulate.NewAlarm("ticker", func() {
		t.alarm.Set(d)
		offer(c)
	})
	t.alarm.Set(d)
	return t
}

func (t *Ticker) Stop() {
	if t.ticker != nil {
		t.ticker.Stop()
		return
	}
	t.alarm.Unset()
}
