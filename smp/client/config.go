package client

import (
	"context"
	"net"
	"net/netip"
	"time"

	"switchyard/smp"
	"switchyard/tls"
)

// Defaults of Config, those of the reference's clients where they have one.
const (
	DefaultPort        = "5223"
	DefaultDialTimeout = 15 * time.Second
	DefaultEventBuffer = 64
	DefaultPingCount   = 3
)

// Config says how to connect. Its zero value, with an address, connects as the oldest clients did: without ALPN, so
// at version 6, and without block encryption. Defaults gives what today's clients do.
type Config struct {
	Address  smp.ServerAddress
	Versions smp.VersionRange // offered; zero means all that smp has

	ALPN            bool        // offer smp/1; without it routers speak version 6 only
	BlockEncryption bool        // send a key in the hello, so that blocks are encrypted from version 11
	Groups          []tls.Group // key exchange groups, the first has the share; nil means X448, X25519
	Proxy           bool        // say in the hello that this client is a proxy: no block encryption, version ≤ 10 with routers before 14

	// Service opens a session of a client service with routers that know its role.
	Service *ServiceCredentials

	LocalAddr   netip.Addr    // source address; zero lets the kernel choose
	DialTimeout time.Duration // for TCP, TLS and SMP handshake with one host; zero means DefaultDialTimeout

	// Window is the most commands that may wait for a response, zero means no limit. Do refuses commands beyond it,
	// the calls that take a context wait.
	Window int
	// CommandTimeout fails a command that has no response after this time (up to half as much later), zero means never.
	CommandTimeout time.Duration
	// OneCommandPerBlock sends each command in a block of its own, as the reference's clients do, batches excepted.
	// Otherwise commands that wait to be written share blocks.
	OneCommandPerBlock bool

	// PingInterval sends PING after so much silence of the router, zero means never. After PingCount of them in
	// sequence without any answer the connection is closed; zero means DefaultPingCount.
	PingInterval time.Duration
	PingCount    int

	// OnEvent takes events on the reader's goroutine. When it is nil, events go to the channel of Events, which holds
	// EventBuffer of them (zero means DefaultEventBuffer); then the reader waits, and so does the router.
	OnEvent     func(Event)
	EventBuffer int

	// Connect makes the connection to HOST:PORT in place of TCP, as through a SOCKS proxy; nil means TCP.
	Connect func(ctx context.Context, address string) (net.Conn, error)
}

// Defaults is the configuration of today's clients for the router at address: all versions, ALPN, block encryption.
func Defaults(address smp.ServerAddress) Config {
	return Config{Address: address, ALPN: true, BlockEncryption: true}
}
