package main

import (
	"switchyard/engine"
	"switchyard/server/connections"
	"switchyard/server/inifile"
)

// defaultServices is how many services may be registered in a minute. A service registers once in its life, and costs a
// record that stays.
const defaultServices = 60

// readLimits reads what strangers may ask for.
func readLimits(f *inifile.File, cfg *engine.Config) {
	limit := func(key string, def int64) int { return int(f.Int("SWITCHYARD", key, def, 0, connections.MaxLimit)) }
	cfg.Limits = engine.Limits{
		Limits:            connections.ReadLimits(f),
		SourceQueues:      limit("new_queues_per_address", 0),
		Queues:            limit("new_queues_per_minute", 0),
		Services:          limit("new_services_per_minute", defaultServices),
		CommandsPerSecond: limit("commands_per_second", 0),
		Subscriptions:     limit("subscriptions_per_connection", 0),
	}
}
