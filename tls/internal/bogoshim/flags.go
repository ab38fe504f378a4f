package main

import (
	"strconv"
	"strings"

	"switchyard/tls"
)

// flag is what a flag of the runner means to the shim. Those with a value take the argument behind them.
type flag struct {
	set   func(*settings)         // without a value
	value func(*settings, string) // with one
}

func is(field func(*settings) *bool) flag {
	return flag{set: func(s *settings) { *field(s) = true }}
}

func text(field func(*settings) *string) flag {
	return flag{value: func(s *settings, v string) { *field(s) = v }}
}

func number(field func(*settings) *int) flag {
	return flag{value: func(s *settings, v string) { *field(s), _ = strconv.Atoi(v) }}
}

func numbers(field func(*settings) *[]int) flag {
	return flag{value: func(s *settings, v string) {
		n, _ := strconv.Atoi(v)
		*field(s) = append(*field(s), n)
	}}
}

// flags are those of a connection. A flag that is in no table is unknownFlag.
var flags = map[string]flag{
	"-async":                          is(func(s *settings) *bool { return &s.async }),
	"-min-version":                    number(func(s *settings) *int { return &s.minVersion }),
	"-max-version":                    number(func(s *settings) *int { return &s.maxVersion }),
	"-curves":                         numbers(func(s *settings) *[]int { return &s.curves }),
	"-key-shares":                     numbers(func(s *settings) *[]int { return &s.keyShares }),
	"-signing-prefs":                  numbers(func(s *settings) *[]int { return &s.signingPrefs }),
	"-verify-prefs":                   numbers(func(s *settings) *[]int { return &s.verifyPrefs }),
	"-host-name":                      text(func(s *settings) *string { return &s.hostName }),
	"-advertise-alpn":                 text(func(s *settings) *string { return &s.advertiseALPN }),
	"-select-alpn":                    text(func(s *settings) *string { return &s.selectALPN }),
	"-decline-alpn":                   is(func(s *settings) *bool { return &s.declineALPN }),
	"-reject-alpn":                    is(func(s *settings) *bool { return &s.rejectALPN }),
	"-verify-peer":                    is(func(s *settings) *bool { return &s.requestCert }),
	"-use-custom-verify-callback":     is(func(s *settings) *bool { return &s.customVerify }),
	"-verify-fail":                    is(func(s *settings) *bool { return &s.verifyFail }),
	"-fail-early-callback":            is(func(s *settings) *bool { return &s.failClientHello }),
	"-fail-ddos-callback":             is(func(s *settings) *bool { return &s.failDDoS }),
	"-require-any-client-certificate": is(func(s *settings) *bool { return &s.requireCert }),

	"-new-x509-credential": {set: func(s *settings) { s.credentials = append(s.credentials, new(credential)) }},
	"-cert-file":           {value: func(s *settings, v string) { s.lastCredential().certFile = v }},
	"-key-file":            {value: func(s *settings, v string) { s.lastCredential().keyFile = v }},

	"-shim-initial-write":           text(func(s *settings) *string { return &s.initialWrite }),
	"-repeat-shim-initial-write":    number(func(s *settings) *int { return &s.initialWrites }),
	"-shim-writes-first":            is(func(s *settings) *bool { return &s.writesFirst }),
	"-write-different-record-sizes": is(func(s *settings) *bool { return &s.recordSizes }),
	"-shim-shuts-down":              is(func(s *settings) *bool { return &s.shutsDown }),
	"-check-close-notify":           is(func(s *settings) *bool { return &s.checkCloseNotify }),
	"-send-alert":                   is(func(s *settings) *bool { return &s.sendAlert }),
	"-key-update":                   is(func(s *settings) *bool { return &s.keyUpdate }),
	"-key-update-before-read":       is(func(s *settings) *bool { return &s.keyUpdateBeforeRead }),

	"-expect-session-miss":             is(func(s *settings) *bool { return &s.expectMiss }),
	"-expect-alpn":                     text(func(s *settings) *string { return &s.alpn }),
	"-expect-advertised-alpn":          text(func(s *settings) *string { return &s.advertisedALPN }),
	"-expect-server-name":              text(func(s *settings) *string { return &s.serverName }),
	"-expect-no-server-name":           is(func(s *settings) *bool { return &s.noServerName }),
	"-expect-version":                  number(func(s *settings) *int { return &s.version }),
	"-expect-cipher":                   number(func(s *settings) *int { return &s.cipher }),
	"-expect-curve-id":                 number(func(s *settings) *int { return &s.curve }),
	"-expect-peer-signature-algorithm": number(func(s *settings) *int { return &s.peerSignature }),
	"-expect-hrr":                      is(func(s *settings) *bool { return &s.hrr }),
	"-expect-no-hrr":                   is(func(s *settings) *bool { return &s.noHRR }),
	"-expect-peer-cert-file":           text(func(s *settings) *string { return &s.peerCertFile }),
	"-expect-no-peer-cert":             is(func(s *settings) *bool { return &s.noPeerCert }),
}

