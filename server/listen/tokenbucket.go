package listen

import "time"

// Burst is how many seconds' worth of commands a connection may send at once: a client that comes back has much to ask.
const Burst = 10 * time.Second

// TokenBucket is a token bucket in one number: the time at which the bucket is full again (GCRA, ITU-T I.371). What is taken
// moves that time on; how far it lies ahead is how much is missing. The zero value is full.
//
// Its times are of time.Now: only their monotonic readings count, so that nobody waits when the system's clock is set.
type TokenBucket struct {
	full time.Duration // since epoch
}

// epoch is before all times that a TokenBucket is asked about.
var epoch = time.Now()

// Take takes n tokens, of which one comes back each interval, unless more than room would be missing then.
func (p *TokenBucket) Take(now time.Time, n int, interval, room time.Duration) bool {
	at := now.Sub(epoch)
	full := max(p.full, at) + time.Duration(n)*interval
	if full-at > room {
		return false
	}
	p.full = full
	return true
}

// Spend takes n tokens whatever is missing then.
func (p *TokenBucket) Spend(now time.Time, n int, interval time.Duration) {
	p.full = max(p.full, now.Sub(epoch)) + time.Duration(n)*interval
}

// Wait is how long it takes until no more than room is missing.
func (p *TokenBucket) Wait(now time.Time, room time.Duration) time.Duration {
	return max(0, p.full-now.Sub(epoch)-room)
}

// Commands spends n commands of a connection that may send perSecond, and is how long it has to wait for them; 0 is no limit.
func (p *TokenBucket) Commands(now time.Time, n, perSecond int) (wait time.Duration) {
	if perSecond == 0 {
		return 0
	}
	p.Spend(now, n, time.Second/time.Duration(perSecond))
	return p.Wait(now, Burst)
}
