package router

//lint:file-ignore SA1019 net/http has this HTTP/2, too, but gives no access to the connection below it: here it is ours.

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	stdtls "crypto/tls"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/net/http2"

	"switchyard/box"
	"switchyard/smp"
	"switchyard/tls"
	"switchyard/xftp"
	"switchyard/xftp/client"
	"switchyard/xftp/packets"
)

// identity is made once for each algorithm: Ed448 keys are slow.
type identity struct {
	pair *tls.KeyPair
	hash [32]byte
}

var identities sync.Map

func identityOf(t testing.TB, scheme tls.SignatureScheme) identity {
	t.Helper()
	if id, ok := identities.Load(scheme); ok {
		return id.(identity)
	}
	now := time.Now()
	caCert, caKey, err := tls.IssueCA(scheme, "SMP server CA", "SimpleX", now)
	check(t, err)
	ca, err := tls.ParseKeyPair(caCert, caKey)
	check(t, err)
	cert, key, err := tls.IssueLeaf(ca, scheme, "localhost", now)
	check(t, err)
	pair, err := tls.ParseKeyPair(append(cert, caCert...), key)
	check(t, err)
	id := identity{pair, tls.Fingerprint(ca.Chain[0])}
	identities.Store(scheme, id)
	return id
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fixture is a router with a store in a temporary directory.
type fixture struct {
	*Router
	t       testing.TB
	path    string // of the bodies
	address smp.ServerAddress
}

type options struct {
	config  func(*Config)
	prepare func(*Router) // before it runs
	quota   int64
	scheme  tls.SignatureScheme
	dir     string // of an earlier fixture
	memory  bool   // the records are in memory only
	disk    vfs.FS // of the records
}

func newFixture(t testing.TB, o options) *fixture {
	t.Helper()
	if o.scheme == 0 {
		o.scheme = tls.Ed25519
	}
	if o.dir == "" {
		o.dir = t.TempDir()
	}
	path := filepath.Join(o.dir, "files")
	dir, err := packets.OpenDir(path)
	check(t, err)
	records := packets.Options{Quota: o.quota, FS: o.disk}
	if o.memory {
		records.FS = vfs.NewMem()
	}
	store, err := packets.Open(context.Background(), filepath.Join(o.dir, "store"), dir, records)
	check(t, err)
	id := identityOf(t, o.scheme)
	cfg := Config{Listen: []string{"127.0.0.1:0"}, KeyPair: id.pair, Identity: id.hash, Store: store, NewFiles: true}
	if o.config != nil {
		o.config(&cfg)
	}
	r, err := New(cfg)
	check(t, err)
	if o.prepare != nil {
		o.prepare(r)
	}
	ended := make(chan error, 1)
	go func() { ended <- r.Run() }()
	<-r.Ready()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		check(t, r.Stop(ctx))
		check(t, <-ended)
		check(t, store.Close())
		check(t, dir.Close())
	})
	_, port, _ := net.SplitHostPort(r.Addrs()[0].String())
	return &fixture{Router: r, t: t, path: path, address: smp.ServerAddress{
		Scheme: smp.SchemeXFTP, KeyHash: id.hash, Hosts: []string{"127.0.0.1"}, Port: port,
	}}
}

func (f *fixture) dial() *client.Conn {
	f.t.Helper()
	c, err := client.Dial(context.Background(), client.Config{Address: f.address})
	check(f.t, err)
	f.t.Cleanup(func() { c.Close() })
	return c
}

func newKey(t testing.TB) *box.PrivateKey {
	t.Helper()
	k, err := box.GenerateKey(box.Ed25519, rand.Reader)
	check(t, err)
	return k
}

// upload is a packet and all its keys and IDs.
type packet struct {
	body    []byte
	digest  []byte
	sender  *box.PrivateKey
	id      []byte
	readers []*box.PrivateKey
	readIDs [][]byte
}

var ctx = context.Background()

// create makes the record of a packet of random bytes.
func (f *fixture) create(c *client.Conn, size uint32, readers int) *packet {
	f.t.Helper()
	p := &packet{body: make([]byte, size), sender: newKey(f.t)}
	rand.Read(p.body)
	sum := sha256.Sum256(p.body)
	p.digest = sum[:]
	var keys []box.PublicKey
	for range readers {
		k := newKey(f.t)
		p.readers, keys = append(p.readers, k), append(keys, k.Public())
	}
	var err error
	p.id, p.readIDs, err = c.Create(ctx, p.sender, client.Packet{Size: size, Digest: p.digest, Recipients: keys})
	check(f.t, err)
	return p
}

func (p *packet) upload(c *client.Conn) error {
	return c.Upload(ctx, p.sender, p.id, bytes.NewReader(p.body), uint32(len(p.body)))
}

