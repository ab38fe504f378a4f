package router

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"switchyard/box"
	"switchyard/tls"
	"switchyard/xftp"
)

// The programs here are made of other implementations of HTTP/2 and TLS than ours: curl and nghttp of nghttp2 and
// OpenSSL, node of nghttp2 with a state machine of its own.

// program runs a program that `make tools` installs, and returns what it prints. It must succeed.
func program(t *testing.T, stdin []byte, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("this test needs %s; run `make tools`", name)
	}
	cmd := exec.Command(path, args...)
	cmd.Stdin = bytes.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// bridge is a connection of version 1 to the router, whose session is known before a program comes to use it: a listener
// without TLS for one client, of which all goes to the router and back.
func (f *fixture) bridge() (url string, sessionID []byte) {
	f.t.Helper()
	raw, err := net.Dial("tcp", f.Addrs()[0].String())
	check(f.t, err)
	conn := tls.Client(raw, &tls.Config{VerifyPeer: func([][]byte) error { return nil }})
	check(f.t, conn.Handshake(ctx))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(f.t, err)
	f.t.Cleanup(func() {
		l.Close()
		conn.Close()
	})
	go func() {
		plain, err := l.Accept()
		l.Close()
		if err != nil {
			return
		}
		go func() {
			io.Copy(plain, conn)
			plain.Close()
		}()
		io.Copy(conn, plain)
		conn.Close()
	}()
	return "http://" + l.Addr().String() + "/", conn.SessionID()
}

// work is a command for a program: what it sends, and what is to come of it.
type work struct {
	name   string
	key    *box.PrivateKey
	entity []byte
	text   string // the command
	body   []byte // behind the block
	want   string // answer
	more   int    // bytes behind its block
}

// works are a good upload and download, and refusals of both, with and without a packet on its way. The quota is full
// after the upload, so they are for one program.
func (f *fixture) works() (list []work, uploaded *packet) {
	f.t.Helper()
	c := f.dial()
	defer c.Close()
	stored, fresh, refused := f.stored(c, xftp.Size64K, 1), f.create(c, xftp.Size256K, 1), f.create(c, xftp.Size256K, 1)
	fget := string(xftp.AppendCommand(nil, &xftp.Command{Tag: xftp.FGET, DHKey: [32]byte{9}}))
	long := slices.Concat(refused.body, refused.body[:100_000])
	return []work{
		{"ping", nil, nil, "PING", nil, "PONG", 0},
		{"upload", fresh.sender, fresh.id, "FPUT", fresh.body, "OK", 0},
		{"upload of what is there", fresh.sender, fresh.id, "FPUT", refused.body, "OK", 0},
		{"upload beyond the quota", refused.sender, refused.id, "FPUT", refused.body, "ERR QUOTA", 0},
		{"upload of a stranger", newKey(f.t), refused.id, "FPUT", refused.body, "ERR AUTH", 0},
		{"upload without authorization", nil, refused.id, "FPUT", long, "ERR CMD NO_AUTH", 0},
		{"download", stored.readers[0], stored.readIDs[0], fget, nil, "FILE", xftp.Size64K + 16},
		{"download of a stranger", newKey(f.t), stored.readIDs[0], fget, nil, "ERR AUTH", 0},
		{"ping with more", nil, nil, "PING", long, "PONG", 0},
	}, fresh
}

// request is what a program sends in a session.
func (w *work) request(t *testing.T, sessionID []byte) []byte {
	t.Helper()
	c := &wire{t: t, sessionID: sessionID}
	return append(c.block(w.key, w.entity, w.text), w.body...)
}

// judge judges what came.
func (w *work) judge(t *testing.T, got []byte) {
	t.Helper()
	if len(got) != xftp.BlockSize+w.more {
		t.Errorf("%s: %d bytes", w.name, len(got))
		return
	}
	if a := answer(t, got); a != w.want && !(w.more > 0 && strings.HasPrefix(a, w.want)) {
		t.Errorf("%s: %s, want %s", w.name, a, w.want)
	}
}

const stackQuota = xftp.Size64K + xftp.Size256K

// uploadedAs checks that a program's upload has arrived.
func (f *fixture) uploadedAs(p *packet) {
	f.t.Helper()
	check(f.t, p.download(f.dial(), 0))
	if used := f.store.Usage().Bytes; used != stackQuota {
		f.t.Errorf("%d bytes are stored", used)
	}
}

