package client

import "time"

// timers are what a client does by the clock; both are off by default. Guarded by Client.mu.
type timers struct {
	ping    *time.Timer
	timeout *time.Timer // goes off while commands wait
	armed   bool
}

// startTimers starts what runs for as long as the client does.
func (c *Client) startTimers() {
	if c.config.PingInterval <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timers.ping = time.AfterFunc(c.config.PingInterval, c.keepAlive)
}

func (c *Client) stopTimers() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timers.ping != nil {
		c.timers.ping.Stop()
	}
	if c.timers.timeout != nil {
		c.timers.timeout.Stop()
	}
}

// keepAlive sends PING when the router has been silent, and gives up when it stays so.
func (c *Client) keepAlive() {
	if c.Err() != nil {
		return
	}
	interval := c.config.PingInterval
	next := interval - time.Since(c.LastReceived())
	if next <= 0 {
		next = interval
		if int(c.pings.Add(1)) > orDefault(c.config.PingCount, DefaultPingCount) {
			c.fail(ErrTimeout)
			return
		}
		_ = c.Do(Ping(), func(Response) {}) // a full window counts as silence, too
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timers.ping.Reset(next)
}

// armTimeout sees to it that expire runs as long as commands wait. mu is held.
func (c *Client) armTimeout() {
	if c.config.CommandTimeout <= 0 || c.timers.armed {
		return
	}
	c.timers.armed = true
	period := c.config.CommandTimeout / 2
	if c.timers.timeout == nil {
		c.timers.timeout = time.AfterFunc(period, c.expire)
	} else {
		c.timers.timeout.Reset(period)
	}
}

// expire fails the commands that have waited too long.
func (c *Client) expire() {
	c.mu.Lock()
	if c.Err() != nil { // the reader fails them all
		c.mu.Unlock()
		return
	}
	expired := c.pending.takeExpired(time.Now().Add(-c.config.CommandTimeout))
	if c.timers.armed = len(c.pending.waiting) > 0; c.timers.armed {
		c.timers.timeout.Reset(c.config.CommandTimeout / 2)
	}
	c.running.Add(1)
	c.mu.Unlock()
	defer c.running.Done()
	for i := range expired {
		expired[i].answer(Response{Err: ErrTimeout})
	}
}
