package client

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"slices"
	"testing"
	"time"

	"switchyard/smp"
	"switchyard/tls"
	"switchyard/xftp"
	"switchyard/xftp/desc"
	"switchyard/xftp/router/routertest"
)

// The numbers are those of the list of behaviours in the facts (section 7).

// steps is what Progress tells.
type steps struct{ done, total []int64 }

func (s *steps) add(done, total int64) {
	s.done, s.total = append(s.done, done), append(s.total, total)
}

// TestFact24Progress: a file of 17 MiB has 4 packets of 4 MiB and 2 of 1 MiB, in whatever order they come through. The
// packet of a redirect counts as one of the file behind it.
func TestFact24Progress(t *testing.T) {
	r := routertest.Start(t, nil)
	p := &Pool{}
	defer p.Close()
	f := newFiles(t, "testfile", 17<<20)
	judge := func(what string, s *steps) {
		t.Helper()
		var sizes []int64
		last := int64(0)
		for i, done := range s.done {
			sizes = append(sizes, done-last)
			if last = done; s.total[i] != 18874368 {
				t.Errorf("%s: %d of %d", what, done, s.total[i])
			}
		}
		slices.Sort(sizes)
		if last != 18874368 || !slices.Equal(sizes, []int64{1 << 20, 1 << 20, 4 << 20, 4 << 20, 4 << 20, 4 << 20}) {
			t.Errorf("%s: %v", what, s.done)
		}
	}
	var up, down, outer steps
	sent, err := p.Send(ctx, f.path, SendOptions{Servers: []smp.ServerAddress{r.Address}, TempDir: f.temp, Progress: up.add})
	check(t, err)
	judge("upload", &up)
	text := sent.Recipients[0].YAML()
	redirect, err := p.SendReader(ctx, bytes.NewReader(text), "", int64(len(text)),
		SendOptions{Servers: []smp.ServerAddress{r.Address}, Progress: outer.add})
	check(t, err)
	if !slices.Equal(outer.done, []int64{65536}) || !slices.Equal(outer.total, []int64{65536}) {
		t.Errorf("upload of a redirect: %v of %v", outer.done, outer.total)
	}
	d := redirect.Recipients[0]
	d.Redirect = &desc.Redirect{Size: sent.Recipients[0].Size, Digest: sent.Recipients[0].Digest}
	path, err := p.Receive(ctx, d, ReceiveOptions{TempDir: f.temp, Progress: down.add,
		Destination: func(name string) (string, error) { return UniquePath(f.out, SafeName(name)) }})
	f.received(path, err)
	if down.done[0] != 65536 || down.total[0] != 18874368 {
		t.Errorf("a redirect begins with %d of %d", down.done[0], down.total[0])
	}
	judge("download", &steps{down.done[1:], down.total[1:]})
}

func TestFact33HostOfTheAddress(t *testing.T) {
	for text, want := range map[string]string{
		"a.example,b.example":           "a.example:443",
		"b.onion,a.example,c.example:7": "a.example:7",
		"b.onion":                       "b.onion:443",
		"[::1]:5443":                    "[::1]:5443",
	} {
		address, err := smp.ParseAddress("xftp://AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=@" + text)
		check(t, err)
		var got string
		refused := errors.New("not in this test")
		_, err = Dial(ctx, Config{Address: address, Connect: func(_ context.Context, address string) (net.Conn, error) {
			got = address
			return nil, refused
		}})
		if got != want || !errors.Is(err, refused) {
			t.Errorf("%s: connects to %s (%v), want %s", text, got, err, want)
		}
	}
}

// certificate issues one, by itself without a parent.
func certificate(t *testing.T, name string, parent *x509.Certificate, parentKey ed25519.PrivateKey) (*x509.Certificate, ed25519.PrivateKey) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	check(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: name != "leaf",
		BasicConstraintsValid: true, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	if parent == nil {
		parent, parentKey = template, private
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, public, parentKey)
	check(t, err)
	cert, err := x509.ParseCertificate(raw)
	check(t, err)
	return cert, private
}

// TestFact34IdentityIsTheSecondCertificate: also below an operator's and a network's certificate.
func TestFact34IdentityIsTheSecondCertificate(t *testing.T) {
	network, networkKey := certificate(t, "network", nil, nil)
	operator, operatorKey := certificate(t, "operator", network, networkKey)
	under := func(parent *x509.Certificate, key ed25519.PrivateKey) (chain [][]byte) {
		identity, identityKey := certificate(t, "identity", parent, key)
		leaf, _ := certificate(t, "leaf", identity, identityKey)
		return [][]byte{leaf.Raw, identity.Raw}
	}
	for _, chain := range [][][]byte{append(under(network, networkKey), network.Raw), append(under(operator, operatorKey), operator.Raw, network.Raw)} {
		for i, cert := range chain {
			err := tls.VerifyChain(chain, tls.Fingerprint(cert), time.Now())
			if (err == nil) != (i == 1) {
				t.Errorf("%d certificates, the fingerprint of number %d: %v", len(chain), i+1, err)
			}
		}
	}
}

func TestFact47EmptyFile(t *testing.T) {
	r := routertest.Start(t, nil)
	p := &Pool{}
	defer p.Close()
	f := newFiles(t, "empty", 0)
	d := send(t, p, f, r.Address).Recipients[0]
	if len(d.Chunks) != 1 || d.Chunks[0].Size != xftp.Size64K || desc.SizeText(d.Size) != "64kb" {
		t.Errorf("%s", d.YAML())
	}
	path, err := f.receive(p, d)
	f.received(path, err)
}
