package main

import (
	"log/slog"

	"switchyard/server/connections"
	"switchyard/server/identity"
	"switchyard/server/inifile"
	"switchyard/server/reload"
	"switchyard/tls"
	"switchyard/xftp/router"
)

// reloader rereads what may change while the router serves: its certificates, and what it lets strangers do.
func (s *settings) reloader(p paths, id identity.Identity, r *router.Router, log *slog.Logger, others ...reload.Part) *reload.Reloader {
	now, limits := s.router.Settings(), s.limits
	now.KeyPair = id.KeyPair
	certificate := reload.Identity(p.cfgDir, id, log, func(pair *tls.KeyPair) {
		now.KeyPair = pair
		r.Change(now, limits)
	})
	keys := connections.LimitKeys()
	keys["SWITCHYARD"] = append(keys["SWITCHYARD"], "commands_per_second")
	keys["AUTH"] = []string{"new_files", "create_password"}
	keys["TRANSPORT"] = []string{"log_tls_errors"}
	admission := reload.Part{Settings: keys, Read: func(f *inifile.File) (func(), error) {
		next := readSettings(f, p)
		for _, line := range doubtfulSettings(f) {
			log.Warn(line)
		}
		return func() {
			was := now
			now, limits = next.router.Settings(), next.limits
			now.KeyPair = was.KeyPair
			r.Change(now, limits)
		}, nil
	}}
	return reload.New(s.ini, log, append(others, certificate, admission)...)
}
