package judge

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"syscall"

	"switchyard/server/connections"
	"switchyard/server/inifile"
	"switchyard/server/listen"
)

// Ports judges addresses to listen on, each HOST:PORT. setting is the one that names them, such as port in section [TRANSPORT].
func (r *Report) Ports(setting string, addrs ...string) {
	for _, addr := range addrs {
		r.port(addr, setting)
	}
}

func (r *Report) port(addr, setting string) {
	name := "port " + addr
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		r.Error(name, fmt.Errorf("%w; correct %s of the ini", err, setting))
		return
	}
	sockets := listeners(port)
	if r.process != nil && slices.ContainsFunc(sockets, r.process.has) {
		r.OK(name, "held by the router that runs")
		return
	}
	opened, err := listen.Open([]string{addr})
	listen.Close(opened)
	switch {
	case err == nil && r.process != nil:
		r.Warn(name, "the router that runs does not listen there; restart it, as %s was changed", setting)
	case err == nil:
		r.OK(name, "free")
	case errors.Is(err, syscall.EADDRINUSE):
		by := "a process of another user"
		if p := owner(sockets); p != nil {
			by = fmt.Sprintf("process %d (%s)", p.PID, p.name())
		}
		r.Error(name, fmt.Errorf("in use by %s; stop it, or set another port as %s of the ini", by, setting))
	case errors.Is(err, syscall.EACCES):
		r.Warn(name, "this account may not listen there; where the router's unit gives it CAP_NET_BIND_SERVICE it may, else set a port above 1023 as %s of the ini", setting)
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EAFNOSUPPORT):
		r.Error(name, connections.Fault(err))
	default:
		r.Error(name, fmt.Errorf("%w; correct %s of the ini", err, setting))
	}
}

// OperatorPorts judges the addresses that are for the operator alone: control port, metrics, profiler.
func (r *Report) OperatorPorts(f *inifile.File) {
	if port := f.Text("TRANSPORT", "control_port", ""); port != "" && port != "off" {
		r.port(net.JoinHostPort("127.0.0.1", port), "control_port in section [TRANSPORT]")
	}
	for _, key := range []string{"metrics", "pprof"} {
		if addr := f.Text("SWITCHYARD", key, ""); addr != "" && addr != "off" {
			r.port(addr, key+" in section [SWITCHYARD]")
		}
	}
}

// WebPorts judges the ports of section [WEB] on all hosts; those that the server has besides are judged already.
func (r *Report) WebPorts(f *inifile.File, hosts, besides []string) {
	if f.Text("WEB", "static_path", "") == "" {
		return
	}
	keys := []string{"http"}
	if cert := f.Text("WEB", "cert", ""); cert != "" && exists(cert) {
		keys = append(keys, "https")
	}
	for _, key := range keys {
		port := f.Text("WEB", key, "")
		if port == "" || port == "off" || slices.Contains(besides, port) {
			continue
		}
		for _, host := range hosts {
			r.port(net.JoinHostPort(host, port), key+" in section [WEB]")
		}
	}
}
