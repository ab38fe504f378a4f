package relay

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
)

// errPrivate is that a relay's name leads to an address that is not public.
var errPrivate = errors.New("not a public address")

// connectPublic connects to public addresses alone. The address is judged when it is connected to, behind the DNS, so
// that no name gets around it.
func (p *Pool) connectPublic(ctx context.Context, address string) (net.Conn, error) {
	d := net.Dialer{KeepAliveConfig: keepAlive, Control: func(_, address string, _ syscall.RawConn) error {
		a, err := netip.ParseAddrPort(address)
		if err != nil || !public(a.Addr()) {
			p.refused[refusedPrivate].Add(1)
			return errPrivate
		}
		return nil
	}}
	return d.DialContext(ctx, "tcp", address)
}

// publicBehind has a SOCKS proxy connect to no address that is not public. Names are the proxy's to resolve, and to judge.
func (p *Pool) publicBehind(connect func(context.Context, string) (net.Conn, error)) func(context.Context, string) (net.Conn, error) {
	return func(ctx context.Context, address string) (net.Conn, error) {
		host := address[:max(strings.LastIndexByte(address, ':'), 0)]
		host = strings.Trim(host, "[]")
		if a, err := netip.ParseAddr(host); err == nil && !public(a) {
			p.refused[refusedPrivate].Add(1)
			return nil, errPrivate
		}
		return connect(ctx, address)
	}
}

// internal are prefixes of no use in the Internet, beyond those that netip tells: RFC 1122, RFC 6598, RFC 8215.
var internal = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("64:ff9b:1::/48"),
}

// translated is the prefix behind which hosts without IPv4 reach IPv4 addresses (RFC 6052).
var translated = netip.MustParsePrefix("64:ff9b::/96")

// public tells the addresses that are reached through the Internet.
func public(a netip.Addr) bool {
	a = a.Unmap()
	if translated.Contains(a) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	for _, p := range internal {
		if p.Contains(a) {
			return false
		}
	}
	return a.IsGlobalUnicast() && !a.IsPrivate()
}
