package tls

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// opensslName is the name of a suite or group in the options of the openssl program.
var opensslName = map[any]string{
	ChaCha20Poly1305SHA256: "TLS_CHACHA20_POLY1305_SHA256",
	AES128GCMSHA256:        "TLS_AES_128_GCM_SHA256",
	AES256GCMSHA384:        "TLS_AES_256_GCM_SHA384",
	X25519:                 "X25519",
	X448:                   "X448",
}

func opensslGroups(groups []Group) string {
	var names []string
	for _, g := range groups {
		names = append(names, opensslName[g])
	}
	return strings.Join(names, ":")
}

// files are certificates and keys for the openssl program.
type files struct {
	dir string
	t   *testing.T
}

func (f files) write(name string, content []byte) string {
	path := filepath.Join(f.dir, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		f.t.Fatal(err)
	}
	return path
}

// openssl is a running openssl program. Its output is kept, and can be waited for.
type openssl struct {
	t     *testing.T
	stdin io.WriteCloser
	msgs  string // where -msg writes

	mu     sync.Mutex
	grown  *sync.Cond
	stdout []byte
	stderr bytes.Buffer
	ended  bool
}

func opensslProgram(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("openssl")
	if err != nil {
		t.Fatal("these tests need the openssl program (Debian: apt install openssl): ", err)
	}
	return path
}

func startOpenSSL(t *testing.T, args ...string) *openssl {
	t.Helper()
	o := &openssl{t: t, msgs: filepath.Join(t.TempDir(), "messages")}
	o.grown = sync.NewCond(&o.mu)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	cmd := exec.CommandContext(ctx, opensslProgram(t), append(args, "-msg", "-msgfile", o.msgs)...)
	var err error
	o.stdin, err = cmd.StdinPipe()
	must(err)
	stdout, err := cmd.StdoutPipe()
	must(err)
	cmd.Stderr = &o.stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go o.collect(stdout, read)
	t.Cleanup(func() {
		o.stdin.Close()
		cancel()
		<-read
		cmd.Wait()
		if t.Failed() {
			t.Logf("openssl %s\n%.2000s\n%.2000s", strings.Join(args, " "), o.stderr.Bytes(), o.stdout)
		}
	})
	return o
}

func (o *openssl) collect(stdout io.Reader, read chan struct{}) {
	buf := make([]byte, 64<<10)
	for {
		n, err := stdout.Read(buf)
		o.mu.Lock()
		o.stdout = append(o.stdout, buf[:n]...)
		o.ended = err != nil
		o.grown.Broadcast()
		o.mu.Unlock()
		if err != nil {
			close(read)
			return
		}
	}
}

// await waits until pattern stands in the output, and returns its first group.
func (o *openssl) await(pattern string) string {
	o.t.Helper()
	re := regexp.MustCompile(pattern)
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		if m := re.FindSubmatch(o.stdout); m != nil {
			return string(m[len(m)-1])
		}
		if o.ended {
			o.t.Fatalf("openssl ended without %q", pattern)
		}
		o.grown.Wait()
	}
}

// awaitData waits until data stands in the output.
func (o *openssl) awaitData(data []byte) {
	o.t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	for !bytes.Contains(ofPayload(o.stdout), data) {
		if o.ended {
			o.t.Fatalf("openssl ended with %d bytes of output, without the data", len(o.stdout))
		}
		o.grown.Wait()
	}
}

func (o *openssl) input(line string) {
	if _, err := io.WriteString(o.stdin, line); err != nil {
		o.t.Error(err)
	}
}

// clientFinished is the verify_data of the client's Finished as openssl saw it.
func (o *openssl) clientFinished(direction string) []byte {
	o.t.Helper()
	text, err := os.ReadFile(o.msgs)
	if err != nil {
		o.t.Fatal(err)
	}
	m := regexp.MustCompile(direction + ` TLS 1\.3, Handshake \[length [0-9a-f]+\], Finished\n((?:    .*\n)+)`).FindSubmatch(text)
	if m == nil {
		o.t.Fatalf("openssl printed no Finished:\n%.3000s", text)
	}
	message, err := hex.DecodeString(strings.Join(strings.Fields(string(m[1])), ""))
	if err != nil {
		o.t.Fatal(err)
	}
	return message[messageHeader:]
}

// interop is a case for both roles.
type interop struct {
	name           string
	scheme         SignatureScheme
	suite          CipherSuite
	client, server []Group
	clientCert     SignatureScheme // 0: none
	groups         Group           // expected
}

