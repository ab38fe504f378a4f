package main

import (
	"io"
	"log/slog"

	"switchyard/server/identity"
	"switchyard/server/site"
	"switchyard/smp"
	"switchyard/xftp/web"
)

// site is what the pages say of this router.
func (s *settings) site(id identity.Identity) *web.Site {
	return &web.Site{
		Version:  version(),
		Address:  smp.ServerAddress{Scheme: smp.SchemeXFTP, KeyHash: id.Hash, Hosts: s.hosts, Port: s.addressPort()},
		Transfer: s.router.Web != nil && s.router.Web() != nil,
		NewFiles: s.router.NewFiles, Password: s.router.Password != "", FileTTL: s.router.FileTTL,
		Quota: s.quota, Statistics: s.logStats, IniName: iniName, Information: s.information,
	}
}

// openSite writes the site, gives it to the router, and serves it on ports of its own if the ini asks for that.
func (s *settings) openSite(id identity.Identity, stderr io.Writer, log *slog.Logger) (stop func(), err error) {
	server, err := site.New(s.web, log, func(line string) { note(stderr, "%s", line) })
	if err != nil {
		return nil, err
	}
	if c := server.Certificate(); c != nil {
		s.router.Web = c.Current
	}
	whole, err := s.site(id).Site()
	if err != nil {
		return nil, err
	}
	if s.router.Pages, err = server.Open(whole, web.Policy); err == nil {
		err = server.Listen(s.router.Pages, s.router.Gate, s.listen)
	}
	if err != nil {
		server.Stop()
		return nil, err
	}
	return server.Stop, nil
}
