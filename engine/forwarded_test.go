package engine

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"switchyard/box"
	"switchyard/shard"
	"switchyard/smp"
)

type hexBytes []byte

func (b *hexBytes) UnmarshalText(text []byte) (err error) {
	*b, err = hex.DecodeString(string(text))
	return err
}

// digest is a large value by its length and SHA-256.
type digest struct {
	Len    int
	SHA256 hexBytes
}

func (d *digest) check(t *testing.T, what string, b []byte) {
	t.Helper()
	if sum := sha256.Sum256(b); len(b) != d.Len || string(sum[:]) != string(d.SHA256) {
		t.Errorf("%s of %d bytes differs, want %d", what, len(b), d.Len)
	}
}

// forwardedVector is a command by way of a proxy, in all its forms.
type forwardedVector struct {
	Kind           string
	SessionID      hexBytes    `json:"relay_session_id"`
	Version        smp.Version `json:"fwd_version"`
	SessionPrivate hexBytes    `json:"relay_session_private"`
	ProxyPublic    hexBytes    `json:"proxy_session_public"`
	CommandPublic  hexBytes    `json:"client_command_public"`
	CorrID         hexBytes    `json:"corr_id"`
	ProxyCorrID    hexBytes    `json:"proxy_corr_id"`
	Inner          hexBytes    `json:"inner_transmissions"`
	CommandSecret  hexBytes    `json:"command_secret"`
	Encrypted      digest      `json:"enc_transmission"`
	PFWD           digest      `json:"pfwd_command"`
	ProxySecret    hexBytes    `json:"proxy_secret"`
	RFWD           digest      `json:"rfwd_command"`
	Responses      hexBytes    `json:"response_transmissions"`
	RRES           digest      `json:"rres_response"`
}

// readVectors reads a file of golden vectors in testdata.
func readVectors[T any](t testing.TB, file string) (vectors []T) {
	t.Helper()
	f, err := os.Open("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(z).Decode(&vectors); err != nil {
		t.Fatal(err)
	}
	return vectors
}

// session is the relay's session with the proxy, without a socket.
func (v *forwardedVector) session(t testing.TB) *session {
	t.Helper()
	private, err := box.ParsePKCS8(v.SessionPrivate)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := box.ParseX25519(v.ProxyPublic)
	if err != nil {
		t.Fatal(err)
	}
	ours, _ := private.X25519()
	s := &session{loop: &loop{router: &Router{}}, phase: phaseOpen, client: shard.NewClient(1), proxied: new([32]byte)}
	s.client.Version, s.client.SessionID, s.client.SecretKey = v.Version, v.SessionID, *ours
	var shared [32]byte
	if err := box.DH(&shared, ours, &theirs); err != nil || string(shared[:]) != string(v.ProxySecret) {
		t.Fatal("secret with the proxy differs", err)
	}
	box.Precompute(s.proxied, &shared)
	return s
}

// sealed makes the end of RFWD as client and proxy make it, and checks each form.
func (v *forwardedVector) sealed(t *testing.T) []byte {
	t.Helper()
	padded, err := box.Pad(make([]byte, box.TagSize), v.Inner, smp.ForwardedPadded)
	if err != nil {
		t.Fatal(err)
	}
	sealBox(padded, v.CorrID, v.CommandSecret)
	v.Encrypted.check(t, "inner box", padded)
	p := smp.PFWDParams{Version: v.Version, Key: v.CommandPublic, Encrypted: padded}
	v.PFWD.check(t, "PFWD", smp.AppendPFWD(nil, p))
	outer := smp.AppendForwarded(make([]byte, box.TagSize), v.CorrID, p)
	sealBox(outer, v.ProxyCorrID, v.ProxySecret)
	v.RFWD.check(t, "RFWD", smp.AppendRFWD(nil, outer))
	return outer
}

func sealBox(b, corrID, secret []byte) {
	var nonce [box.NonceSize]byte
	var subkey [box.KeySize]byte
	box.FitNonce(&nonce, corrID)
	box.Precompute(&subkey, (*[box.KeySize]byte)(secret))
	box.Seal(b, &nonce, &subkey)
}

