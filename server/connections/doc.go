// Package connections is what the servers share of letting clients in: the settings that bound connections (limits.go), what
// to do about an address that cannot be listened on (fault.go), the counters as figures for Prometheus (figures.go), and the
// ports of the operator's own (operator.go).
//
// It imports server/inifile and server/listen.
package connections