func (p *packet) download(c *client.Conn, reader int) error {
	var b bytes.Buffer
	err := c.Download(ctx, p.readers[reader], p.readIDs[reader], uint32(len(p.body)), p.digest, &b)
	if err == nil && !bytes.Equal(b.Bytes(), p.body) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (f *fixture) stored(c *client.Conn, size uint32, readers int) *packet {
	f.t.Helper()
	p := f.create(c, size, readers)
	check(f.t, p.upload(c))
	return p
}

// wants fails the test unless err is the protocol error.
func wants(t testing.TB, what string, err error, want xftp.Error) {
	t.Helper()
	if err == nil || err.Error() != want.Error() {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// onDisk counts the bodies, and the uploads under way.
func (f *fixture) onDisk() (bodies, uploads int) {
	f.t.Helper()
	entries, err := os.ReadDir(f.path)
	check(f.t, err)
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			bodies++
		}
	}
	begun, err := os.ReadDir(filepath.Join(f.path, ".uploads"))
	check(f.t, err)
	return bodies, len(begun)
}

// files lists the bodies, and fails the test when an upload has left something.
func (f *fixture) files() (names []string) {
	f.t.Helper()
	entries, err := os.ReadDir(f.path)
	check(f.t, err)
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	left, err := os.ReadDir(filepath.Join(f.path, ".uploads"))
	check(f.t, err)
	if len(left) > 0 {
		f.t.Errorf("%d uploads are left", len(left))
	}
	return names
}

// wire speaks HTTP/2 with whatever blocks a test makes.
type wire struct {
	t         testing.TB
	conn      net.Conn
	h2        *http2.ClientConn
	sessionID []byte
}

// dialWire connects without a hello; protocols may be empty.
func (f *fixture) dialWire(protocols ...string) *wire {
	f.t.Helper()
	raw, err := net.Dial("tcp", f.Addrs()[0].String())
	check(f.t, err)
	conn := tls.Client(raw, &tls.Config{ALPN: protocols, VerifyPeer: func([][]byte) error { return nil }})
	check(f.t, conn.Handshake(ctx))
	return f.wire(conn, conn.SessionID())
}

// dialWeb connects as a browser does.
func (f *fixture) dialWeb(protocols ...string) *wire {
	f.t.Helper()
	conn, err := stdtls.Dial("tcp", f.Addrs()[0].String(),
		&stdtls.Config{ServerName: "localhost", NextProtos: protocols, InsecureSkipVerify: true})
	check(f.t, err)
	return f.wire(conn, nil)
}

func (f *fixture) wire(conn net.Conn, sessionID []byte) *wire {
	f.t.Helper()
	h2, err := (&http2.Transport{DisableCompression: true}).NewClientConn(conn)
	check(f.t, err)
	f.t.Cleanup(func() { conn.Close() })
	return &wire{f.t, conn, h2, sessionID}
}

// do sends a request and returns the whole response; a nil body ends with the headers.
func (w *wire) do(method string, body []byte, header ...string) (*http.Response, []byte) {
	w.t.Helper()
	q, err := http.NewRequest(method, "https://localhost/", bytes.NewReader(body))
	check(w.t, err)
	for i := 0; i < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	response, err := w.h2.RoundTrip(q)
	check(w.t, err)
	defer response.Body.Close()
	all, err := io.ReadAll(response.Body)
	check(w.t, err)
	if response.StatusCode != http.StatusOK && method != http.MethodGet {
		w.t.Errorf("status %d", response.StatusCode)
	}
	return response, all
}

func (w *wire) post(body []byte, header ...string) []byte {
	w.t.Helper()
	_, all := w.do(http.MethodPost, body, header...)
	return all
}

// greet does the whole hello.
func (w *wire) greet(f *fixture, version xftp.Version) xftp.ServerHello {
	w.t.Helper()
	h, ok := xftp.ParseServerHello(w.post(nil))
	if !ok {
		w.t.Fatal("no hello")
	}
	answer, err := xftp.AppendClientHello(nil, version, &f.cfg.Identity)
	check(w.t, err)
	if rest := w.post(answer); len(rest) > 0 {
		w.t.Fatalf("the hello is answered with %q", rest[:20])
	}
	return h
}

// block makes a request; key nil sends no authorization.
func (w *wire) block(key *box.PrivateKey, entity []byte, command string) []byte {
	w.t.Helper()
	signed := xftp.AppendSigned(nil, w.sessionID, []byte("corr"), entity, []byte(command))
	var auth []byte
	var err error
	if key != nil {
		auth, err = xftp.AppendAuthorization(nil, key, nil, signed, nil)
		check(w.t, err)
	}
	b, err := xftp.AppendBlock(nil, auth, signed)
	check(w.t, err)
	return b
}

// answer is the response in a block.
func answer(t testing.TB, block []byte) string {
	t.Helper()
	tr, ok := xftp.ParseBlock(block[:min(len(block), xftp.BlockSize)])
	if !ok {
		t.Fatalf("no response block in %d bytes", len(block))
	}
	return string(tr.Command)
}

func bare(t testing.TB, block []byte) string {
	t.Helper()
	b, err := box.Unpad(block)
	if err != nil || len(block) != xftp.BlockSize {
		t.Fatalf("%d bytes, %v", len(block), err)
	}
	return string(b)
}

// stuck is a body that gives head and then nothing until it is released.
type stuck struct {
	head     []byte
	released chan struct{}
}

func (s *stuck) Read(p []byte) (int, error) {
	if len(s.head) == 0 {
		<-s.released
		return 0, io.EOF
	}
	n := copy(p, s.head)
	s.head = s.head[n:]
	return n, nil
}