// Flags that change nothing in the profile, because they concern older versions, or what package tls always or never
// does: without a value and with one.
const (
	idle = `-no-tls1 -no-tls11 -no-tls12 -cbc-record-splitting -partial-write -no-ticket -implicit-handshake
	-no-op-extra-handshake -handshake-twice -use-early-callback -install-ddos-callback
	-use-old-client-cert-callback -no-legacy-server-connect -forbid-renegotiation-after-handshake
	-renegotiate-once -renegotiate-freely -renegotiate-ignore -renegotiate-explicit
	-expect-extended-master-secret -expect-secure-renegotiation -server-preference -expect-no-session
	-expect-session-id -expect-no-session-id -expect-verify-result -skip-ticket -expect-no-offer-early-data`
	idleValued = `-trust-cert -expect-early-data-reason -expect-msg-callback -cipher -read-size -write-settings
	-resumption-delay -expect-total-renegotiations -server-supported-groups-hint -expect-ticket-age-skew
	-ticket-key`
)

func init() {
	for _, name := range strings.Fields(idle) {
		flags[name] = flag{set: func(*settings) {}}
	}
	for _, name := range strings.Fields(idleValued) {
		flags[name] = flag{value: func(*settings, string) {}}
	}
}

func (s *settings) lastCredential() *credential {
	if len(s.credentials) == 0 {
		s.credentials = append(s.credentials, new(credential))
	}
	return s.credentials[len(s.credentials)-1]
}

// parseCase reads the arguments. The error is a leftOut, the first of the case's reasons, if it has one.
func parseCase(args []string) (*testCase, error) {
	c := new(testCase)
	for i := range c.connections {
		c.connections[i] = &settings{initialWrite: "hello", initialWrites: 1}
	}
	var first error
	for len(args) > 0 {
		name := args[0]
		value := ""
		if len(args) > 1 {
			value = args[1]
		}
		used, err := c.parseFlag(name, value)
		if first == nil {
			first = err
		}
		args = args[min(used, len(args)):]
	}
	if first == nil {
		first = c.judge()
	}
	if reason, ok := leftOutByName(c.name); ok && first == nil {
		first = reason
	}
	return c, first
}

// parseFlag says how many arguments the flag took.
func (c *testCase) parseFlag(name, value string) (used int, err error) {
	if used := c.parseOwn(name, value); used > 0 {
		return used, nil
	}
	to := c.connections[:]
	if rest, ok := strings.CutPrefix(name, "-on-initial-"); ok {
		name, to = "-"+rest, to[:1]
	} else if rest, ok := strings.CutPrefix(name, "-on-resume-"); ok {
		name, to = "-"+rest, to[1:]
	}
	f, known := flags[name]
	if !known {
		return 1, outsideBy(name)
	}
	for _, s := range to {
		if f.set != nil {
			f.set(s)
			used = 1
		} else {
			f.value(s, value)
			used = 2
		}
	}
	return used, nil
}

// parseOwn reads the flags of the whole case; used is 0 if it is none of them.
func (c *testCase) parseOwn(name, value string) (used int) {
	switch name {
	case "-server":
		c.server = true
	case "-ipv6":
		c.ipv6 = true
	case "-is-handshaker-supported":
		c.askHandshaker = true
	case "-x448-first":
		for _, s := range c.connections {
			s.curves = []int{int(tls.X448), int(tls.X25519)}
		}
	case "-runner-without-x25519":
		c.withoutX25519 = true
	case "-runner-without-ed25519":
		c.withoutEd25519 = true
	case "-port":
		c.port = value
		return 2
	case "-case":
		c.name = value
		return 2
	case "-shim-id":
		c.id, _ = strconv.ParseUint(value, 10, 64)
		return 2
	case "-resume-count":
		c.resumptions, _ = strconv.Atoi(value)
		return 2
	case "-runner-max-version":
		n, _ := strconv.Atoi(value)
		if c.runnerVersion == 0 || n < c.runnerVersion {
			c.runnerVersion = n
		}
		return 2
	default:
		return 0
	}
	return 1
}
