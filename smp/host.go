package smp

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

const onionSuffix = ".onion"

// parseHost reads one host from the beginning of s and returns its canonical text: an IPv4 address (without leading
// zeros), an IPv6 address (compressed, all of it in hexadecimal, no brackets), an onion name, or else a domain name, which is
// any run of bytes other than white space and ":#,;/" that does not end in ".onion".
func parseHost(s string) (host, rest string, ok bool) {
	if host, rest, ok = parseIPv4(s); ok {
		return host, rest, true
	}
	if host, rest, ok = parseIPv6(s); ok {
		return host, rest, true
	}
	n := prefixLen(s, func(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' })
	if strings.HasPrefix(s[n:], onionSuffix) {
		n += len(onionSuffix)
		return s[:n], s[n:], true
	}
	n = prefixLen(s, func(c byte) bool { return strings.IndexByte(":#,;/ \n\r\t", c) < 0 })
	if n == 0 || strings.HasSuffix(s[:n], onionSuffix) {
		return "", "", false
	}
	return s[:n], s[n:], true
}

// prefixLen is the length of the longest prefix of s whose bytes all satisfy in.
func prefixLen(s string, in func(byte) bool) int {
	for i := range len(s) {
		if !in(s[i]) {
			return i
		}
	}
	return len(s)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func parseIPv4(s string) (host, rest string, ok bool) {
	var ip [4]byte
	for i := range ip {
		if i > 0 {
			if !strings.HasPrefix(s, ".") {
				return "", "", false
			}
			s = s[1:]
		}
		n := prefixLen(s, isDigit)
		octet, err := strconv.ParseUint(s[:n], 10, 8)
		if err != nil {
			return "", "", false
		}
		ip[i], s = byte(octet), s[n:]
	}
	return netip.AddrFrom4(ip).String(), s, true
}

func parseIPv6(s string) (host, rest string, ok bool) {
	if strings.HasPrefix(s, "[") {
		host, rest, ok = strings.Cut(s[1:], "]")
		if !ok {
			return "", "", false
		}
	} else {
		n := prefixLen(s, func(c byte) bool {
			return c == ':' || isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
		})
		host, rest = s[:n], s[n:]
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || !ip.Is6() || ip.Zone() != "" {
		return "", "", false
	}
	return ipv6Text(ip), rest, true
}

// ipv6Text has no dots: without brackets a host ends at one.
func ipv6Text(ip netip.Addr) string {
	if !ip.Is4In6() {
		return ip.String()
	}
	b := ip.As16()
	return fmt.Sprintf("::ffff:%x:%x", binary.BigEndian.Uint16(b[12:]), binary.BigEndian.Uint16(b[14:]))
}

// isIPv6 tells hosts apart: a colon is part of no other.
func isIPv6(host string) bool { return strings.Contains(host, ":") }

// parseHosts reads one host or several with commas between.
func parseHosts(s string) (hosts []string, rest string, ok bool) {
	for {
		host, after, ok := parseHost(s)
		if !ok {
			return nil, "", false
		}
		hosts = append(hosts, host)
		if !strings.HasPrefix(after, ",") {
			return hosts, after, true
		}
		s = after[1:]
	}
}
