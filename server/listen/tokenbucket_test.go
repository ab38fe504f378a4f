package listen

import (
	"testing"
	"time"

	"switchyard/internal/clockstep"
)

func TestTokenBucket(t *testing.T) {
	now := time.Now()
	var p TokenBucket
	const each = time.Second
	for i := range 5 {
		if !p.Take(now, 1, each, 5*each) {
			t.Fatalf("token %d of 5 is refused", i)
		}
	}
	if p.Take(now, 1, each, 5*each) || p.Wait(now, 4*each) != each || p.Wait(now, 5*each) != 0 {
		t.Errorf("an empty bucket has a token; to wait %v", p.Wait(now, 0))
	}
	now = now.Add(2 * each)
	if !p.Take(now, 2, each, 5*each) || p.Take(now, 1, each, 5*each) {
		t.Error("in two seconds there are not two tokens")
	}
	if p.Spend(now, 100, each); p.Wait(now, 5*each) != 100*each {
		t.Errorf("to wait %v after spending 100", p.Wait(now, 5*each))
	}
	if now = now.Add(time.Hour); !p.Take(now, 5, each, 5*each) || p.Take(now, 1, each, 5*each) {
		t.Error("after a long time the bucket is not just full")
	}
}

// Nobody waits, and nobody has more, because the system's clock is set.
func TestTokenBucketWhenTheClockIsSet(t *testing.T) {
	for _, set := range []time.Duration{-time.Hour, time.Hour} {
		var p TokenBucket
		now := time.Now()
		for range 2 {
			if wait := p.Commands(now, 100, 10); wait > 10*time.Second {
				t.Errorf("clock set by %v: 20 seconds' worth of commands wait for %v", set, wait)
			}
			now = clockstep.Set(now, set)
		}
		if wait := p.Commands(now, 100, 10); wait != 20*time.Second {
			t.Errorf("clock set by %v: 30 seconds' worth of commands wait for %v", set, wait)
		}
		var made TokenBucket
		made.Take(now, 60, time.Second, Minute)
		if now = clockstep.Set(now, -set); made.Take(now, 1, time.Second, Minute) {
			t.Errorf("clock set by %v: there is more than may be made in a minute", -set)
		}
		if !made.Take(now.Add(time.Second), 1, time.Second, Minute) {
			t.Errorf("clock set by %v: nothing comes back", -set)
		}
	}
}
