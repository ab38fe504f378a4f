package main

import (
	"fmt"
	"os"
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

func (l leftOut) Error() string { return string(l) }

// record appends the case and the reason to the file that the command bogo reads. One write, because many shims run at
// the same time.
func (l leftOut) record(name string) {
	path := os.Getenv("BOGO_LEFT_OUT")
	if path == "" {
		return
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err == nil {
		_, err = fmt.Fprintf(f, "%s\t%s\n", name, l)
		f.Close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}
