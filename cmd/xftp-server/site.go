package main

import (
	"log/slog"

	"switchyard/server/identity"
	"switchyard/server/information"
	"switchyard/server/inifile"
	"switchyard/server/reload"
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
func (s *settings) openSite(id identity.Identity, log *slog.Logger) (*site.Server, error) {
	server, err := site.New(s.web, log)
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
	return server, nil
}

// reloadSite rereads the certificate for browsers, and what the operator says.
func (s *settings) reloadSite(server *site.Server, id identity.Identity) reload.Part {
	return reload.Part{Settings: map[string][]string{information.Section: {reload.All}}, Read: func(f *inifile.File) (func(), error) {
		now := *s
		now.information = information.Read(f)
		pages, err := now.site(id).Site()
		if err != nil {
			return nil, err
		}
		return server.Reread(pages)
	}}
}
