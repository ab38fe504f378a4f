package router

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	stdtls "crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/http"
	"testing"
	"time"

	"switchyard/box"
	"switchyard/tls"
	"switchyard/xftp"
)

// webCertificate is one that browsers could be made to trust.
func webCertificate(t testing.TB) func() *stdtls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "web"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	check(t, err)
	return func() *stdtls.Certificate { return &stdtls.Certificate{Certificate: [][]byte{der}, PrivateKey: key} }
}

func newWebFixture(t testing.TB, pages http.Handler) *fixture {
	cert := webCertificate(t)
	return newFixture(t, options{config: func(c *Config) { c.Web, c.Pages = cert, pages }})
}

func TestFact14Certificates(t *testing.T) {
	f := newWebFixture(t, nil)
	state := f.dialWeb("h2").conn.(*stdtls.Conn).ConnectionState()
	if state.NegotiatedProtocol != "h2" || state.PeerCertificates[0].Subject.CommonName != "web" {
		t.Errorf("%s, %s", state.NegotiatedProtocol, state.PeerCertificates[0].Subject)
	}
	native := f.dialWire(xftp.ALPN).conn.(*tls.NetConn)
	if p, _ := native.NegotiatedALPN(); p != xftp.ALPN || tls.Fingerprint(native.PeerChain()[1]) != f.cfg.Identity {
		t.Errorf("%s with another identity", p)
	}
	both := f.dialWeb("http/1.1", "h2").conn.(*stdtls.Conn).ConnectionState()
	if both.NegotiatedProtocol != "http/1.1" {
		t.Errorf("%s: the client's preference counts", both.NegotiatedProtocol)
	}
}

func TestFact15CORS(t *testing.T) {
	f := newWebFixture(t, nil)
	web := f.dialWeb("h2")
	for name, method := range map[string]string{"error": http.MethodPost, "preflight": http.MethodOptions} {
		response, body := web.do(method, []byte("no hello"))
		h := response.Header
		if h.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %v", name, h)
		}
		if method == http.MethodPost && (h.Get("Access-Control-Expose-Headers") != "*" || bare(t, body) != "SESSION") {
			t.Errorf("%s: %v", name, h)
		}
		if method == http.MethodOptions && (len(body) > 0 || h.Get("Access-Control-Allow-Methods") != "POST, OPTIONS" ||
			h.Get("Access-Control-Allow-Headers") != "*" || h.Get("Access-Control-Max-Age") != "86400") {
			t.Errorf("%s: %v", name, h)
		}
	}
	response, _ := f.dialWire(xftp.ALPN).do(http.MethodPost, nil)
	if len(response.Header.Values("Access-Control-Allow-Origin")) > 0 {
		t.Errorf("native: %v", response.Header)
	}
}

func TestFact16NativeClientOnAWebRouter(t *testing.T) {
	f := newWebFixture(t, nil)
	c := f.dial()
	check(t, f.stored(c, xftp.Size64K, 1).download(c, 0))
}

// webHello says a browser's hello with a challenge and checks the proof.
func webHello(t testing.TB, f *fixture, w *wire) xftp.ServerHello {
	t.Helper()
	challenge := make([]byte, xftp.ChallengeSize)
	rand.Read(challenge)
	body, err := xftp.AppendChallenge(nil, challenge)
	check(t, err)
	h, ok := xftp.ParseServerHello(w.post(body, xftp.HeaderWebHello, "1"))
	if !ok {
		t.Fatal("no hello")
	}
	if tls.Fingerprint(h.Chain[1]) != f.cfg.Identity {
		t.Error("another identity")
	}
	check(t, tls.VerifySignature(h.Chain[0], append(challenge, h.SessionID...), h.Proof))
	signed, err := box.ParseSignedKey(h.SignedKey)
	check(t, err)
	check(t, tls.VerifySignature(h.Chain[0], signed.Signed, signed.Signature))
	return h
}

func TestFact17WebHello(t *testing.T) {
	f := newWebFixture(t, nil)
	w := f.dialWeb("h2")
	h := webHello(t, f, w)
	answerHello, err := xftp.AppendClientHello(nil, 1, &f.cfg.Identity)
	check(t, err)
	if rest := w.post(answerHello); len(rest) > 0 {
		t.Errorf("%d bytes", len(rest))
	}
	w.sessionID = h.SessionID
	if got := answer(t, w.post(w.block(nil, nil, "PING"))); got != "PONG" {
		t.Error(got)
	}
}

func TestFact18HelloAgain(t *testing.T) {
	f := newWebFixture(t, nil)
	w := f.dialWeb("h2")
	first := webHello(t, f, w)
	answerHello, err := xftp.AppendClientHello(nil, 3, &f.cfg.Identity)
	check(t, err)
	w.post(answerHello, xftp.HeaderHandshake, "1")
	again := webHello(t, f, w)
	a, _ := box.ParseSignedKey(first.SignedKey)
	b, _ := box.ParseSignedKey(again.SignedKey)
	if string(first.SessionID) != string(again.SessionID) || string(a.SPKI) != string(b.SPKI) {
		t.Error("another session")
	}
	w.sessionID = again.SessionID
	ping := w.block(nil, nil, "PING")
	if got := bare(t, w.post(ping)); got != "HANDSHAKE" {
		t.Errorf("a command between hello and answer: %s", got)
	}
	if rest := w.post(answerHello); len(rest) > 0 {
		t.Errorf("%d bytes", len(rest))
	}
	if got := answer(t, w.post(ping)); got != "PONG" {
		t.Error(got)
	}
	if rest := w.post(answerHello, xftp.HeaderHandshake, "1"); len(rest) > 0 {
		t.Errorf("a further answer: %d bytes", len(rest))
	}
}

func TestFact19CommandWithoutHello(t *testing.T) {
	w := newWebFixture(t, nil).dialWeb("h2")
	padded, err := box.Pad(nil, []byte("PING"), xftp.BlockSize)
	check(t, err)
	if got := bare(t, w.post(padded)); got != "SESSION" {
		t.Error(got)
	}
	if got := bare(t, w.post(nil)); got != "SESSION" {
		t.Errorf("an empty body: %s", got)
	}
	if got := bare(t, w.post([]byte("x"), xftp.HeaderWebHello, "1")); got != "HANDSHAKE" {
		t.Errorf("a hello that is none: %s", got)
	}
}

func TestPagesAreForBrowsers(t *testing.T) {
	pages := http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { w.Write([]byte("page " + q.URL.Path)) })
	f := newWebFixture(t, pages)
	if response, body := f.dialWeb("h2").do(http.MethodGet, nil); string(body) != "page /" || response.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%q %v", body, response.Header)
	}
	if response, body := f.dialWeb("h2").do(http.MethodHead, nil); response.StatusCode != http.StatusOK || len(body) > 0 {
		t.Errorf("HEAD: %s with %d bytes", response.Status, len(body))
	}
	if response, _ := newWebFixture(t, nil).dialWeb("h2").do(http.MethodGet, nil); response.StatusCode != http.StatusNotFound {
		t.Error(response.Status)
	}
}