func interopCases() []interop {
	var cases []interop
	add := func(scheme SignatureScheme, suite CipherSuite, client, server []Group, clientCert SignatureScheme, group Group) {
		name := strings.Join([]string{schemeName[scheme], opensslName[suite], opensslGroups(client), opensslGroups(server)}, ",")
		if clientCert != 0 {
			name += ",client " + schemeName[clientCert]
		}
		cases = append(cases, interop{name, scheme, suite, client, server, clientCert, group})
	}
	for _, scheme := range signatureSchemes {
		for _, suite := range defaultSuites {
			for _, group := range defaultGroups {
				add(scheme, suite, []Group{group}, []Group{group}, 0, group)
			}
		}
	}
	both := []Group{X25519, X448}
	for _, suite := range defaultSuites { // HelloRetryRequest
		add(Ed25519, suite, both, []Group{X448}, 0, X448)
	}
	add(Ed448, ChaCha20Poly1305SHA256, []Group{X448, X25519}, []Group{X25519}, Ed25519, X25519)
	for _, clientCert := range signatureSchemes {
		add(Ed25519, ChaCha20Poly1305SHA256, []Group{X448}, []Group{X448, X25519}, clientCert, X448)
	}
	return cases
}

var schemeName = map[SignatureScheme]string{Ed25519: "Ed25519", Ed448: "Ed448"}

// payload is 1 MiB that openssl takes for no command: those are letters at the start of what it reads.
func payload(mark byte) []byte {
	b := bytes.Repeat([]byte("0123456789012345678901234567890"), 1<<20/31+1)[:1<<20]
	b[0], b[len(b)-1] = mark, mark
	return b
}

// ofPayload is output without what openssl says of itself in between, and flushes late.
func ofPayload(output []byte) []byte {
	for _, line := range []string{"SSL_do_handshake -> 1\n", "Read BLOCK\n", "Write BLOCK\n", "KEYUPDATE\n"} {
		output = bytes.ReplaceAll(output, []byte(line), nil)
	}
	return output
}

// check compares what was negotiated with what was wanted, and the session identifier with what openssl saw.
func (test interop) check(t *testing.T, conn *NetConn, finished []byte) {
	t.Helper()
	if conn.CipherSuite() != test.suite || conn.Group() != test.groups {
		t.Errorf("negotiated %x, %x", conn.CipherSuite(), conn.Group())
	}
	if protocol, ok := conn.NegotiatedALPN(); protocol != "smp/1" || !ok {
		t.Errorf("ALPN %q, %v", protocol, ok)
	}
	if !bytes.Equal(conn.SessionID(), finished) || len(finished) < 32 {
		t.Errorf("session identifier %x, Finished %x", conn.SessionID(), finished)
	}
}

// TestOpenSSLClient is our server with openssl s_client.
func TestOpenSSLClient(t *testing.T) {
	for _, test := range interopCases() {
		t.Run(test.name, func(t *testing.T) { testOpenSSLClient(t, test) })
	}
}

func testOpenSSLClient(t *testing.T, test interop) {
	f := files{t.TempDir(), t}
	r := routers()[test.scheme]
	config := serverConfig(test.scheme)
	config.ALPN, config.RequestClientCert, config.Groups = []string{"smp/1", "h2"}, true, test.server
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	defer listener.Close()
	args := []string{"s_client", "-connect", listener.Addr().String(), "-tls1_3", "-groups", opensslGroups(test.client),
		"-ciphersuites", opensslName[test.suite], "-alpn", "h3,smp/1", "-servername", "smp.example.org",
		"-CAfile", f.write("ca.crt", r.caPEM), "-verify_return_error", "-attime", "1893564245"}
	if test.clientCert != 0 {
		client := routers()[test.clientCert]
		args = append(args, "-cert", f.write("client.crt", client.leafPEM), "-key", f.write("client.key", client.leafKeyPEM),
			"-cert_chain", f.write("chain.crt", client.caPEM))
	}
	o := startOpenSSL(t, args...)
	raw, err := listener.Accept()
	must(err)
	conn := Server(raw, config)
	defer conn.Close()
	if err := conn.Handshake(t.Context()); err != nil {
		t.Fatal(err)
	}
	if test.clientCert != 0 && !bytes.Equal(bytes.Join(conn.PeerChain(), nil), bytes.Join(routers()[test.clientCert].leaf.Chain, nil)) {
		t.Errorf("client's chain has %d certificates", len(conn.PeerChain()))
	}
	if conn.ServerName() != "smp.example.org" {
		t.Errorf("server name %q", conn.ServerName())
	}
	talk(t, o, conn)
	test.check(t, conn, o.clientFinished(">>>"))
}

