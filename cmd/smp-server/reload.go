package main

import (
	"log/slog"

	"switchyard/engine"
	"switchyard/server/connections"
	"switchyard/server/identity"
	"switchyard/server/inifile"
	"switchyard/server/reload"
	"switchyard/tls"
)

// reloader rereads what may change while the router serves: its certificate, and what it lets strangers do.
func (s *settings) reloader(p paths, id identity.Identity, router *engine.Router, log *slog.Logger) *reload.Reloader {
	now := s.engine.Settings(s.queues, id.KeyPair)
	certificate := reload.Identity(p.cfgDir, id, log, func(pair *tls.KeyPair) {
		now.KeyPair = pair
		router.Change(now)
	})
	keys := connections.LimitKeys()
	keys["SWITCHYARD"] = append(keys["SWITCHYARD"], "new_queues_per_address", "new_queues_per_minute", "new_services_per_minute",
		"commands_per_second", "subscriptions_per_connection")
	keys["AUTH"] = []string{"new_queues", "create_password"}
	keys["TRANSPORT"] = []string{"log_tls_errors"}
	admission := reload.Part{Settings: keys, Read: func(f *inifile.File) (func(), error) {
		next := readSettings(f, p)
		for _, line := range doubtfulSettings(f) {
			log.Warn(line)
		}
		return func() {
			now = next.engine.Settings(next.queues, now.KeyPair)
			router.Change(now)
		}, nil
	}}
	return reload.New(s.ini, log, certificate, admission)
}
