package connections

import (
	"log/slog"
	"net"

	"switchyard/server/listen"
)

// operatorSessions is how many sessions an operator may have with one port.
const operatorSessions = 16

// ForOperator has a listener of which only the operator knows go on when connections cannot be accepted, and bounds their
// number.
func ForOperator(l net.Listener, log *slog.Logger) net.Listener {
	return listen.NewGate(listen.Config{Files: operatorSessions, Log: log}).Listener(l)
}
