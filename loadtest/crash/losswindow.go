package crash

import (
	"math"
	"strconv"
	"time"
)

// How routers of ours sync, by their ini, and the interval when it does not say.
const (
	settingSection  = "SWITCHYARD"
	settingSync     = "sync"
	settingInterval = "sync_interval_ms"
	defaultInterval = 100 * time.Millisecond
)

// lossWindow is how long before its last answer a router with the settings of c that is killed may forget what it has answered.
func (c *Config) lossWindow() time.Duration {
	mode, interval := "always", defaultInterval
	for _, s := range c.Settings {
		if s.Section != settingSection {
			continue
		}
		switch s.Key {
		case settingSync:
			mode = s.Value
		case settingInterval:
			if ms, err := strconv.Atoi(s.Value); err == nil { // else the router refuses to start
				interval = time.Duration(ms) * time.Millisecond
			}
		}
	}
	switch mode {
	case "interval":
		return interval
	case "never":
		return math.MaxInt64
	default:
		return 0
	}
}
