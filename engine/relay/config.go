package relay

import (
	"context"
	"log/slog"
	"net"
	"time"

	"switchyard/smp"
)

// HostMode says which host of a relay with several is connected to.
type HostMode uint8

const (
	HostPublic HostMode = iota // the first that is no onion host
	HostOnion                  // the first onion host when there is a SOCKS proxy, else as HostPublic
)

// Config says how relays are connected to. Its zero value is the reference's defaults.
type Config struct {
	Versions     smp.VersionRange // offered to relays; zero means all that smp has
	HostMode     HostMode
	RequiredHost bool   // an address without such a host is refused; otherwise its first host has to do
	Socks        *Socks // nil: none
	SocksAlways  bool   // also for hosts that are no onion hosts

	OwnDomains []string // domains of the operator's own relays, which are counted apart as well

	PublicOnly bool // connect to no loopback, private or link-local address, whatever name leads there

	DialTimeout    time.Duration // for TCP, TLS and hello; zero means 45 s
	CommandTimeout time.Duration // for the answer to a command; zero means 30 s
	Log            *slog.Logger  // nil: discard

	now     func() time.Time // for tests
	connect func(ctx context.Context, address string) (net.Conn, error)
}

func (c Config) withDefaults() Config {
	if c.DialTimeout == 0 {
		c.DialTimeout = defaultDialTimeout
	}
	if c.CommandTimeout == 0 {
		c.CommandTimeout = defaultCommandTimeout
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.now == nil {
		c.now = time.Now
	}
	return c
}
