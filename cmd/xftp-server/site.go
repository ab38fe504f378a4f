package main

import (
	"context"
	stdtls "crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"switchyard/server/identity"
	"switchyard/server/inifile"
	"switchyard/server/listen"
	"switchyard/smp"
	"switchyard/xftp/web"
)

// readInformation reads what the operator says of the router.
func readInformation(f *inifile.File) web.Information {
	text := func(key string) string { return f.Text("INFORMATION", key, "") }
	country := func(key string) string {
		code := strings.ToUpper(text(key))
		if code != "" && (len(code) != 2 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
			f.Refuse("INFORMATION", key, "is not a country", "write its ISO 3166 code, two letters")
		}
		return code
	}
	contacts := func(who string) web.Contacts {
		c := web.Contacts{SimpleX: text(who + "_simplex"), Email: text(who + "_email"), PGP: text(who + "_pgp"), PGPFingerprint: text(who + "_pgp_fingerprint")}
		if c.SimpleX != "" && !strings.HasPrefix(c.SimpleX, "simplex:/") && !strings.HasPrefix(c.SimpleX, "https://") {
			f.Refuse("INFORMATION", who+"_simplex", "is not a SimpleX address", "write one that begins with simplex:/ or https://")
		}
		return c
	}
	return web.Information{
		SourceCode: text("source_code"), Website: text("website"),
		UsageConditions: text("usage_conditions"), Amendments: text("condition_amendments"),
		Operator: web.Entity{Name: text("operator"), Country: country("operator_country")},
		Admin:    contacts("admin"), Complaints: contacts("complaints"),
		Hosting:       web.Entity{Name: text("hosting"), Country: country("hosting_country")},
		HostingType:   readHostingType(f),
		ServerCountry: country("server_country"),
	}
}

func readHostingType(f *inifile.File) string {
	if text, there := f.Lookup("INFORMATION", "hosting_type"); !there || text == "" {
		return ""
	}
	return f.Choice("INFORMATION", "hosting_type", "virtual", "dedicated", "colocation", "owned")
}

// complete tells whether there is a certificate for browsers.
func (w *webSettings) complete() bool { return w.cert != "" && w.key != "" }

// site is what the pages say of this router.
func (s *settings) site(id identity.Identity) *web.Site {
	return &web.Site{
		Version:  version(),
		Address:  smp.ServerAddress{Scheme: smp.SchemeXFTP, KeyHash: id.Hash, Hosts: s.hosts, Port: s.addressPort()},
		Transfer: s.router.Web != nil,
		NewFiles: s.router.NewFiles, Password: s.router.Password != "", FileTTL: s.router.FileTTL,
		Quota: s.quota, Statistics: s.logStats, IniName: iniName, Information: s.information,
	}
}

// openSite writes the site, gives it to the router, and serves it on ports of its own if the ini asks for that.
func (s *settings) openSite(id identity.Identity, log *slog.Logger) (stop func(), err error) {
	if s.web.static == "" {
		return func() {}, nil
	}
	if err := s.site(id).Write(s.web.static); err != nil {
		return nil, fmt.Errorf("the site: %w; correct static_path in section [WEB] of the ini", err)
	}
	root, err := os.OpenRoot(s.web.static)
	if err != nil {
		return nil, err
	}
	s.router.Pages = web.Handler(root)
	sites := &siteServers{gate: s.router.Gate, handler: s.router.Gate.Handler(s.router.Pages), log: log}
	if err = sites.listen("http", s.listen(s.web.http), nil); err == nil && s.router.Web != nil {
		err = sites.listen("https", s.listen(s.web.https), &stdtls.Config{Certificates: []stdtls.Certificate{*s.router.Web}})
	}
	stop = func() {
		sites.stop()
		root.Close()
	}
	if err != nil {
		stop()
		return nil, err
	}
	return stop, nil
}

// Bounds of the servers of the site, for clients that are slow or say much.
const (
	siteReadTimeout  = 10 * time.Second
	siteWriteTimeout = time.Minute
	siteIdleTimeout  = 2 * time.Minute
	siteMaxHeader    = 16 << 10
	siteMaxBody      = 1 << 20 // nothing is asked for with a body
)

// readWhole reads a request to its end before it is answered: on HTTP/2 some clients take an answer that ends earlier for
// a fault.
func readWhole(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if _, err := io.Copy(io.Discard, http.MaxBytesReader(w, q.Body, siteMaxBody)); err != nil {
			w.Header().Set("Connection", "close") // GOAWAY
			http.Error(w, "this is a site to look at", http.StatusRequestEntityTooLarge)
			return
		}
		h.ServeHTTP(w, q)
	})
}

// siteServers serve the site on ports of their own.
type siteServers struct {
	gate    *listen.Gate
	handler http.Handler
	log     *slog.Logger
	servers []*http.Server
}

// listen serves on addresses, with TLS if there is a configuration for it. setting is the one that names the port.
func (s *siteServers) listen(setting string, addresses []string, tls *stdtls.Config) error {
	listeners, err := listen.Open(addresses)
	if err != nil {
		return fmt.Errorf("the site: %w; set another port as %s in section [WEB] of the ini", err, setting)
	}
	for _, l := range listeners {
		l := s.gate.Listener(l)
		server := &http.Server{
			Handler: readWhole(s.handler), TLSConfig: tls, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
			ReadTimeout: siteReadTimeout, WriteTimeout: siteWriteTimeout, IdleTimeout: siteIdleTimeout, MaxHeaderBytes: siteMaxHeader,
		}
		s.servers = append(s.servers, server)
		serve := server.Serve
		if tls != nil {
			serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
		}
		s.log.Info("serving the site", "address", l.Addr(), "scheme", setting)
		go func() {
			if err := serve(l); !errors.Is(err, http.ErrServerClosed) {
				s.log.Error("the site is not served any more", "address", l.Addr(), "cause", err)
			}
		}()
	}
	return nil
}

func (s *siteServers) stop() {
	for _, server := range s.servers {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		if server.Shutdown(ctx) != nil {
			server.Close()
		}
		cancel()
	}
}
