package main

import (
	"strconv"
	"strings"
)

// flag is what a flag of the runner means to the shim. Those with a value take the argument behind them.
type flag struct {
	set     func(*settings)         // without a value
	value   func(*settings, string) // with one
	ignored bool                    // true whatever the profile does; takes no value
	why     leftOut                 // the case is outside of the profile
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

var (
	ignore      = flag{ignored: true}
	ignoreValue = flag{value: func(*settings, string) {}}
)

// flags are those of a connection. A flag that is in no table is unknownFlag.
var flags = map[string]flag{
	"-async":                          is(func(s *settings) *bool { return &s.async }),
	"-min-version":                    number(func(s *settings) *int { return &s.minVersion }),
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
	"-max-version": {value: func(s *settings, v string) {
		if n, _ := strconv.Atoi(v); n != 0 && n < versionTLS13 {
			s.minVersion = -1 // marks it for parseFlag
		}
	}},

	// Without effect in the profile: they concern older versions, or what package tls always or never does.
	"-no-tls1": ignore, "-no-tls11": ignore, "-no-tls12": ignore, "-cbc-record-splitting": ignore, "-partial-write": ignore,
	"-no-ticket": ignore, "-implicit-handshake": ignore, "-no-op-extra-handshake": ignore, "-handshake-twice": ignore,
	"-use-early-callback": ignore, "-install-ddos-callback": ignore, "-use-custom-verify-callback": ignore,
	"-use-old-client-cert-callback": ignore, "-no-legacy-server-connect": ignore, "-forbid-renegotiation-after-handshake": ignore,
	"-renegotiate-once": ignore, "-renegotiate-freely": ignore, "-renegotiate-ignore": ignore, "-renegotiate-explicit": ignore,
	"-expect-extended-master-secret": ignore, "-expect-secure-renegotiation": ignore, "-server-preference": ignore,
	"-expect-no-session": ignore, "-skip-ticket": ignore, "-expect-no-offer-early-data": ignore,
	"-trust-cert": ignoreValue, "-cipher": ignoreValue, "-read-size": ignoreValue, "-write-settings": ignoreValue,
	"-resumption-delay": ignoreValue, "-expect-total-renegotiations": ignoreValue, "-server-supported-groups-hint": ignoreValue,
	"-expect-ticket-age-skew": ignoreValue, "-ticket-key": ignoreValue,

	"-dtls": {why: dtls}, "-mtu": {why: dtls}, "-initial-timeout-duration-ms": {why: dtls},
	"-quic":     {why: quic},
	"-no-tls13": {why: older}, "-fallback-scsv": {why: older}, "-tls-unique": {why: older}, "-false-start": {why: older},
	"-expect-no-secure-renegotiation": {why: older}, "-advertise-npn": {why: older}, "-advertise-empty-npn": {why: older},
	"-select-next-proto": {why: older}, "-allow-false-start-without-alpn": {why: older}, "-expect-session-id": {why: older},
	"-expect-no-session-id": {why: older},

	"-psk": {why: resumption}, "-psk-identity": {why: resumption}, "-new-psk-credential": {why: resumption},
	"-enable-early-data": {why: resumption}, "-use-ticket-callback": {why: resumption}, "-renew-ticket": {why: resumption},
	"-use-ticket-aead-callback": {why: resumption}, "-expect-ticket-supports-early-data": {why: resumption},
	"-expect-accept-early-data": {why: resumption}, "-expect-reject-early-data": {why: resumption},
	"-expect-early-data-reason": {why: resumption}, "-expect-ticket-renewal": {why: resumption},
	"-reverify-on-resume": {why: resumption}, "-resumption-across-names-enabled": {why: resumption},
	"-expect-resumable-across-names": {why: resumption}, "-expect-not-resumable-across-names": {why: resumption},
	"-early-write-after-message": {why: resumption}, "-new-spake2plusv1-credential": {why: resumption},

	"-expect-peer-verify-pref": {why: keys}, "-no-key-shares": {why: groups}, "-curves-flags": {why: groups},

	"-enable-ech-grease": {why: ech}, "-ech-server-config": {why: ech}, "-ech-config-list": {why: ech},
	"-expect-ech-accept": {why: ech}, "-expect-no-ech-retry-configs": {why: ech}, "-reject-unusable-ech-config": {why: ech},

	"-enable-ocsp-stapling": {why: extensions}, "-enable-signed-cert-timestamps": {why: extensions}, "-ocsp-response": {why: extensions},
	"-signed-cert-timestamps": {why: extensions}, "-use-ocsp-callback": {why: extensions}, "-enable-channel-id": {why: extensions},
	"-send-channel-id": {why: extensions}, "-application-settings": {why: extensions}, "-srtp-profiles": {why: extensions},
	"-install-cert-compression-algs": {why: extensions}, "-install-one-cert-compression-alg": {why: extensions},
	"-new-delegated-credential": {why: extensions}, "-delegated-credential": {why: extensions}, "-new-rpk-credential": {why: extensions},
	"-accepted-peer-cert-types": {why: extensions}, "-available-client-cert-types": {why: extensions},
	"-expect-peer-certificate-type": {why: extensions}, "-requested-trust-anchors": {why: extensions},
	"-available-trust-anchors": {why: extensions}, "-cert-properties": {why: extensions}, "-must-match-issuer": {why: extensions},
	"-use-client-ca-list": {why: extensions}, "-expect-client-ca-list": {why: extensions}, "-request-server-padding": {why: extensions},
	"-server-supports-padding": {why: extensions}, "-expect-certificate-types": {why: extensions},
	"-alps-use-new-codepoint": {why: extensions}, "-max-cert-list": {why: callbacks}, "-no-server-name-ack": {why: callbacks},

	"-export-keying-material": {why: exporters}, "-export-traffic-secrets": {why: exporters}, "-use-exporter-between-reads": {why: exporters},
	"-enable-grease": {why: grease}, "-permute-extensions": {why: grease},

	"-peek-then-read": {why: callbacks}, "-handshake-hints": {why: callbacks}, "-expect-msg-callback": {why: callbacks},
	"-fail-cert-callback": {why: callbacks}, "-handshake-never-done": {why: callbacks}, "-read-with-unfinished-write": {why: callbacks},
	"-max-send-fragment": {why: callbacks}, "-retain-only-sha256-client-cert": {why: callbacks}, "-jdk11-workaround": {why: callbacks},
	"-expect-cipher-aes": {why: callbacks}, "-expect-cipher-no-aes": {why: callbacks}, "-expect-selected-credential": {why: callbacks},
	"-private-key-delay-ms": {why: callbacks}, "-allow-unknown-alpn-protos": {why: callbacks}, "-select-empty-alpn": {why: callbacks},

	"-fips-202205": {why: policies}, "-wpa-202304": {why: policies}, "-cnsa-202407": {why: policies},
	"-cnsa1-202603": {why: policies}, "-cnsa2-202603": {why: policies},
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
	switch {
	case !known:
		return 1, unknownFlag
	case f.why != "":
		return 1, f.why
	case f.ignored:
		return 1, nil
	}
	for _, s := range to {
		if f.set != nil {
			f.set(s)
			used = 1
		} else {
			f.value(s, value)
			used = 2
		}
		if s.minVersion < 0 {
			err = older
		}
	}
	return used, err
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
		c.runnerVersion, _ = strconv.Atoi(value)
		return 2
	default:
		return 0
	}
	return 1
}