// TestOpenSSLServer is our client with openssl s_server.
func TestOpenSSLServer(t *testing.T) {
	for _, test := range interopCases() {
		t.Run(test.name, func(t *testing.T) { testOpenSSLServer(t, test) })
	}
}

func testOpenSSLServer(t *testing.T, test interop) {
	f := files{t.TempDir(), t}
	r := routers()[test.scheme]
	config := clientConfig(test.scheme)
	config.ALPN, config.Groups, config.ServerName = []string{"h3", "smp/1"}, test.client, "localhost"
	config.CipherSuites = []CipherSuite{test.suite}
	args := []string{"s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-tls1_3", "-groups", opensslGroups(test.server),
		"-cert", f.write("server.crt", r.leafPEM), "-key", f.write("server.key", r.leafKeyPEM),
		"-cert_chain", f.write("ca.crt", r.caPEM), "-alpn", "smp/1,h2", "-attime", "1893564245"}
	if test.clientCert != 0 {
		client := routers()[test.clientCert]
		config.Certificates = []*KeyPair{client.leaf}
		args = append(args, "-Verify", "2", "-verify_return_error", "-CAfile", f.write("client-ca.crt", client.caPEM),
			"-purpose", "any")
	}
	o := startOpenSSL(t, args...)
	raw, err := net.Dial("tcp", o.await(`ACCEPT (\S+)\n`))
	must(err)
	conn := Client(raw, config)
	defer conn.Close()
	if err := conn.Handshake(t.Context()); err != nil {
		t.Fatal(err)
	}
	talk(t, o, conn)
	test.check(t, conn, o.clientFinished("<<<"))
}

// talk sends 1 MiB each way, updates the keys of each side, asked and unasked, and sends 1 MiB again.
func talk(t *testing.T, o *openssl, conn *NetConn) {
	t.Helper()
	both(t, o, conn)
	in, out := conn.tls.in.secret, conn.tls.out.secret
	updated := func(what string, old *[maxHashLen]byte, now *[maxHashLen]byte, want bool) {
		t.Helper()
		if (*old != *now) != want {
			t.Errorf("%s: key updated: %v", what, !want)
		}
		*old = *now
	}
	// openssl says k: its own key; K: ours too. What it sends next is under its new key.
	for _, command := range []string{"k\n", "K\n"} {
		o.input(command)
		readUntilUpdate(t, conn, in)
		updated(command+" in", &in, &conn.tls.in.secret, true)
		both(t, o, conn)
		updated(command+" out", &out, &conn.tls.out.secret, command == "K\n")
	}
	for _, request := range []bool{false, true} {
		if err := conn.KeyUpdate(request); err != nil {
			t.Fatal(err)
		}
		updated("out", &out, &conn.tls.out.secret, true)
		both(t, o, conn)
		updated("in", &in, &conn.tls.in.secret, request)
	}
}

// readUntilUpdate reads records without data until the key has changed.
func readUntilUpdate(t *testing.T, conn *NetConn, old [maxHashLen]byte) {
	t.Helper()
	conn.reading.Lock()
	defer conn.reading.Unlock()
	for conn.tls.in.secret == old {
		record, err := conn.readRecord()
		if err != nil {
			t.Fatal(err)
		}
		if data, err := conn.open(record); err != nil || len(data) > 0 {
			t.Fatalf("%d bytes, %v", len(data), err)
		}
	}
}

// both sends 1 MiB each way at once.
func both(t *testing.T, o *openssl, conn *NetConn) {
	t.Helper()
	ours, theirs := payload('<'), payload('>')
	var wg sync.WaitGroup
	wg.Go(func() { o.input(string(theirs)) })
	wg.Go(func() {
		if _, err := conn.Write(ours); err != nil {
			t.Error(err)
		}
	})
	got := make([]byte, len(theirs))
	_, err := io.ReadFull(conn, got)
	wg.Wait()
	if err != nil || !bytes.Equal(got, theirs) {
		t.Fatalf("data of openssl: %v", err)
	}
	o.awaitData(ours)
	o.mu.Lock()
	o.stdout = nil
	o.mu.Unlock()
}

// TestOpenSSLOld: a client that speaks TLS 1.2 at best is told so.
func TestOpenSSLOld(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	defer listener.Close()
	o := startOpenSSL(t, "s_client", "-connect", listener.Addr().String(), "-tls1_2")
	raw, err := listener.Accept()
	must(err)
	conn := Server(raw, serverConfig(Ed25519))
	wantAlert(t, conn.Handshake(t.Context()), AlertProtocolVersion)
	conn.Close()
	o.await("no peer certificate available")
}
