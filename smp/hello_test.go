package smp

import "testing"

type handshakeCase struct {
	Kind          string
	Chain         []hexBytes `json:"cert_chain"`
	SessionID     hexBytes   `json:"session_id"`
	ServerKey     hexBytes   `json:"server_public"`
	SignedKey     hexBytes   `json:"server_signed_key"`
	ClientKey     hexBytes   `json:"client_public"`
	ClientKeyHash hexBytes   `json:"client_key_hash"`
	Proxy         bool       `json:"proxy_client"`
	Service       *struct {
		Chain []hexBytes `json:"cert_chain"`
		Role  string
		ID    hexBytes `json:"service_id"`
	}
	ServerBlocks []hexBytes      `json:"server_blocks"`
	ClientBlocks []hexBytes      `json:"client_blocks"`
	ClientResult handshakeResult `json:"client_result"`
}

type handshakeResult struct {
	Error   string `json:"error_ascii"`
	Version Version
	Range   [2]Version `json:"server_range"`
}

func TestHandshakeVectors(t *testing.T) {
	cases := readVectors[handshakeCase](t, "handshake")
	if len(cases) != 45 {
		t.Errorf("%d cases", len(cases))
	}
	services, replies := 0, 0
	for _, c := range cases {
		c.checkServerHello(t)
		if len(c.ClientBlocks) > 0 {
			services += c.checkClientHello(t)
		}
		if len(c.ServerBlocks) > 1 {
			c.checkReply(t)
			replies++
		}
	}
	if services != 9 || replies != 9 {
		t.Errorf("%d hellos with a service, %d replies", services, replies)
	}
}

func (c *handshakeCase) checkServerHello(t *testing.T) {
	content := c.ServerBlocks[0]
	h, ok := ParseServerHello(content)
	if !ok {
		t.Fatalf("%s: hello %x", c.Kind, content)
	}
	eq(t, "session ID", h.SessionID, c.SessionID)
	if c.ClientResult.Error == "" && !h.Range.Contains(c.ClientResult.Version) {
		t.Errorf("%s: range %v", c.Kind, h.Range)
	}
	minimum := len(AppendServerHello(nil, &ServerHello{Range: h.Range, SessionID: h.SessionID}))
	if h.Range.Max >= VersionAuthCmds {
		if len(h.CertKey.Chain) != len(c.Chain) {
			t.Fatalf("%s: %d certificates", c.Kind, len(h.CertKey.Chain))
		}
		for i, cert := range c.Chain {
			eq(t, "certificate", h.CertKey.Chain[i], cert)
		}
		eq(t, "signed key", h.CertKey.SignedKey, c.SignedKey)
	} else if h.CertKey != nil {
		t.Errorf("%s: certificates at version 6", c.Kind)
	}
	eq(t, "router hello", AppendServerHello(nil, &h), content)
	for n := range content {
		if _, ok := ParseServerHello(content[:n]); ok != (n == minimum) { // the certificates may be missing, not cut
			t.Errorf("%s: hello of %d bytes cut at %d: %v", c.Kind, len(content), n, ok)
		}
	}
	if with, ok := ParseServerHello(append(content[:len(content):len(content)], "later"...)); h.Range.Max >= VersionAuthCmds &&
		(!ok || len(with.CertKey.Chain) != len(h.CertKey.Chain)) {
		t.Errorf("%s: a tail is not ignored", c.Kind)
	}
}

// checkClientHello returns the number of services in the hello.
func (c *handshakeCase) checkClientHello(t *testing.T) int {
	content := c.ClientBlocks[0]
	h, ok := ParseClientHello(content)
	if !ok {
		t.Fatalf("%s: client hello %x", c.Kind, content)
	}
	eq(t, "key hash", h.KeyHash, c.ClientKeyHash)
	if h.Version >= VersionAuthCmds {
		eq(t, "client key", h.PublicKey, c.ClientKey)
	}
	if h.Proxy != (c.Proxy && h.Version >= VersionProxyServer) {
		t.Errorf("%s: proxy %v at version %d", c.Kind, h.Proxy, h.Version)
	}
	eq(t, "client hello", AppendClientHello(nil, &h), content)
	for n := range content {
		_, ok := ParseClientHello(content[:n])
		// Up to version 13 the hello ends with the key, which may be missing, so a cut key is a tail.
		if whole := h.Version < VersionProxyServer && n >= 3+len(h.KeyHash); ok != whole {
			t.Errorf("%s: version %d: client hello of %d bytes cut at %d: %v", c.Kind, h.Version, len(content), n, ok)
		}
	}
	if h.Service == nil {
		return 0
	}
	if byte(h.Service.Role) != c.Service.Role[0] || len(h.Service.CertKey.Chain) != len(c.Service.Chain) {
		t.Errorf("%s: service %+v", c.Kind, h.Service)
	}
	return 1
}

func (c *handshakeCase) checkReply(t *testing.T) {
	content := c.ServerBlocks[1]
	r, ok := ParseServiceReply(content)
	if !ok {
		t.Fatalf("%s: reply %x", c.Kind, content)
	}
	if c.ClientResult.Error != "" {
		if r.Err.Error() != c.ClientResult.Error {
			t.Errorf("%s: reply %v", c.Kind, r.Err)
		}
	} else {
		eq(t, "service ID", r.ServiceID, c.Service.ID)
	}
	eq(t, "reply", AppendServiceReply(nil, r), content)
	for n := range content {
		if _, ok := ParseServiceReply(content[:n]); ok {
			t.Errorf("%s: reply cut at %d was read", c.Kind, n)
		}
	}
	if with, ok := ParseServiceReply(append(content[:len(content):len(content)], ' ')); !ok || string(with.ServiceID) != string(r.ServiceID) || with.Err != r.Err {
		t.Errorf("%s: a tail is not ignored", c.Kind)
	}
}

func TestClientHelloForms(t *testing.T) {
	hash := make([]byte, 32)
	service := &ServiceHello{RoleNotifier, CertKey{[][]byte{{1}, {2}}, []byte{3}}}
	b := AppendClientHello(nil, &ClientHello{Version: 19, KeyHash: hash, Service: service})
	h, ok := ParseClientHello(b)
	if !ok || h.PublicKey != nil || h.Service.Role != RoleNotifier || len(h.Service.CertKey.Chain) != 2 {
		t.Errorf("hello without a key: %+v, %v", h, ok)
	}
	b[37] = 'X'
	if _, ok := ParseClientHello(b); ok {
		t.Error("a role X was read")
	}
	b = AppendClientHello(nil, &ClientHello{Version: 15, KeyHash: hash, Service: service})
	if h, ok := ParseClientHello(b); !ok || h.Service != nil || h.Proxy {
		t.Errorf("hello of version 15: %+v, %v", h, ok)
	}
	for e := TransportBlock; e <= TransportBadService; e++ {
		if r, ok := ParseServiceReply(AppendServiceReply(nil, ServiceReply{Err: e})); !ok || r.Err != e {
			t.Errorf("%v: %+v, %v", e, r, ok)
		}
	}
	for _, text := range []string{"", "X", "E", "EBLOCKS", "EHANDSHAKE", "R"} {
		if r, ok := ParseServiceReply([]byte(text)); ok {
			t.Errorf("%q was read: %+v", text, r)
		}
	}
}
