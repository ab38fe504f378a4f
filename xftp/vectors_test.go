package xftp

import (
	"bytes"
	"testing"

	"switchyard/box"
	"switchyard/xftp/internal/vectors"
)

const vectorFile = "testdata/xftp.json.gz"

type hexBytes = vectors.Hex

func keyOf(t *testing.T, der []byte) box.PublicKey {
	t.Helper()
	k, err := box.ParseAuthKey(der)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// prefixesFail: no proper prefix of a whole encoding parses.
func prefixesFail(t *testing.T, what string, whole []byte, parse func([]byte) bool) {
	t.Helper()
	for n := range whole {
		if parse(whole[:n]) {
			t.Errorf("%s: the first %d of %d bytes parse", what, n, len(whole))
		}
	}
}

func TestCommandVectors(t *testing.T) {
	type vector struct {
		Command string
		SndKey  hexBytes   `json:"snd_key"`
		RcvKeys []hexBytes `json:"rcv_keys"`
		DHKey   hexBytes   `json:"dh_key"`
		Digest  hexBytes
		Size    uint32
		Auth    *string `json:"basic_auth"`
		Encoded hexBytes
	}
	for _, v := range vectors.Load[vector](t, vectorFile, "command") {
		var want Command
		for tag := FNEW; tag <= PING; tag++ {
			if tag.String() == v.Command {
				want.Tag = tag
			}
		}
		if v.SndKey != nil {
			want.SenderKey, want.Size, want.Digest = keyOf(t, v.SndKey), v.Size, v.Digest
		}
		for _, k := range v.RcvKeys {
			want.Recipients = append(want.Recipients, keyOf(t, k))
		}
		if v.Auth != nil {
			want.Password = []byte(*v.Auth)
		}
		if v.DHKey != nil {
			want.DHKey, _ = box.ParseX25519(v.DHKey)
		}
		if got := AppendCommand(nil, &want); !bytes.Equal(got, v.Encoded) {
			t.Errorf("%s encodes to\n%x, want\n%x", v.Command, got, v.Encoded)
		}
		c, err := ParseCommand(v.Encoded)
		if !err.IsZero() || !bytes.Equal(AppendCommand(nil, &c), v.Encoded) {
			t.Errorf("%s parses to %+v, %v", v.Command, c, err)
		}
		prefixesFail(t, v.Command, v.Encoded, func(b []byte) bool { _, err := ParseCommand(b); return err.IsZero() })
		if _, err := ParseCommand(append(bytes.Clone(v.Encoded), ' ')); err != ErrCmdSyntax {
			t.Errorf("%s with a byte more: %v", v.Command, err)
		}
	}
}

func TestResponseVectors(t *testing.T) {
	type vector struct {
		Response string
		SenderID hexBytes   `json:"sender_id"`
		RcvIDs   []hexBytes `json:"rcv_ids"`
		DHKey    hexBytes   `json:"dh_key"`
		Nonce    hexBytes
		Encoded  hexBytes
	}
	for _, v := range vectors.Load[vector](t, vectorFile, "response") {
		r, ok := ParseResponse(v.Encoded)
		if !ok || r.Tag.String() != v.Response || !bytes.Equal(r.SenderID, v.SenderID) || len(r.RecipientIDs) != len(v.RcvIDs) {
			t.Fatalf("%s: %+v %v", v.Response, r, ok)
		}
		for i := range v.RcvIDs {
			if !bytes.Equal(r.RecipientIDs[i], v.RcvIDs[i]) {
				t.Errorf("%s: ID %d is %x", v.Response, i, r.RecipientIDs[i])
			}
		}
		if v.DHKey != nil && (!bytes.Equal(box.AppendX25519(nil, &r.DHKey), v.DHKey) || !bytes.Equal(r.Nonce[:], v.Nonce)) {
			t.Errorf("%s: %+v", v.Response, r)
		}
		if got := AppendResponse(nil, CurrentVersion, &r); !bytes.Equal(got, v.Encoded) {
			t.Errorf("%s encodes to %x", v.Response, got)
		}
		prefixesFail(t, v.Response, v.Encoded, func(b []byte) bool { _, ok := ParseResponse(b); return ok })
	}
}

func TestErrorVectors(t *testing.T) {
	type vector struct {
		Text     string
		Response string  `json:"response_ascii"`
		Min      Version `json:"v_min"`
		Max      Version `json:"v_max"`
	}
	for _, v := range vectors.Load[vector](t, vectorFile, "error") {
		e, ok := ParseError([]byte(v.Text))
		if !ok || e.Error() != v.Text {
			t.Errorf("%q parses to %v %v", v.Text, e, ok)
			continue
		}
		for version := v.Min; version <= v.Max; version++ {
			r := Response{Tag: ERR, Err: e}
			if got := string(AppendResponse(nil, version, &r)); got != v.Response {
				t.Errorf("%s in version %d: %q, want %q", v.Text, version, got, v.Response)
			}
		}
		if r, ok := ParseResponse([]byte("ERR " + v.Text)); !ok || r.Err != e {
			t.Errorf("ERR %s: %+v %v", v.Text, r, ok)
		}
	}
}

func TestTransmissionVectors(t *testing.T) {
	type vector struct {
		Version   Version
		Kind      string   `json:"auth_kind"`
		SessionID hexBytes `json:"session_id"`
		CorrID    hexBytes `json:"corr_id"`
		EntityID  hexBytes `json:"entity_id"`
		Command   hexBytes
		Private   hexBytes `json:"private_key"`
		SrvSecret hexBytes `json:"server_session_private"`
		SrvPublic hexBytes `json:"server_session_public"`
		Signed    hexBytes `json:"to_authorize"`
		Content   hexBytes
		Block     vectors.Big
	}
	for _, v := range vectors.Load[vector](t, vectorFile, "transmission") {
		signed := AppendSigned(nil, v.SessionID, v.CorrID, v.EntityID, v.Command)
		if !bytes.Equal(signed, v.Signed) {
			t.Fatalf("signed %x, want %x", signed, v.Signed)
		}
		session, err := box.ParsePKCS8(v.SrvSecret)
		if err != nil {
			t.Fatal(err)
		}
		secret, _ := session.X25519()
		public, _ := box.ParseX25519(v.SrvPublic)
		var auth []byte
		var key *box.PrivateKey
		if v.Private != nil {
			if key, err = box.ParsePKCS8(v.Private); err != nil {
				t.Fatal(err)
			}
			if auth, err = AppendAuthorization(nil, key, &public, signed, v.CorrID); err != nil {
				t.Fatal(err)
			}
		}
		block, err := AppendBlock(nil, auth, signed)
		if err != nil || !v.Block.Equal(block) || !bytes.HasPrefix(block[2:], v.Content) {
			t.Fatalf("%s: another block: %v", v.Kind, err)
		}
		tr, c, fault := ParseRequest(v.SessionID, block)
		if !fault.IsZero() || !bytes.Equal(tr.EntityID, v.EntityID) || !bytes.Equal(AppendCommand(nil, &c), v.Command) {
			t.Fatalf("%s: %+v %v", v.Kind, tr, fault)
		}
		if key == nil {
			continue
		}
		var verifier box.Verifier
		claim, pub := tr.Claim(secret), key.Public()
		verifier.Add(&claim, &pub)
		foreign := claim
		foreign.SessionID = append([]byte{claim.SessionID[0] ^ 1}, claim.SessionID[1:]...)
		verifier.Add(&foreign, &pub)
		if verifier.Run(); !verifier.Ok(0) || verifier.Ok(1) {
			t.Errorf("%s: own %v, foreign %v", v.Kind, verifier.Ok(0), verifier.Ok(1))
		}
	}
}

func TestHelloVectors(t *testing.T) {
	type vector struct {
		Chain     []hexBytes `json:"cert_chain"`
		Leaf      hexBytes   `json:"leaf_private"`
		KeyHash   hexBytes   `json:"key_hash"`
		Web       bool
		SessionID hexBytes `json:"session_id"`
		Challenge hexBytes
		SrvPublic hexBytes `json:"server_public"`
		Proof     hexBytes
		Client    hexBytes `json:"client_hello"`
		Server    hexBytes `json:"server_hello"`
		Handshake hexBytes `json:"client_handshake"`
	}
	for _, v := range vectors.Load[vector](t, vectorFile, "handshake") {
		leaf, err := box.ParsePKCS8(v.Leaf)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := box.AppendSignedKey(nil, v.SrvPublic, leaf.Sign)
		if err != nil {
			t.Fatal(err)
		}
		h := ServerHello{Min: MinVersion, Max: CurrentVersion, SessionID: v.SessionID, SignedKey: signed}
		for _, c := range v.Chain {
			h.Chain = append(h.Chain, c)
		}
		if v.Web {
			h.Proof = leaf.Sign(append(bytes.Clone(v.Challenge), v.SessionID...))
			checkPadded(t, "challenge", v.Client, func() ([]byte, error) { return AppendChallenge(nil, v.Challenge) })
			body, _ := AppendChallenge(nil, v.Challenge)
			if c, ok := ParseChallenge(body); !ok || !bytes.Equal(c, v.Challenge) {
				t.Errorf("challenge %x %v", c, ok)
			}
		}
		if !bytes.Equal(h.Proof, v.Proof) {
			t.Errorf("proof %x, want %x", h.Proof, v.Proof)
		}
		checkPadded(t, "hello", v.Server, func() ([]byte, error) { return AppendServerHello(nil, &h) })
		checkPadded(t, "answer", v.Handshake, func() ([]byte, error) {
			return AppendClientHello(nil, CurrentVersion, (*[32]byte)(v.KeyHash))
		})
		block, _ := AppendServerHello(nil, &h)
		got, ok := ParseServerHello(block)
		if again, err := AppendServerHello(nil, &got); !ok || err != nil || !bytes.Equal(again, block) {
			t.Errorf("the hello parses to %+v %v", got, ok)
		}
		answer, _ := AppendClientHello(nil, 3, (*[32]byte)(v.KeyHash))
		if version, hash, ok := ParseClientHello(answer); !ok || version != 3 || !bytes.Equal(hash, v.KeyHash) {
			t.Errorf("the answer parses to %d %x %v", version, hash, ok)
		}
	}
}

func checkPadded(t *testing.T, what string, want []byte, build func() ([]byte, error)) {
	t.Helper()
	block, err := build()
	if err != nil || len(block) != BlockSize {
		t.Fatalf("%s: %d bytes, %v", what, len(block), err)
	}
	if got, err := box.Unpad(block); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s:\n%x, want\n%x", what, got, want)
	}
}

func TestSplitSizeVectors(t *testing.T) {
	type vector struct {
		Size   int64
		Count  int
		Single *uint32
		Chunks []struct {
			Size  uint32
			Times int
		}
	}
	for _, v := range vectors.Load[vector](t, vectorFile, "chunk_sizes") {
		var want []uint32
		for _, c := range v.Chunks {
			for range c.Times {
				want = append(want, c.Size)
			}
		}
		got := SplitSizes(v.Size)
		if len(got) != v.Count || len(want) != v.Count {
			t.Errorf("%d: %v, want %v", v.Size, got, want)
			continue
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%d: packet %d has %d, want %d", v.Size, i, got[i], want[i])
			}
		}
		single, ok := SingleSize(v.Size)
		if ok != (v.Single != nil) || ok && single != *v.Single {
			t.Errorf("%d: single %d %v", v.Size, single, ok)
		}
	}
}