// TestCurl: with bodies whose length is known, and such whose end comes when it comes.
func TestCurl(t *testing.T) {
	for name, send := range map[string]string{"with its length": "--data-binary", "as a stream": "--upload-file"} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, options{quota: stackQuota})
			works, fresh := f.works()
			in, out := filepath.Join(t.TempDir(), "in"), filepath.Join(t.TempDir(), "out")
			for _, w := range works {
				url, sessionID := f.bridge()
				check(t, os.WriteFile(in, w.request(t, sessionID), 0o600))
				body := in
				if send == "--data-binary" {
					body = "@" + in
				}
				if got := program(t, nil, "curl", "--http2-prior-knowledge", "--silent", "--show-error", "--max-time", "60",
					"--request", "POST", send, body, "--output", out, "--write-out", "%{http_version} %{http_code}", url); got != "2 200" {
					t.Errorf("%s: curl prints %q", w.name, got)
				}
				got, err := os.ReadFile(out)
				check(t, err)
				w.judge(t, got)
			}
			f.uploadedAs(fresh)
		})
	}
}

// What nghttp says of frames: those that it should not receive, and the sizes of those with the response.
var (
	faultyFrame = regexp.MustCompile(`(?m)^.*(recv RST_STREAM|recv GOAWAY|\[ERROR\]|\[INVALID).*$`)
	dataFrame   = regexp.MustCompile(`recv DATA frame <length=(\d+),`)
)

// TestNghttp: with what its options change in the frames.
func TestNghttp(t *testing.T) {
	for name, flags := range map[string][]string{
		"as it is":      nil,
		"padding":       {"--padding=200"},
		"trailers":      {"--trailer", "x-trailer: late"},
		"no length":     {"--no-content-length"},
		"announced":     {"--expect-continue"},
		"small windows": {"--window-bits=10", "--connection-window-bits=16"},
		"no priorities": {"--no-dep", "--no-rfc7540-pri", "--header-table-size=0"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, options{quota: stackQuota})
			works, fresh := f.works()
			if flags != nil { // one of each kind
				works = slices.DeleteFunc(works, func(w work) bool {
					return !slices.Contains([]string{"upload", "upload beyond the quota", "download", "ping with more"}, w.name)
				})
			}
			for _, w := range works {
				url, sessionID := f.bridge()
				in := filepath.Join(t.TempDir(), "in")
				check(t, os.WriteFile(in, w.request(t, sessionID), 0o600))
				frames := program(t, nil, "nghttp", slices.Concat([]string{"--verbose", "--null-out", "--timeout=60"}, flags, []string{"--data", in, url})...)
				got := 0
				for _, m := range dataFrame.FindAllStringSubmatch(frames, -1) {
					n, err := strconv.Atoi(m[1])
					check(t, err)
					got += n
				}
				if fault := faultyFrame.FindString(frames); fault != "" || !strings.Contains(frames, ":status: 200") || got != xftp.BlockSize+w.more {
					t.Errorf("%s: %d bytes, %s\n%s", w.name, got, fault, frames)
				}
			}
			f.uploadedAs(fresh)
		})
	}
}

// TestH2load: a hundred streams at once, of each kind.
func TestH2load(t *testing.T) {
	f := newFixture(t, options{quota: stackQuota})
	works, _ := f.works()
	for _, w := range works {
		url, sessionID := f.bridge()
		in := filepath.Join(t.TempDir(), "in")
		check(t, os.WriteFile(in, w.request(t, sessionID), 0o600))
		out := program(t, nil, "h2load", "--requests=100", "--clients=1", "--max-concurrent-streams=100", "--data="+in, url)
		if !strings.Contains(out, "100 succeeded, 0 failed, 0 errored, 0 timeout") || !strings.Contains(out, "100 2xx, 0 3xx") {
			t.Errorf("%s:\n%s", w.name, out)
		}
	}
}

// TestNode: a whole client, with the hello, on TLS of OpenSSL: each end of a request, one command after the other and all
// at once.
func TestNode(t *testing.T) {
	for _, together := range []bool{false, true} {
		for end, window := range map[string]int{"last": 65535, "empty": 1000, "late": 65535} {
			t.Run(fmt.Sprintf("%s, together %v", end, together), func(t *testing.T) {
				f := newFixture(t, options{quota: stackQuota})
				works, fresh := f.works()
				if together { // what depends on the upload
					check(t, fresh.upload(f.dial()))
					works = slices.DeleteFunc(works, func(w work) bool { return w.name == "upload" })
				}
				f.node(t, works, end, window, together)
				f.uploadedAs(fresh)
			})
		}
	}
}

