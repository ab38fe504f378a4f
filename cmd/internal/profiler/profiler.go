// Package profiler serves the Go profiler of a server at an address of its own, which has no password. It imports
// cmd/internal/serverini.
package profiler

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"time"

	"switchyard/cmd/internal/serverini"
)

// Address reads where the ini wants the profiler, HOST:PORT; empty: nowhere.
func Address(f *serverini.File) string {
	addr := f.Text("SWITCHYARD", "pprof", "")
	if _, _, err := net.SplitHostPort(addr); addr != "" && err != nil {
		f.Refuse("SWITCHYARD", "pprof", strconv.Quote(addr)+" is not an address", "write HOST:PORT")
	}
	return addr
}

// Start serves the profiler at addr, or does nothing without one. The returned function ends it.
func Start(addr string, log *slog.Logger) (stop func(), err error) {
	if addr == "" {
		return func() {}, nil
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("cannot serve the profiler: %w; give --pprof a free address of this machine", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(l)
	log.Info("profiler", "address", l.Addr().String())
	return func() { server.Close() }, nil
}
