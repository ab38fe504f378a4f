package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"switchyard/engine"
	"switchyard/server/address"
	"switchyard/server/identity"
	public "switchyard/server/information"
	"switchyard/server/inifile"
	"switchyard/server/listen"
	"switchyard/server/reload"
	"switchyard/server/site"
	"switchyard/server/site/linkpages"
	"switchyard/smp"
)

// siteSettings are what the ini says of the site, and on it.
type siteSettings struct {
	site.Settings
	information public.Information
	statistics  bool
	bare        bool // there is no certificate yet
}

// readSite reads them, once the ports are known.
func readSite(f *inifile.File, s *settings) siteSettings {
	web := siteSettings{Settings: site.Read(f), information: public.Read(f), statistics: f.OnOff("STORE_LOG", "log_stats", false)}
	clash := func(key, port string, with []string, what string) {
		if port != "" && slices.Contains(with, port) {
			f.Refuse("WEB", key, strconv.Quote(port)+" is a port "+what, "write another, or comment it out")
		}
	}
	clash("http", web.HTTP, slices.Concat(s.ports, s.webPorts), "of SMP")
	clash("http", web.HTTP, []string{web.HTTPS}, "of HTTPS")
	clash("https", web.HTTPS, s.webPorts, "of WebSockets")
	return web
}

// idleSite names settings of the site that have no effect.
func idleSite(f *inifile.File) []string { return append(site.Idle(f), public.Idle(f)...) }

// newSite makes what serves the site. Where it shares a port of SMP, the engine is to leave browsers to it.
func (s *settings) newSite(log *slog.Logger) (*site.Server, error) {
	server, err := site.New(s.site.Settings, log)
	if err != nil || s.site.Static == "" {
		return server, err
	}
	s.site.bare = s.site.Secure() && !server.Certificate().Ready()
	s.engine.SiteFiles = min(site.MaxFiles, listen.Files()/8)
	if s.site.Secure() && slices.Contains(s.ports, s.site.HTTPS) {
		s.engine.Site = server.Handed()
		s.engine.SitePort, _ = strconv.Atoi(s.site.HTTPS) // or it is refused already
	}
	return server, nil
}

// openSite writes the site and serves it.
func (s *settings) openSite(server *site.Server, id identity.Identity, router *engine.Router) error {
	whole, err := s.page(id)
	if err != nil {
		return err
	}
	pages, err := server.Open(whole, site.Policy)
	if err != nil {
		return err
	}
	return server.Listen(pages, router.Gate(), s.addresses)
}

// addresses are those to listen on with a port, none without one.
func (s *settings) addresses(port string) (all []string) {
	if port == "" {
		return nil
	}
	for _, host := range s.bind {
		all = append(all, net.JoinHostPort(host, port))
	}
	return all
}

// reloadSite rereads the certificate for browsers, and what the operator says.
func (s *settings) reloadSite(p paths, id identity.Identity, server *site.Server) reload.Part {
	return reload.Part{Settings: map[string][]string{public.Section: {reload.All}}, Read: func(f *inifile.File) (func(), error) {
		next, now := readSettings(f, p), *s
		now.site.information, now.queues.NewQueues, now.password = next.site.information, next.queues.NewQueues, next.password
		pages, err := now.page(id)
		if err != nil {
			return nil, err
		}
		return server.Reread(pages)
	}}
}

// publicConfig is how the router is set, as the reference's ServerPublicConfig has it.
type publicConfig struct {
	Persistence       string `json:"persistence"`
	MessageExpiration int64  `json:"messageExpiration,omitempty"` // seconds
	StatsEnabled      bool   `json:"statsEnabled"`
	NewQueuesAllowed  bool   `json:"newQueuesAllowed"`
	BasicAuthEnabled  bool   `json:"basicAuthEnabled"`
}

// page is what the site says of this router, with the pages of links.
func (s *settings) page(id identity.Identity) (*site.Site, error) {
	config := publicConfig{"memoryOnly", int64(s.queues.MessageTTL / time.Second), s.site.statistics, s.queues.NewQueues, s.password != ""}
	kept := "in memory only"
	if s.persist {
		config.Persistence, kept = "messages", "queues and messages"
	}
	queues := "not allowed"
	if s.queues.NewQueues {
		queues = "allowed"
		if s.password != "" {
			queues = "allowed with a password, which is part of the address that the operator gives you"
		}
	}
	whole := &site.Site{
		Kind: "SMP router", Purpose: "of messages", Version: version(), IniName: iniName,
		Address:     smp.ServerAddress{Scheme: smp.SchemeSMP, KeyHash: id.Hash, Hosts: s.hosts, Port: s.addressPort()},
		Information: s.site.information, Config: config,
		Configuration: []site.Row{
			site.Say("Kept over a restart", kept),
			site.Say("Messages expire", "after "+site.Duration(s.queues.MessageTTL)),
			site.Say("New queues", queues),
			site.Say("Statistics", map[bool]string{true: "kept", false: "not kept"}[s.site.statistics]),
		},
		Files: make(map[string][]byte),
	}
	return whole, linkpages.AddTo(whole.Files)
}

// printSite prints where the site is.
func (s *settings) printSite(w io.Writer) {
	web := s.site.Settings
	if web.Static == "" {
		return
	}
	if s.site.bare {
		web.Cert = ""
	}
	if web.Secure() && web.HTTPS != "" {
		fmt.Fprintf(w, "Serving static site on port %s (TLS)...\n", web.HTTPS)
	}
	if web.HTTP != "" {
		fmt.Fprintf(w, "Serving static site on port %s...\n", web.HTTP)
	}
	for _, url := range web.URLs(s.hosts) {
		fmt.Fprintln(w, "Site: "+url)
	}
}

func addressCommand(p paths) *cobra.Command {
	return address.Command(func() (smp.ServerAddress, error) {
		s, _, err := loadSettings(p)
		if err != nil {
			return smp.ServerAddress{}, err
		}
		id, _, err := identity.Load(p.cfgDir, time.Now())
		return s.address(id), err
	})
}

// address is the router's, as its operator gives it away.
func (s *settings) address(id identity.Identity) smp.ServerAddress {
	return smp.ServerAddress{Scheme: smp.SchemeSMP, KeyHash: id.Hash, Hosts: s.addressHosts(), Port: s.addressPort(), BasicAuth: s.password}
}
