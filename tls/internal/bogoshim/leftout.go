package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
)

// leftOut is why a case is not run. Each stands in tls/INTEROP.md.
type leftOut string

const (
	older       leftOut = "TLS 1.2 and older"
	dtls        leftOut = "DTLS"
	quic        leftOut = "QUIC"
	resumption  leftOut = "resumption, tickets, pre-shared keys and early data that is accepted"
	keys        leftOut = "certificates and signatures other than Ed25519"
	groups      leftOut = "key exchange without X25519"
	ech         leftOut = "Encrypted Client Hello"
	extensions  leftOut = "extensions that the profile does not have"
	exporters   leftOut = "exported keys"
	grease      leftOut = "GREASE and permuted extensions"
	callbacks   leftOut = "ways to call BoringSSL that package tls does not have"
	policies    leftOut = "compliance policies"
	unknownFlag leftOut = "flags that the shim does not know"
)

// leftOutFile is the environment variable that names the file of left-out cases.
const leftOutFile = "BOGO_LEFT_OUT"

// outside are the flags of what the profile does not have; a case with one of them is left out.
var outside = map[leftOut]string{
	older: `-no-tls13 -fallback-scsv -tls-unique -false-start -expect-no-secure-renegotiation
		-advertise-npn -advertise-empty-npn -select-next-proto -allow-false-start-without-alpn
		-select-empty-next-proto`,
	dtls: `-dtls -mtu -initial-timeout-duration-ms`,
	quic: `-quic -quic-transport-params -quic-use-legacy-codepoint`,
	resumption: `-psk -psk-identity -new-psk-credential -enable-early-data -use-ticket-callback -renew-ticket
		-use-ticket-aead-callback -expect-ticket-supports-early-data -expect-accept-early-data
		-expect-reject-early-data -expect-ticket-renewal -reverify-on-resume
		-resumption-across-names-enabled -expect-resumable-across-names
		-expect-not-resumable-across-names -early-write-after-message -new-spake2plusv1-credential`,
	keys:   `-expect-peer-verify-pref`,
	groups: `-no-key-shares -curves-flags`,
	ech: `-enable-ech-grease -ech-server-config -ech-config-list -expect-ech-accept
		-expect-no-ech-retry-configs -reject-unusable-ech-config -fail-early-callback-ech-rewind`,
	extensions: `-enable-ocsp-stapling -enable-signed-cert-timestamps -ocsp-response -signed-cert-timestamps
		-use-ocsp-callback -enable-channel-id -send-channel-id -application-settings -srtp-profiles
		-install-cert-compression-algs -install-one-cert-compression-alg -new-delegated-credential
		-delegated-credential -new-rpk-credential -accepted-peer-cert-types
		-available-client-cert-types -expect-peer-certificate-type -requested-trust-anchors
		-available-trust-anchors -cert-properties -must-match-issuer -use-client-ca-list
		-expect-client-ca-list -request-server-padding -server-supports-padding
		-expect-certificate-types -alps-use-new-codepoint -defer-alps -expect-channel-id
		-expect-ocsp-response -expect-signed-cert-timestamps -expect-peer-application-settings`,
	exporters: `-export-keying-material -export-traffic-secrets -use-exporter-between-reads`,
	grease:    `-enable-grease -permute-extensions`,
	callbacks: `-max-cert-list -no-server-name-ack -peek-then-read -handshake-hints -fail-cert-callback
		-handshake-never-done -read-with-unfinished-write -max-send-fragment
		-retain-only-sha256-client-cert -jdk11-workaround -expect-cipher-aes -expect-cipher-no-aes
		-expect-selected-credential -private-key-delay-ms -allow-unknown-alpn-protos -select-empty-alpn
		-allow-hint-mismatch -on-shim-cert-file -on-shim-key-file -on-shim-cipher -on-shim-curves`,
	policies: `-fips-202205 -wpa-202304 -cnsa-202407 -cnsa1-202603 -cnsa2-202603`,
}

// outsideBy is why a flag that is none of the profile's makes a case left out.
func outsideBy(name string) leftOut {
	for why, names := range outside {
		if slices.Contains(strings.Fields(names), name) {
			return why
		}
	}
	return unknownFlag
}

//go:embed config.json
var configJSON []byte

// runnerConfig is the runner's own format of a shim's configuration: patterns of cases with the reason why each is left
// out, and what the shim says where BoringSSL's says something else.
type runnerConfig struct {
	DisabledTests map[string]leftOut
	ErrorMap      map[string][]string
}

func readConfig() (runnerConfig, error) {
	var config runnerConfig
	return config, json.Unmarshal(configJSON, &config)
}

// leftOutByName is for single cases that no flag tells.
func leftOutByName(name string) (leftOut, bool) {
	config, err := readConfig()
	if err != nil {
		panic("config.json: " + err.Error())
	}
	for pattern, why := range config.DisabledTests {
		if ok, _ := path.Match(pattern, name); ok {
			return why, true
		}
	}
	return "", false
}

func (l leftOut) Error() string { return string(l) }

// record appends the case and the reason to the file that drive.go reads. One write, because many shims run at
// the same time.
func (l leftOut) record(name string) {
	file := os.Getenv(leftOutFile)
	if file == "" {
		return
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err == nil {
		_, err = fmt.Fprintf(f, "%s\t%s\n", name, l)
		f.Close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}
