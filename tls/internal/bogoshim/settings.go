package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"switchyard/tls"
)

// testCase is what one run of the shim is to do.
type testCase struct {
	name          string
	port          string
	id            uint64
	ipv6, server  bool
	resumptions   int // further connections
	askHandshaker bool

	connections [2]*settings // the first, and those that follow

	// Of the runner's side.
	runnerVersion  int  // the newest that it speaks; 0: the newest there is
	withoutX25519  bool // it does not take that group
	withoutEd25519 bool // it does not take or give that key
}

// settings are what one connection is to do, and what it is to see.
type settings struct {
	// Configuration.
	async                       bool
	minVersion, maxVersion      int
	curves, keyShares           []int
	signingPrefs, verifyPrefs   []int
	hostName                    string
	advertiseALPN, selectALPN   string
	declineALPN, rejectALPN     bool
	requestCert, requireCert    bool
	verifyFail, failClientHello bool
	failDDoS                    bool
	customVerify                bool
	credentials                 []*credential

	// The exchange.
	initialWrite                   string
	initialWrites                  int
	writesFirst                    bool
	recordSizes                    bool
	shutsDown                      bool
	checkCloseNotify               bool
	sendAlert                      bool
	keyUpdate, keyUpdateBeforeRead bool

	// Expectations.
	expectMiss             bool
	alpn, advertisedALPN   string
	serverName             string
	noServerName           bool
	version, cipher, curve int
	peerSignature          int
	hrr, noHRR             bool
	peerCertFile           string
	noPeerCert             bool
}

// credential is a certificate chain and key, in files.
type credential struct{ certFile, keyFile string }

func (c *credential) load() (*tls.KeyPair, error) {
	chain, err := os.ReadFile(c.certFile)
	if err != nil {
		return nil, err
	}
	key, err := os.ReadFile(c.keyFile)
	if err != nil {
		return nil, err
	}
	pair, err := tls.ParseKeyPair(chain, key)
	if errors.Is(err, tls.ErrKeyType) {
		err = keys
	}
	return pair, err
}

// judge says which cases are outside of the profile whatever single flags they have.
func (c *testCase) judge() error {
	if c.runnerVersion != 0 && c.runnerVersion < versionTLS13 && c.connections[0].minVersion < versionTLS13 {
		return older
	}
	if c.withoutX25519 {
		return groups
	}
	if c.withoutEd25519 {
		return keys
	}
	if c.resumptions > 0 && !c.connections[1].expectMiss {
		return resumption
	}
	for _, s := range c.connections {
		if err := s.judge(); err != nil {
			return err
		}
	}
	return nil
}

const (
	versionTLS13    = 0x0304
	schemeEd25519   = int(tls.Ed25519)
	decompression   = tls.Alert(30) // decompression_failure, which -send-alert wants
	recordSizeOfAll = 32769
)

func (s *settings) judge() error {
	if s.maxVersion != 0 && s.maxVersion < versionTLS13 {
		return older
	}
	for _, list := range [][]int{s.signingPrefs, s.verifyPrefs} {
		if list != nil && (len(list) != 1 || list[0] != schemeEd25519) {
			return keys
		}
	}
	if s.peerSignature != 0 && s.peerSignature != schemeEd25519 {
		return keys
	}
	wanted := s.groups()
	if len(wanted) == 0 || s.keyShares != nil && (len(s.keyShares) != 1 || s.keyShares[0] != int(wanted[0])) {
		return groups
	}
	return nil
}

// groups are those of -curves that the profile has.
func (s *settings) groups() []tls.Group {
	if s.curves == nil {
		return []tls.Group{tls.X25519, tls.X448} // the runner does not have X448
	}
	var list []tls.Group
	for _, curve := range s.curves {
		if g := tls.Group(curve); g == tls.X25519 || g == tls.X448 {
			list = append(list, g)
		}
	}
	return list
}

// config is the settings as package tls takes them.
func (s *settings) config(server bool) (*tls.Config, error) {
	config := &tls.Config{
		Groups: s.groups(), ServerName: s.hostName, RequestClientCert: s.requestCert || s.requireCert,
		VerifyPeer: s.verifyPeer, ALPN: protocols(s.advertiseALPN),
	}
	if server {
		config.ALPN, config.OnClientHello = s.serverALPN(), s.onClientHello
	}
	for _, c := range s.credentials {
		pair, err := c.load()
		if err != nil {
			return nil, err
		}
		config.Certificates = append(config.Certificates, pair)
	}
	return config, nil
}

func (s *settings) serverALPN() []string {
	switch {
	case s.declineALPN:
		return nil
	case s.rejectALPN:
		return []string{"of nobody"}
	case s.selectALPN != "":
		return []string{s.selectALPN}
	}
	return nil
}

// verifyPeer takes any chain: the judgement of chains has its own tests, with chains of the network's shape.
func (s *settings) verifyPeer([][]byte) error {
	switch refused := "the case wants the certificate refused"; {
	case s.verifyFail && s.customVerify:
		return errors.New(refused)
	case s.verifyFail && (s.requestCert || s.requireCert):
		return &tls.Error{Alert: tls.AlertHandshakeFailure, Reason: refused}
	}
	return nil
}

func (s *settings) onClientHello(hello *tls.ClientHelloInfo) error {
	switch {
	case s.failClientHello:
		return &tls.Error{Alert: tls.AlertHandshakeFailure, Reason: "the case wants the ClientHello refused"}
	case s.failDDoS:
		return &tls.Error{Alert: tls.AlertInternalError, Reason: "the case wants the connection refused"}
	case s.serverName != "" && hello.ServerName != s.serverName, s.noServerName && hello.ServerName != "":
		return fmt.Errorf("server name %q", hello.ServerName)
	case s.advertisedALPN != "" && strings.Join(hello.ALPN, ",") != strings.Join(protocols(s.advertisedALPN), ","):
		return fmt.Errorf("ALPN %q", hello.ALPN)
	}
	return nil
}

// protocols takes apart a list of names, each behind its length.
func protocols(list string) []string {
	var names []string
	for len(list) > 0 && len(list) > int(list[0]) {
		n := 1 + int(list[0])
		names, list = append(names, list[1:n]), list[n:]
	}
	return names
}