// What a proxy of the reference sends is opened, and the response is sealed to the very bytes of the reference.
func TestForwardedVectors(t *testing.T) {
	vectors := readVectors[forwardedVector](t, "forwarded.json.gz")
	if len(vectors) != 31 {
		t.Errorf("%d vectors", len(vectors))
	}
	for _, v := range vectors {
		s, f := v.session(t), forwardeds.Get().(*forwarded)
		content, err := s.openForwarded(f, v.ProxyCorrID, v.sealed(t))
		if !err.IsZero() || string(content) != string(v.Inner) || f.Version != v.Version {
			t.Errorf("%s at version %d: opens to %d bytes of version %d, %v", v.Kind, v.Version, len(content), f.Version, err)
			continue
		}
		batch, _ := smp.ParseBatch(v.Responses)
		response, _ := batch.Next()
		s.answerForwarded(f, response)
		out, ok := smp.ParseBatch(s.out.packer.Bytes()[s.out.start:])
		raw, _ := out.Next()
		tr, err := smp.ParseResponseTransmission(v.Version, v.SessionID, raw)
		if !ok || !err.IsZero() || string(tr.CorrID) != string(v.ProxyCorrID) || len(tr.EntityID) > 0 {
			t.Errorf("response %v, %v, correlation ID %x", ok, err, tr.CorrID)
		}
		v.RRES.check(t, "RRES", tr.Command)
	}
}

// Correlation IDs of any length and responses of any size are answered by something that fits a block.
func TestForwardedResponseTooLarge(t *testing.T) {
	v := readVectors[forwardedVector](t, "forwarded.json.gz")[0]
	for _, c := range []struct {
		proxy, sender, response int
		want                    string
	}{
		{24, 24, 16221, "RRES "},
		{24, 24, 16222, "ERR BLOCK"},
		{0, 0, 16221, "RRES "},
		{59, 37, 1, "RRES "},
		{59, 38, 1, "ERR BLOCK"},
		{255, 255, 1, "ERR BLOCK"},
		{255, 255, 20000, "ERR BLOCK"},
	} {
		s, f := v.session(t), forwardeds.Get().(*forwarded)
		f.ids, f.outer = make([]byte, c.proxy+c.sender), c.proxy
		s.answerForwarded(f, make([]byte, c.response))
		out, _ := smp.ParseBatch(s.out.packer.Bytes()[s.out.start:])
		raw, _ := out.Next()
		tr, err := smp.ParseResponseTransmission(v.Version, v.SessionID, raw)
		if !err.IsZero() || string(tr.Command[:len(c.want)]) != c.want {
			t.Errorf("correlation IDs of %d and %d bytes, response of %d: %.9q", c.proxy, c.sender, c.response, tr.Command)
		}
	}
}

// FuzzForwarded: whatever a proxy sends in RFWD, sealed as it should be or not, the answer is one RRES or ERR, or the
// command is on its way to a shard.
func FuzzForwarded(f *testing.F) {
	v := readVectors[forwardedVector](f, "forwarded.json.gz")[0]
	f.Add([]byte("corr"), []byte{}, false)
	f.Add([]byte("corr"), make([]byte, 300), true)
	f.Add(make([]byte, 255), append([]byte{4, 'c', 'o', 'r', 'r', 0, 19, 44}, v.CommandPublic...), true)
	f.Fuzz(func(t *testing.T, corrID, sealed []byte, seal bool) {
		if len(corrID) > 255 || len(sealed) > 16000 {
			return
		}
		s := v.session(t)
		if seal {
			sealed = append(make([]byte, box.TagSize), sealed...)
			sealBox(sealed, corrID, v.ProxySecret)
		}
		fwd := forwardeds.Get().(*forwarded)
		content, err := s.openForwarded(fwd, corrID, sealed)
		if err.IsZero() && len(content) > len(sealed) {
			t.Errorf("content of %d bytes out of %d", len(content), len(sealed))
		}
	})
}
