package smp

import (
	"strconv"
	"strings"
)

// Version numbers a protocol. The SMP protocol between client and router has versions 6 to 19; the SMP client
// protocol (queue addresses, the envelope inside SEND) counts from 1 to 4 on its own.
type Version uint16

// Versions of the SMP protocol and what each begins.
const (
	MinVersion     Version = 6  // nothing older is offered
	CurrentVersion Version = 19 // newest version spoken

	VersionAuthCmds       Version = 7  // router key in the hello, session ID no longer sent, X25519 authenticators
	VersionSendingProxy   Version = 8  // PRXY, PFWD, RFWD; body limit 16064
	VersionSndAuthKey     Version = 9  // "sender can secure" in NEW and IDS
	VersionDeletedEvent   Version = 10 // DELD; END before
	VersionEncryptedBlock Version = 11 // block encryption; body limit 16048
	VersionBlockedEntity  Version = 12 // ERR BLOCKED; ERR AUTH before
	VersionProxyServer    Version = 14 // proxy flag in the client hello
	VersionShortLinks     Version = 15 // queue mode and link data in NEW and IDS
	VersionServiceCerts   Version = 16 // service handshake, service signature, SOK
	VersionNewNtfCreds    Version = 17 // notifier credentials in NEW and IDS
	VersionClientNotices  Version = 18 // notice in ERR BLOCKED
	VersionRcvService     Version = 19 // count and hash in SUBS, NSUBS, SOKS, ENDS
)

// Versions of the SMP client protocol.
const (
	ClientVersionInitial     Version = 1
	ClientVersionServerHosts Version = 2 // several hosts in a router's address
	ClientVersionSndAuthKey  Version = 3 // "sender can secure" in queue addresses
	ClientVersionShortLinks  Version = 4 // queue mode in queue addresses
)

// VersionRange is an inclusive range, Min ≤ Max.
type VersionRange struct{ Min, Max Version }

// ProxiedRange is what a proxy may report of a relay's range in PKEY: forwarding begins with 8, and the versions
// above 18 add nothing for a sender.
var ProxiedRange = VersionRange{VersionSendingProxy, VersionClientNotices}

// Intersect returns the versions in both ranges; ok is false when there are none.
func (r VersionRange) Intersect(o VersionRange) (both VersionRange, ok bool) {
	both = VersionRange{max(r.Min, o.Min), min(r.Max, o.Max)}
	return both, both.Min <= both.Max
}

// Contains reports whether v is in the range.
func (r VersionRange) Contains(v Version) bool { return r.Min <= v && v <= r.Max }

// AppendVersionRange appends Min and Max as two 16-bit numbers.
func AppendVersionRange(b []byte, r VersionRange) []byte {
	return AppendU16(AppendU16(b, uint16(r.Min)), uint16(r.Max))
}

// ParseVersionRange reads a range; Min > Max is an error.
func ParseVersionRange(b []byte) (r VersionRange, rest []byte, ok bool) {
	lo, rest, ok := ParseU16(b)
	if !ok {
		return r, nil, false
	}
	hi, rest, ok := ParseU16(rest)
	return VersionRange{Version(lo), Version(hi)}, rest, ok && lo <= hi
}

// String gives "N" for a range of one version, else "MIN-MAX".
func (r VersionRange) String() string {
	s := strconv.Itoa(int(r.Min))
	if r.Min != r.Max {
		s += "-" + strconv.Itoa(int(r.Max))
	}
	return s
}

// ParseVersionRangeText reads what String gives; "N-N" is accepted too.
func ParseVersionRangeText(s string) (r VersionRange, ok bool) {
	lo, hi, two := strings.Cut(s, "-")
	if r.Min, ok = parseVersionText(lo); !ok {
		return r, false
	}
	if r.Max = r.Min; two {
		r.Max, ok = parseVersionText(hi)
	}
	return r, ok && r.Min <= r.Max
}

func parseVersionText(s string) (Version, bool) {
	if s == "" || s[0] == '+' {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 16)
	return Version(n), err == nil
}

// MaxBody is the longest SEND body in bytes that a router accepts at version v: that of the sender's connection, or
// the forwarded version of a proxied SEND.
func MaxBody(v Version) int {
	switch {
	case v >= VersionEncryptedBlock:
		return 16048
	case v >= VersionSendingProxy:
		return 16064
	}
	return 16088
}
