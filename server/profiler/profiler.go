// Package profiler serves the Go profiler of a server at an address of its own, which has no password, and beside it the
// figures that tell what a profile is of (package metrics). It imports server/connections, server/inifile and server/listen.
package profiler

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"time"

	"switchyard/server/connections"
	"switchyard/server/inifile"
	"switchyard/server/listen"
)

// Address reads where the ini wants the profiler, HOST:PORT; empty: nowhere.
func Address(f *inifile.File) string {
	addr := f.Text("SWITCHYARD", "pprof", "")
	if _, _, err := net.SplitHostPort(addr); addr != "" && err != nil {
		f.Refuse("SWITCHYARD", "pprof", strconv.Quote(addr)+" is not an address", "write HOST:PORT")
	}
	return addr
}

// Start serves at addr, or does nothing without one: the profiler below /debug/pprof/, and the figures at /metrics. The
// returned function ends it.
func Start(addr string, log *slog.Logger, figures http.Handler) (stop func(), err error) {
	if addr == "" {
		return func() {}, nil
	}
	listeners, err := listen.Open([]string{addr})
	if err != nil {
		return nil, fmt.Errorf("cannot serve the profiler: %w; give --pprof a free address of this machine", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	mux.Handle("/metrics", figures)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(connections.ForOperator(listeners[0], log))
	log.Info("profiler", "address", listeners[0].Addr().String())
	return func() { server.Close() }, nil
}
