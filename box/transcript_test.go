package box

import (
	"bytes"
	"fmt"
	"testing"
)

// TestHandshakeChains derives the chains of recorded handshakes from the keys
// in their hellos and encrypts the blocks that followed.
func TestHandshakeChains(t *testing.T) {
	var all []struct {
		Kind          string
		SessionID     hexBytes `json:"session_id"`
		ServerPrivate hexBytes `json:"server_private"`
		ServerPublic  hexBytes `json:"server_public"`
		ClientPrivate hexBytes `json:"client_private"`
		ClientPublic  hexBytes `json:"client_public"`
		Secret        hexBytes `json:"dh_secret"`
		Key1          hexBytes `json:"chain_key_1"`
		Key2          hexBytes `json:"chain_key_2"`
		Encrypted     []struct {
			Direction string
			Content   hexBytes
			Block     output
		}
	}
	load(t, "handshake.json.gz", &all)
	for _, v := range all {
		var secret [KeySize]byte
		if err := DH(&secret, privateX25519(t, v.ServerPrivate), publicX25519(t, v.ClientPublic)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(secret[:], v.Secret) {
			t.Errorf("%s: secret %x", v.Kind, secret)
		}
		router, client := NewChains(v.SessionID, &secret)
		if !bytes.Equal(router.key[:], v.Key1) || !bytes.Equal(client.key[:], v.Key2) {
			t.Errorf("%s: chain keys %x %x", v.Kind, router.key, client.key)
		}
		for i := range v.Encrypted {
			e := &v.Encrypted[i]
			c := &router
			if e.Direction == "client" {
				c = &client
			}
			e.Block.check(t, sealBlock(t, c, e.Content))
		}
	}
}

// transcript is one session of a reference client with a reference router.
type transcript struct {
	SessionID     hexBytes `json:"session_id"`
	Secret        hexBytes `json:"dh_secret"`
	RouterKey     hexBytes `json:"server_chain_key"`
	ClientKey     hexBytes `json:"client_chain_key"`
	ClientPrivate hexBytes `json:"client_session_private"`
	RouterPublic  hexBytes `json:"server_session_public"`
	Messages      []struct {
		Decrypted hexBytes
		MsgID     hexBytes `json:"msg_id"`
	}
	Queues []struct {
		RcvID  hexBytes `json:"rcv_id"`
		Secret hexBytes `json:"rcv_dh_secret"`
	}
	Blocks []struct {
		SHA256    hexBytes `json:"block_sha256"`
		Content   hexBytes
		Info      *output `json:"content_info"`
		From      string
		Handshake bool
	}
}

// TestTranscripts replays recorded sessions: every block's content, sealed
// with the chains or padded in the handshake, has the recorded hash, and opens again.
func TestTranscripts(t *testing.T) {
	for _, version := range []int{11, 16, 19} {
		t.Run(fmt.Sprintf("v%d", version), func(t *testing.T) {
			var s transcript
			load(t, fmt.Sprintf("transcript-v%d.json.gz", version), &s)
			replay(t, &s)
		})
	}
}

func replay(t *testing.T, s *transcript) {
	var secret [KeySize]byte
	if err := DH(&secret, privateX25519(t, s.ClientPrivate), publicX25519(t, s.RouterPublic)); err != nil {
		t.Fatal(err)
	}
	router, client := NewChains(s.SessionID, &secret)
	if !bytes.Equal(secret[:], s.Secret) || !bytes.Equal(router.key[:], s.RouterKey) || !bytes.Equal(client.key[:], s.ClientKey) {
		t.Fatal("other secret or chain keys")
	}
	sending := map[string]*Chain{"server": &router, "client": &client}
	routerPeer, clientPeer := router, client
	opening := map[string]*Chain{"server": &routerPeer, "client": &clientPeer}
	unknown := 0
	for i, b := range s.Blocks {
		content := []byte(b.Content)
		if b.Info != nil {
			if content = s.message(t, b.Info); content == nil {
				unknown++
				skipBlock(sending[b.From], opening[b.From])
				continue
			}
		}
		var block []byte
		if b.Handshake {
			block, _ = Pad(nil, content, 16384)
		} else {
			block = sealBlock(t, sending[b.From], content)
		}
		if sum := Fingerprint(block); !bytes.Equal(sum[:], b.SHA256) {
			t.Fatalf("block %d: SHA-256 %x, want %x", i, sum, b.SHA256)
		}
		if b.Handshake {
			continue
		}
		if got, ok := opening[b.From].OpenBlock(block); !ok || !bytes.Equal(got, content) {
			t.Fatalf("block %d does not open", i)
		}
	}
	if unknown > 1 {
		t.Errorf("%d blocks of unknown content", unknown)
	}
}

// skipBlock advances the chains past a block whose content is not known.
func skipBlock(chains ...*Chain) {
	var key [KeySize]byte
	var nonce [NonceSize]byte
	for _, c := range chains {
		c.Next(&key, &nonce)
	}
}

// message rebuilds the content of a block of which the transcript has only the
// start: one transmission with MSG, whose body the router sealed. It is nil for
// the queue of v16 whose secret was not recorded.
func (s *transcript) message(t *testing.T, info *output) []byte {
	t.Helper()
	at := bytes.Index(info.First64, []byte("MSG \x18"))
	if at < 0 {
		t.Fatalf("content %x… is no message", info.First64)
	}
	head, id := info.First64[:at+5], info.First64[at+5:]
	for _, m := range s.Messages {
		if !bytes.HasPrefix(m.MsgID, id[:min(len(id), 5)]) {
			continue
		}
		for _, q := range s.Queues {
			if !bytes.Contains(head, q.RcvID) {
				continue
			}
			var k [KeySize]byte
			Precompute(&k, (*[KeySize]byte)(q.Secret))
			content := append(bytes.Clone(head), m.MsgID...)
			content = append(content, seal(t, &k, m.MsgID, m.Decrypted, 16106)...)
			info.check(t, content)
			return content
		}
	}
	return nil
}