// node runs works by testdata/node/transfer.mjs.
func (f *fixture) node(t *testing.T, works []work, end string, window int, together bool) {
	t.Helper()
	dir := t.TempDir()
	var commands []map[string]string
	for i, w := range works {
		c := map[string]string{"entity": hex.EncodeToString(w.entity), "command": hex.EncodeToString([]byte(w.text)),
			"out": filepath.Join(dir, fmt.Sprint("out", i)), "end": end}
		if w.key != nil {
			c["key"] = base64.StdEncoding.EncodeToString(w.key.AppendPKCS8(nil))
		}
		if w.body != nil {
			c["body"] = filepath.Join(dir, fmt.Sprint("body", i))
			check(t, os.WriteFile(c["body"], w.body, 0o600))
		}
		commands = append(commands, c)
	}
	job, err := json.Marshal(map[string]any{"together": together, "window": window, "commands": commands})
	check(t, err)
	_, port, err := net.SplitHostPort(f.Addrs()[0].String())
	check(t, err)
	program(t, job, "node", "testdata/node/transfer.mjs", port, hex.EncodeToString(f.cfg.Identity[:]))
	for i, w := range works {
		got, err := os.ReadFile(filepath.Join(dir, fmt.Sprint("out", i)))
		check(t, err)
		w.judge(t, got)
	}
}

// TestCurlAsABrowser: what is asked for with a name, and without one as h2, over the TLS of OpenSSL.
func TestCurlAsABrowser(t *testing.T) {
	page := bytes.Repeat([]byte("page "), 50_000)
	f := newWebFixture(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { w.Write(page) }))
	_, port, err := net.SplitHostPort(f.Addrs()[0].String())
	check(t, err)
	dir := t.TempDir()
	body := filepath.Join(dir, "body")
	random := make([]byte, xftp.Size64K)
	rand.Read(random)
	check(t, os.WriteFile(body, random, 0o600))
	for name, test := range map[string]struct {
		url  string
		args []string
		want string
		size int
	}{
		"page":                 {"https://localhost:" + port, nil, "2 200\n", len(page)},
		"page with a body":     {"https://localhost:" + port, []string{"--request", "GET", "--upload-file", body}, "2 200\n", len(page)},
		"preflight":            {"https://localhost:" + port, []string{"--request", "OPTIONS"}, "2 200\n", 0},
		"preflight and a body": {"https://localhost:" + port, []string{"--request", "OPTIONS", "--upload-file", body}, "2 200\n", 0},
		"refusal":              {"https://localhost:" + port, []string{"--data-binary", "@" + body}, "2 200\n", xftp.BlockSize},
		"refusal as a stream":  {"https://localhost:" + port, []string{"--request", "POST", "--upload-file", body}, "2 200\n", xftp.BlockSize},
		"hello that is none":   {"https://localhost:" + port, []string{"--header", xftp.HeaderWebHello + ": 1", "--data-binary", "@" + body}, "2 200\n", xftp.BlockSize},
		"h2 without a name":    {"https://127.0.0.1:" + port, []string{"--data-binary", "@" + body}, "2 200\n", 0},
		"its stream":           {"https://127.0.0.1:" + port, []string{"--request", "POST", "--upload-file", body}, "2 200\n", 0},
	} {
		out := filepath.Join(dir, "out")
		check(t, os.WriteFile(out, nil, 0o600))
		args := slices.Concat([]string{"--http2", "--insecure", "--silent", "--show-error", "--max-time", "60", "--resolve", "localhost:" + port + ":127.0.0.1",
			"--output", out, "--write-out", `%{http_version} %{http_code}\n`}, test.args, []string{test.url})
		if got := program(t, nil, "curl", args...); got != test.want {
			t.Errorf("%s: curl prints %q", name, got)
		}
		got, err := os.ReadFile(out)
		check(t, err)
		if len(got) != test.size {
			t.Errorf("%s: %d bytes, want %d", name, len(got), test.size)
		}
	}
}
