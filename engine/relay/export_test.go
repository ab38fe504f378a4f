package relay

import "time"

// SetClock has a pool read another clock.
func (c *Config) SetClock(now func() time.Time) { c.now = now }

// Sweep closes idle sessions, as the pool does from time to time.
func (p *Pool) Sweep() { p.sweep() }

// IdleTime is after how long Sweep closes them.
const IdleTime = idleTime
