package main

import (
	stdtls "crypto/tls"
	"fmt"
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
		for _, line := range append(f.Doubtful(knownSettings()), idleSettings(f)...) {
			log.Warn(line)
		}
		return func() {
			was := now
			now, limits = next.router.Settings(), next.limits
			now.KeyPair, now.Web = was.KeyPair, was.Web
			r.Change(now, limits)
		}, nil
	}}
	browsers := reload.Part{Read: func(*inifile.File) (func(), error) {
		cert, err := s.webCertificate(log)
		if cert == nil || err != nil {
			return nil, err
		}
		return func() {
			now.Web = cert
			r.Change(now, limits)
		}, nil
	}}
	return reload.New(s.ini, log, append(others, certificate, admission, browsers)...)
}

// webCertificate reads the certificate for browsers, if the ini names one.
func (s *settings) webCertificate(log *slog.Logger) (*stdtls.Certificate, error) {
	if !s.web.complete() {
		return nil, nil
	}
	exposed, err := identity.CheckKey(s.web.key)
	if err != nil {
		return nil, err
	}
	if exposed != "" {
		log.Warn(exposed)
	}
	cert, err := stdtls.LoadX509KeyPair(s.web.cert, s.web.key)
	if err != nil {
		return nil, fmt.Errorf("the certificate for browsers: %w; correct cert and key in section [WEB] of the ini", err)
	}
	return &cert, nil
}
