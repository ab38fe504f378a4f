package load

import (
	"fmt"
	"net/netip"
	"time"

	"switchyard/box"
	"switchyard/loadtest/history"
	"switchyard/smp"
	"switchyard/smp/client"
)

// Auth is how the senders of a load authorize their messages.
type Auth string

const (
	AuthNone    Auth = "none" // queues are not secured
	AuthEd25519 Auth = "ed25519"
	AuthX25519  Auth = "x25519"
)

func (a Auth) alg() box.Alg {
	switch a {
	case AuthEd25519:
		return box.Ed25519
	case AuthX25519:
		return box.X25519
	default:
		return 0
	}
}

// Client says to which router a scenario connects and how.
type Client struct {
	Address         smp.ServerAddress
	Versions        smp.VersionRange // zero: all
	BlockEncryption bool
	Timeout         time.Duration // for connecting; 0: the client's
}

// Bounds of the delay between two attempts to connect: a load wants to be back as soon as its router is.
const (
	MinRedial = 20 * time.Millisecond
	MaxRedial = 250 * time.Millisecond
)

// DialConfig is how the connection with the given number is made.
func (c Client) DialConfig(index int) client.Config {
	config := client.Defaults(c.Address)
	if c.Versions != (smp.VersionRange{}) {
		config.Versions = c.Versions
	}
	config.BlockEncryption = c.BlockEncryption
	config.DialTimeout = c.Timeout
	config.LocalAddr = SourceAddr(c.Address.Hosts, index)
	return config
}

// KeeperConfig is how the connection with the given number is made again and again.
func (c Client) KeeperConfig(index int) client.KeeperConfig {
	return client.KeeperConfig{Config: c.DialConfig(index), MinDelay: MinRedial, MaxDelay: MaxRedial}
}

// Validate refuses what cannot work before anything is tried.
func (c Client) Validate(auth Auth, size int) error {
	top := smp.CurrentVersion
	if c.Versions != (smp.VersionRange{}) {
		top = c.Versions.Max
	}
	switch auth {
	case AuthNone, AuthEd25519:
	case AuthX25519:
		if top < smp.VersionAuthCmds {
			return fmt.Errorf("x25519 authorization needs version %d or newer", smp.VersionAuthCmds)
		}
	default:
		return fmt.Errorf("authorization %q is none of ed25519, x25519, none", auth)
	}
	if limit := smp.MaxBody(top); size < history.StampSize || size > limit {
		return fmt.Errorf("size %d is not between %d and %d, the limits of version %d", size, history.StampSize, limit, top)
	}
	return nil
}

// ConnsPerSource is how many connections share a source address: some 28,000 ports are free on each, and a few are
// left to connections that are not quite closed.
const ConnsPerSource = 10000

// SourceAddr spreads connections over 127.0.0.0/8 when the router is on loopback, as one source address has not
// enough ports for a large load. Elsewhere the kernel chooses.
func SourceAddr(hosts []string, index int) netip.Addr {
	if len(hosts) == 0 {
		return netip.Addr{}
	}
	host, err := netip.ParseAddr(hosts[0])
	if err != nil || !host.Is4() || !host.IsLoopback() {
		return netip.Addr{}
	}
	n := 1 + index/ConnsPerSource
	return netip.AddrFrom4([4]byte{127, 0, byte(n >> 8), byte(n)})
}
