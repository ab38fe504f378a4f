package box

import (
	"bytes"
	"crypto/sha512"
	"errors"
	"strings"
	"testing"
)

func TestAuthenticatorVectors(t *testing.T) {
	type vector struct {
		ServerPrivate hexBytes `json:"server_private"`
		ServerPublic  hexBytes `json:"server_public"`
		ClientPrivate hexBytes `json:"client_private"`
		ClientPublic  hexBytes `json:"client_public"`
		Nonce         hexBytes
		Len           int
		Byte          byte
		Authenticator hexBytes
	}
	for _, v := range cases[vector](t, "authenticator") {
		var client, router [KeySize]byte
		if err := DH(&client, privateX25519(t, v.ClientPrivate), publicX25519(t, v.ServerPublic)); err != nil {
			t.Fatal(err)
		}
		if err := DH(&router, privateX25519(t, v.ServerPrivate), publicX25519(t, v.ClientPublic)); err != nil {
			t.Fatal(err)
		}
		hash := sha512.Sum512(filled(v.Len, v.Byte))
		auth := AppendAuthenticator(nil, &client, v.Nonce, &hash)
		if !bytes.Equal(auth, v.Authenticator) {
			t.Errorf("got %x, want %x", auth, v.Authenticator)
		}
		if !VerifyAuthenticator(auth, &router, v.Nonce, &hash) {
			t.Error("does not verify")
		}
		other := sha512.Sum512(filled(v.Len+1, v.Byte))
		if VerifyAuthenticator(auth, &router, v.Nonce, &other) || VerifyAuthenticator(auth[1:], &router, v.Nonce, &hash) {
			t.Error("another message or a part of the authenticator verifies")
		}
	}
}

func TestSignatureVectors(t *testing.T) {
	type vector struct{ Private, Public, Message, Signature hexBytes } // raw keys
	for kind, alg := range map[string]Alg{"sign_ed25519": Ed25519, "sign_ed448": Ed448} {
		for _, v := range cases[vector](t, kind) {
			k, err := NewPrivateKey(alg, v.Private)
			if err != nil {
				t.Fatal(err)
			}
			public := k.Public()
			if !bytes.Equal(public.Bytes(), v.Public) {
				t.Errorf("%v: public %x", alg, public.Bytes())
			}
			if sig := k.Sign(v.Message); !bytes.Equal(sig, v.Signature) {
				t.Errorf("%v: signature %x", alg, sig)
			}
			if !VerifySignature(&public, v.Message, v.Signature) {
				t.Errorf("%v: does not verify", alg)
			}
		}
	}
}

func TestVerifyVectors(t *testing.T) {
	type vector struct {
		KeyKind       string   `json:"key_kind"`
		SignatureKind string   `json:"signature_kind"`
		Public        hexBytes `json:"public_der"`
		Message       hexBytes
		Signature     hexBytes
		Valid         bool
	}
	for _, v := range cases[vector](t, "verify") {
		k, err := ParseSPKI(v.Public)
		if err != nil {
			t.Fatal(err)
		}
		if ok := VerifySignature(&k, v.Message, v.Signature); ok != v.Valid {
			t.Errorf("%s key, %s signature: %v", v.KeyKind, v.SignatureKind, ok)
		}
	}
}

// transmissionVector is a command as clients authorize it. toAuthorize is the
// message without the service's fingerprint.
type transmissionVector struct {
	Version          int
	Kind             string   `json:"auth_kind"`
	SessionID        hexBytes `json:"session_id"`
	CorrID           hexBytes `json:"corr_id"`
	Private          hexBytes `json:"private_key"`
	Public           hexBytes `json:"public_key"`
	RouterPublic     hexBytes `json:"server_session_public"`
	RouterPrivate    hexBytes `json:"server_session_private"`
	ServicePrivate   hexBytes `json:"service_private"`
	ServicePublic    hexBytes `json:"service_public"`
	ServiceHash      hexBytes `json:"service_cert_hash"`
	ToAuthorize      hexBytes `json:"to_authorize"`
	Authorization    hexBytes
	ServiceSignature hexBytes `json:"service_signature"`
}

func (v *transmissionVector) authorized() Authorized {
	return Authorized{
		Prefix: v.ServiceHash, SessionID: v.SessionID,
		Signed: v.ToAuthorize[1+len(v.SessionID):], CorrID: v.CorrID,
	}
}

// TestTransmissionVectors makes every authorization again and verifies all of
// them in one run.
func TestTransmissionVectors(t *testing.T) {
	var all []transmissionVector
	load(t, "transmissions.json.gz", &all)
	var v Verifier
	for i := range all {
		tr := &all[i]
		a := tr.authorized()
		addVector(t, &v, tr.Private, tr.Public, tr.Authorization, tr, &a)
		if strings.HasSuffix(tr.Kind, "+service") {
			a.Prefix = nil
			addVector(t, &v, tr.ServicePrivate, tr.ServicePublic, tr.ServiceSignature, tr, &a)
		}
	}
	v.Run()
	for i := range v.Len() {
		if !v.Ok(i) {
			t.Errorf("claim %d of the vectors does not verify", i)
		}
	}
}

func addVector(t *testing.T, v *Verifier, private, public, auth hexBytes, tr *transmissionVector, a *Authorized) {
	t.Helper()
	key, err := ParsePKCS8(private)
	if err != nil {
		t.Fatal(err)
	}
	got, err := AppendAuth(nil, key, publicX25519(t, tr.RouterPublic), a)
	if err != nil || !bytes.Equal(got, auth) {
		t.Errorf("v%d %s: %x, %v; want %x", tr.Version, tr.Kind, got, err, auth)
	}
	k, err := ParseAuthKey(public)
	if err != nil {
		t.Fatal(err)
	}
	v.Add(&Claim{Authorized: *a, Auth: auth, SessionKey: privateX25519(t, tr.RouterPrivate)}, &k)
}

func TestAppendAuthErrors(t *testing.T) {
	var zero [KeySize]byte
	for alg, want := range map[Alg]error{X25519: ErrNoSessionKey, X448: ErrKey} {
		k, err := GenerateKey(alg, random(t))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := AppendAuth(nil, k, nil, &Authorized{}); !errors.Is(err, want) {
			t.Errorf("%v: %v", alg, err)
		}
		if alg != X25519 {
			continue
		}
		if _, err := AppendAuth(nil, k, &zero, &Authorized{}); !errors.Is(err, ErrLowOrder) {
			t.Errorf("%v: %v", alg, err)
		}
	}
}
