package judge

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"syscall"

	"switchyard/server/connections"
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
	default:
		r.Error(name, connections.Fault(err))
	}
}
