package site

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
	"syscall"
	"time"

	"switchyard/server/listen"
)

// Bounds of the servers, for clients that are slow or say much.
const (
	readTimeout  = 10 * time.Second
	writeTimeout = time.Minute
	idleTimeout  = 2 * time.Minute
	maxHeader    = 16 << 10
	maxBody      = 1 << 20 // nothing is asked for with a body
	stopTimeout  = time.Second
)

// MaxFiles is how many files the requests of a site need at a time, beside their connections.
const MaxFiles = 64

// Server serves a site.
type Server struct {
	settings    Settings
	log         *slog.Logger
	certificate *Certificate   // nil: no HTTPS
	handed      *listen.Handed // nil: nobody hands connections over

	root    *os.Root
	servers []*http.Server
	open    func(addresses []string) ([]net.Listener, error)
}

// New makes a server, which reads the certificate for browsers. Without a site it serves nothing.
func New(settings Settings, log *slog.Logger) (*Server, error) {
	s := &Server{settings: settings, log: log, open: listen.Open}
	if !settings.Secure() {
		return s, nil
	}
	certificate, exposed, err := OpenCertificate(settings.Cert, settings.Key, log)
	if err != nil {
		return nil, err
	}
	s.certificate = certificate
	if exposed != "" {
		log.Warn(exposed)
	}
	if !certificate.Ready() {
		log.Warn(fmt.Sprintf("there is no HTTPS as long as there is no %s; put a certificate there, or comment out cert and key in section [%s] of the ini", certificate.Missing(), section))
	}
	return s, nil
}

// Reread reads the certificate again, and returns what takes it over and writes the site anew.
func (s *Server) Reread(site *Site) (change func(), err error) {
	take, err := s.next()
	if err != nil {
		return nil, err
	}
	return func() {
		take()
		if err := s.rewrite(site); err != nil {
			s.log.Error("the site is as before", "cause", err.Error())
		}
	}, nil
}

// Certificate is the one for browsers, nil if there is to be none.
func (s *Server) Certificate() *Certificate { return s.certificate }

// next reads the certificate again, if there is to be one, and returns what takes it over.
func (s *Server) next() (change func(), err error) {
	if s.certificate == nil {
		return func() {}, nil
	}
	return s.certificate.Next()
}

// Handed is where a router hands over the connections of browsers on its own port, nil without a certificate to be.
func (s *Server) Handed() *listen.Handed {
	if s.certificate != nil && s.handed == nil {
		s.handed = listen.NewHanded(s.certificate.Ready)
	}
	return s.handed
}

// Open writes the site, and returns what serves it; nil without a site. policy is Policy, or more.
func (s *Server) Open(site *Site, policy string) (http.Handler, error) {
	if s.settings.Static == "" {
		return nil, nil
	}
	if err := s.rewrite(site); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(s.settings.Static)
	if err != nil {
		return nil, err
	}
	s.root = root
	return Handler(root, policy), nil
}

// rewrite writes the site, also while it is served.
func (s *Server) rewrite(site *Site) error {
	if s.settings.Static == "" {
		return nil
	}
	if err := site.Write(s.settings.Static); err != nil {
		return fmt.Errorf("the site: %w; correct static_path in section [%s] of the ini", err, section)
	}
	return nil
}

// Listen serves what Open has returned on the ports of the ini, but for https where that is the router's own, and for the
// connections that are handed over. addresses are those of a port, and gate decides on connections.
func (s *Server) Listen(h http.Handler, gate *listen.Gate, addresses func(port string) []string) error {
	if h == nil {
		return nil
	}
	h = readWhole(gate.Handler(h))
	err := s.listen("http", s.settings.HTTP, h, gate, addresses, nil)
	if err != nil || s.certificate == nil {
		return err
	}
	if s.handed != nil {
		s.serve(s.handed, h, s.certificate.Config())
		return nil
	}
	return s.listen("https", s.settings.HTTPS, h, gate, addresses, s.certificate.Config())
}

// listen serves on the addresses of a port, with TLS if there is a configuration for it. setting is the one that names the
// port. Who may not listen there goes on without: the router is what matters.
func (s *Server) listen(setting, port string, h http.Handler, gate *listen.Gate, addresses func(string) []string, tls *stdtls.Config) error {
	if port == "" {
		return nil
	}
	listeners, err := s.open(addresses(port))
	switch {
	case errors.Is(err, syscall.EACCES):
		s.log.Warn("the site is not served on port "+port+", where the process may not listen; give it the capability CAP_NET_BIND_SERVICE, or correct "+setting+" in section ["+section+"] of the ini", "cause", err)
		return nil
	case err != nil:
		return fmt.Errorf("the site: %w; set another port as %s in section [%s] of the ini", err, setting, section)
	}
	for _, l := range listeners {
		s.log.Info("serving the site", "address", l.Addr(), "scheme", setting)
		s.serve(gate.Listener(l), h, tls)
	}
	return nil
}

func (s *Server) serve(l net.Listener, h http.Handler, tls *stdtls.Config) {
	server := &http.Server{
		Handler: h, TLSConfig: tls, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
	}
	s.servers = append(s.servers, server)
	serve := server.Serve
	if tls != nil {
		serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	go func() {
		if err := serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("the site is not served any more", "address", l.Addr(), "cause", err)
		}
	}()
}

// readWhole reads a request to its end before it is answered: on HTTP/2 some clients take an answer that ends earlier for
// a fault.
func readWhole(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if _, err := io.Copy(io.Discard, http.MaxBytesReader(w, q.Body, maxBody)); err != nil {
			w.Header().Set("Connection", "close") // GOAWAY
			http.Error(w, "this is a site to look at", http.StatusRequestEntityTooLarge)
			return
		}
		h.ServeHTTP(w, q)
	})
}

// Stop serves no more.
func (s *Server) Stop() {
	for _, server := range s.servers {
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		if server.Shutdown(ctx) != nil {
			server.Close()
		}
		cancel()
	}
	if s.root != nil {
		s.root.Close()
	}
}
