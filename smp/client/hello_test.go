package client

import (
	"bytes"
	"testing"

	"switchyard/box"
	"switchyard/smp"
)

type handshakeVector struct {
	Kind          string         `json:"kind"`
	CertChain     []hexBytes     `json:"cert_chain"`
	SessionID     hexBytes       `json:"session_id"`
	ClientPrivate hexBytes       `json:"client_private"`
	ClientKeyHash hexBytes       `json:"client_key_hash"`
	ClientRange   [2]smp.Version `json:"client_range"`
	Proxy         bool           `json:"proxy_client"`
	ServerBlocks  []hexBytes     `json:"server_blocks"`
	ClientBlocks  []hexBytes     `json:"client_blocks"`
	ClientResult  struct {
		Error     string      `json:"error_ascii"`
		Version   smp.Version `json:"version"`
		Encrypted bool        `json:"blocks_encrypted"`
	} `json:"client_result"`
	ChainKey1 hexBytes `json:"chain_key_1"`
	ChainKey2 hexBytes `json:"chain_key_2"`
}

func (v *handshakeVector) greeting(t *testing.T) greeting {
	t.Helper()
	key, err := box.ParsePKCS8(v.ClientPrivate)
	if err != nil {
		t.Fatal(err)
	}
	return greeting{
		versions: smp.VersionRange{Min: v.ClientRange[0], Max: v.ClientRange[1]},
		keyHash:  [32]byte(v.ClientKeyHash),
		key:      key,
		proxy:    v.Proxy,
	}
}

// TestAnswerLikeTheReference replays handshakes of the reference: the same hello gets the same answer, byte for byte.
func TestAnswerLikeTheReference(t *testing.T) {
	for _, v := range readVectors[handshakeVector](t, "handshakes.json.gz") {
		t.Run(v.Kind, func(t *testing.T) {
			g := v.greeting(t)
			hello, a, err := g.answer(nil, v.ServerBlocks[0], v.SessionID, v.CertChain[0])
			if want := v.ClientResult.Error; want != "" {
				if err == nil || err.Error() != want {
					t.Fatalf("error %v, want %s", err, want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(hello, v.ClientBlocks[0]) {
				t.Errorf("hello %x, want %x", hello, v.ClientBlocks[0])
			}
			if a.version != v.ClientResult.Version || a.encrypted != v.ClientResult.Encrypted {
				t.Errorf("version %d encrypted %v, want %+v", a.version, a.encrypted, v.ClientResult)
			}
			if h, _ := smp.ParseServerHello(v.ServerBlocks[0]); (a.serverKey != nil) != (h.CertKey != nil) {
				t.Errorf("session key %v, in the hello %v", a.serverKey != nil, h.CertKey != nil)
			}
		})
	}
}

func TestAnswerWithoutKeyLeavesBlocksPlain(t *testing.T) {
	v := newestHandshake(t)
	g := v.greeting(t)
	g.key = nil
	hello, a, err := g.answer(nil, v.ServerBlocks[0], v.SessionID, v.CertChain[0])
	if err != nil || a.encrypted || a.serverKey == nil {
		t.Fatalf("encrypted %v, session key %v, error %v", a.encrypted, a.serverKey != nil, err)
	}
	parsed, ok := smp.ParseClientHello(hello)
	if !ok || parsed.PublicKey != nil || parsed.Version != smp.CurrentVersion {
		t.Errorf("hello %+v", parsed)
	}
}

// TestAnswerRefuses changes a good hello in one place at a time.
func TestAnswerRefuses(t *testing.T) {
	v := newestHandshake(t)
	good, ok := smp.ParseServerHello(v.ServerBlocks[0])
	if !ok {
		t.Fatal("vector does not parse")
	}
	chain := good.CertKey.Chain
	withCertKey := func(chain [][]byte, signed []byte) func(*smp.ServerHello) {
		return func(h *smp.ServerHello) { h.CertKey = &smp.CertKey{Chain: chain, SignedKey: signed} }
	}
	badSignature := bytes.Clone(good.CertKey.SignedKey)
	badSignature[len(badSignature)-1] ^= 1
	badKey := bytes.Clone(good.CertKey.SignedKey)
	badKey[bytes.Index(badKey, []byte{0x2b, 0x65, 0x6e})+5] ^= 1
	for _, test := range []struct {
		name   string
		change func(*smp.ServerHello)
		want   smp.TransportError
	}{
		{"other session", func(h *smp.ServerHello) { h.SessionID = make([]byte, 32) }, smp.TransportSession},
		{"shorter session", func(h *smp.ServerHello) { h.SessionID = h.SessionID[:31] }, smp.TransportSession},
		{"newer versions", func(h *smp.ServerHello) { h.Range = smp.VersionRange{Min: 20, Max: 21} }, smp.TransportVersion},
		{"one certificate", withCertKey(chain[:1], good.CertKey.SignedKey), smp.TransportBadAuth},
		{"five certificates", withCertKey([][]byte{chain[0], chain[1], chain[1], chain[1], chain[1]}, good.CertKey.SignedKey), smp.TransportBadAuth},
		{"other identity", withCertKey([][]byte{chain[1], chain[0]}, good.CertKey.SignedKey), smp.TransportBadAuth},
		{"bad signature", withCertKey(chain, badSignature), smp.TransportBadAuth},
		{"key that is not the signed one", withCertKey(chain, badKey), smp.TransportBadAuth},
		{"no signed key", withCertKey(chain, []byte("key")), smp.TransportParse},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := good
			test.change(&h)
			g := v.greeting(t)
			_, _, err := g.answer(nil, smp.AppendServerHello(nil, &h), v.SessionID, v.CertChain[0])
			if err != test.want {
				t.Errorf("error %v, want %v", err, test.want)
			}
		})
	}
	g := v.greeting(t)
	if _, _, err := g.answer(nil, v.ServerBlocks[0][:20], v.SessionID, v.CertChain[0]); err != smp.TransportParse {
		t.Errorf("cut hello: error %v", err)
	}
	if _, _, err := g.answer(nil, v.ServerBlocks[0], v.SessionID, v.CertChain[1]); err != smp.TransportBadAuth {
		t.Errorf("other leaf in TLS: error %v", err)
	}
}

func newestHandshake(t *testing.T) *handshakeVector {
	t.Helper()
	for _, v := range readVectors[handshakeVector](t, "handshakes.json.gz") {
		if v.ClientResult.Version == smp.CurrentVersion {
			return &v
		}
	}
	t.Fatal("no handshake at the newest version")
	return nil
}

func FuzzAnswer(f *testing.F) {
	vectors := readVectors[handshakeVector](f, "handshakes.json.gz")
	for _, v := range vectors {
		f.Add([]byte(v.ServerBlocks[0]))
	}
	v := vectors[0]
	f.Fuzz(func(t *testing.T, hello []byte) {
		g := v.greeting(t)
		g.versions.Max = smp.CurrentVersion
		answer, a, err := g.answer(nil, hello, v.SessionID, v.CertChain[0])
		if err != nil {
			return
		}
		h, ok := smp.ParseClientHello(answer)
		if !ok || h.Version != a.version || !g.versions.Contains(a.version) {
			t.Errorf("answer %+v to a hello with version %d", h, a.version)
		}
	})
}
