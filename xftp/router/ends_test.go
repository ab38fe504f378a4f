package router

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"switchyard/xftp"
)

// TestAnswerComesBeforeTheRequestEnds: a client need not send a packet to hear that it is not taken. The stream stays
// open until its request ends.
func TestAnswerComesBeforeTheRequestEnds(t *testing.T) {
	f := newFixture(t, options{quota: xftp.Size64K})
	native := f.dial()
	stored, refused := f.stored(native, xftp.Size64K, 1), f.create(native, xftp.Size64K, 1)
	c := f.dialFramed(xftp.ALPN)
	c.greet(f)
	for _, test := range []struct {
		name, want string
		head       []byte
	}{
		{"command", "PONG", c.wire.block(nil, nil, "PING")},
		{"no authorization", "ERR CMD NO_AUTH", c.wire.block(nil, refused.id, "FPUT")},
		{"wrong authorization", "ERR AUTH", c.wire.block(stored.sender, refused.id, "FPUT")},
		{"quota", "ERR QUOTA", c.wire.block(refused.sender, refused.id, "FPUT")},
	} {
		id := c.open(http.MethodPost, false)
		c.data(id, test.head, false)
		c.has(id, xftp.BlockSize)
		if got := answer(t, c.streams[id].body); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
		c.quiet()
		for range xftp.Size64K / 16384 { // the router still reads, and gives credit
			c.data(id, make([]byte, 16384), false)
		}
		c.quiet()
		if c.streams[id].itEnded {
			t.Errorf("%s: the response has ended before the request", test.name)
		}
		c.end(id)
		c.answered(id, "200")
	}
}

// TestStreamsThatEndTogether: a hundred answers wait for the ends of their requests, which come in another order.
func TestStreamsThatEndTogether(t *testing.T) {
	f := newFixture(t, options{})
	c := f.dialFramed(xftp.ALPN)
	c.greet(f)
	var ids []uint32
	for range maxStreams {
		id := c.open(http.MethodPost, false)
		c.data(id, c.wire.block(nil, nil, "PING"), false)
		ids = append(ids, id)
	}
	for _, id := range ids {
		c.has(id, xftp.BlockSize)
	}
	for i := range ids {
		c.end(ids[len(ids)-1-i])
	}
	for _, id := range ids {
		if got := answer(t, c.answered(id, "200")); got != "PONG" {
			t.Errorf("stream %d: %s", id, got)
		}
	}
}

// TestRequestsWithoutEnd: the answer comes, and then the router leaves a client whose requests grow beyond maxBody.
func TestRequestsWithoutEnd(t *testing.T) {
	f := newFixture(t, options{})
	p := f.create(f.dial(), xftp.Size64K, 1)
	for _, test := range []struct{ command, want string }{{"PING", "PONG"}, {"FPUT", "ERR SIZE"}} {
		c := f.dialFramed(xftp.ALPN)
		c.greet(f)
		id := c.open(http.MethodPost, false)
		if test.command == "PING" {
			c.data(id, c.wire.block(nil, nil, test.command), false)
		} else {
			c.data(id, c.wire.block(p.sender, p.id, test.command), false)
		}
		rest := make([]byte, maxReadFrame)
		for sent := xftp.BlockSize; sent+len(rest) <= maxBody; sent += len(rest) {
			c.data(id, rest, false)
		}
		c.has(id, xftp.BlockSize)
		if got := answer(t, c.streams[id].body); got != test.want {
			t.Errorf("%s: %s, want %s", test.command, got, test.want)
		}
		c.quiet()
		c.data(id, rest, false)
		c.left(http2.ErrCodeEnhanceYourCalm)
	}
	if n := f.files(); len(n) > 0 || f.store.Usage().Bytes != 0 {
		t.Errorf("files %v, %+v", n, f.store.Usage())
	}
}

// TestSlowRequests: the router leaves clients that do not send a piece of a request in time, wherever they stop.
func TestSlowRequests(t *testing.T) {
	const pieceTimeout = 300 * time.Millisecond
	cert := webCertificate(t)
	f := newFixture(t, options{config: func(c *Config) {
		c.PieceTimeout, c.Web, c.Pages = pieceTimeout, cert, http.NotFoundHandler()
	}})
	p := f.create(f.dial(), xftp.Size64K, 1)
	hello := func() *framed { return f.dialFramed(xftp.ALPN) }
	greeted := func() *framed {
		c := f.dialFramed(xftp.ALPN)
		c.greet(f)
		return c
	}
	for _, test := range []struct {
		name   string
		dial   func() *framed
		method string
		send   func(c *framed) []byte
		want   string // the answer before that
	}{
		{"nothing of a hello", hello, "POST", func(*framed) []byte { return nil }, ""},
		{"a byte of a hello", hello, "POST", func(*framed) []byte { return []byte("x") }, ""},
		{"a command but its last byte", greeted, "POST", func(c *framed) []byte { return c.wire.block(nil, nil, "PING")[1:] }, ""},
		{"a command without its end", greeted, "POST", func(c *framed) []byte { return c.wire.block(nil, nil, "PING") }, "PONG"},
		{"a refused command without its end", greeted, "POST", func(c *framed) []byte { return c.wire.block(nil, p.id, "FPUT") }, "ERR CMD NO_AUTH"},
		{"a packet in part", greeted, "POST", func(c *framed) []byte { return append(c.wire.block(p.sender, p.id, "FPUT"), 1, 2, 3) }, "ERR TIMEOUT"},
		{"a packet without its end", greeted, "POST", func(c *framed) []byte { return append(c.wire.block(p.sender, p.id, "FPUT"), p.body...) }, "ERR TIMEOUT"},
		{"h2 without SNI", func() *framed { return f.dialFramed("h2") }, "POST", func(*framed) []byte { return nil }, ""},
		{"preflight", func() *framed { return f.dialFramedWeb() }, "OPTIONS", func(*framed) []byte { return nil }, ""},
		{"page", func() *framed { return f.dialFramedWeb() }, "GET", func(*framed) []byte { return []byte("x") }, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := test.dial()
			c.t = t
			id := c.open(test.method, false)
			c.pieces(id, test.send(c), 16384, false)
			c.left(http2.ErrCodeEnhanceYourCalm)
			body := c.streams[id].body
			if got := ""; test.want != "" {
				if len(body) == xftp.BlockSize {
					got = answer(t, body)
				}
				if got != test.want {
					t.Errorf("%d bytes, %s, want %s", len(body), got, test.want)
				}
			} else if len(body) > 0 || c.streams[id].announced {
				t.Errorf("%d bytes", len(body))
			}
		})
	}
	if n := f.files(); len(n) > 0 || f.store.Usage().Bytes != 0 {
		t.Errorf("files %v, %+v", n, f.store.Usage())
	}
}

// TestSlowHeads: a hundred requests of which nothing more comes end with their connection, and hold nothing after it.
func TestSlowHeads(t *testing.T) {
	f := newFixture(t, options{config: func(c *Config) { c.PieceTimeout = 300 * time.Millisecond }})
	c := f.dialFramed(xftp.ALPN)
	c.greet(f)
	for range maxStreams {
		c.data(c.open(http.MethodPost, false), []byte("x"), false)
	}
	c.left(http2.ErrCodeEnhanceYourCalm)
	f.idle()
}

// idle waits until no connection is served any more, and nothing is sent.
func (f *fixture) idle() {
	f.t.Helper()
	f.conns.Wait()
	f.until(func() bool { return f.downloads.Load() == 0 })
}

// until waits for what nothing else tells; the test ends by its own timeout if it does not come.
func (f *fixture) until(so func() bool) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !so() {
		<-tick.C
	}
}

// fget opens a stream and asks for a packet on it.
func (c *framed) fget(p *packet) uint32 {
	c.t.Helper()
	command := xftp.AppendCommand(nil, &xftp.Command{Tag: xftp.FGET, DHKey: [32]byte{9}})
	id := c.open(http.MethodPost, false)
	c.data(id, c.wire.block(p.readers[0], p.readIDs[0], string(command)), true)
	return id
}

// TestDownloadWithoutCredit: the router leaves clients that take nothing of a response for too long, and closes its files.
func TestDownloadWithoutCredit(t *testing.T) {
	for name, settings := range map[string][]http2.Setting{
		"none":                  {{ID: http2.SettingInitialWindowSize, Val: 0}},
		"for the block":         {{ID: http2.SettingInitialWindowSize, Val: xftp.BlockSize}},
		"for a part":            {{ID: http2.SettingInitialWindowSize, Val: 50_000}},
		"of the connection":     {{ID: http2.SettingInitialWindowSize, Val: 1 << 20}},
		"but for the last byte": {{ID: http2.SettingInitialWindowSize, Val: xftp.BlockSize + xftp.Size64K + 15}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, options{config: func(c *Config) { c.PieceTimeout = 300 * time.Millisecond }})
			native := f.dial()
			p := f.stored(native, xftp.Size64K, 1)
			check(t, native.Close())
			c := f.dialFramed(xftp.ALPN)
			c.greet(f)
			check(t, c.frames.WriteSettings(settings...))
			c.stingy, c.greedy = true, name == "of the connection"
			for range 5 {
				c.fget(p)
			}
			c.left(http2.ErrCodeEnhanceYourCalm)
			f.idle()
		})
	}
}

// TestLastPieceWithoutCredit: what is written when the handler has returned has its time, too; only its stream ends.
func TestLastPieceWithoutCredit(t *testing.T) {
	page := []byte("a small page")
	cert := webCertificate(t)
	f := newFixture(t, options{config: func(c *Config) {
		c.PieceTimeout, c.Web = 300*time.Millisecond, cert
		c.Pages = http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { w.Write(page) })
	}})
	c := f.dialFramedWeb()
	check(t, c.frames.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: uint32(len(page) - 1)}))
	c.stingy = true
	id := c.open(http.MethodGet, true)
	for len(c.other) == 0 {
		c.pump()
	}
	if want := fmt.Sprintf("[RST_STREAM %d INTERNAL_ERROR]", id); fmt.Sprint(c.other) != want {
		t.Errorf("the router says %v, want %s", c.other, want)
	}
	c.ping()
}

// TestRequestsUnderWayDoNotMove: a connection on which nothing moves is closed for that, requests under way or not.
func TestRequestsUnderWayDoNotMove(t *testing.T) {
	for name, begin := range map[string]func(f *fixture, c *framed, stored, fresh *packet){
		"a head": func(f *fixture, c *framed, _, _ *packet) {
			c.data(c.open(http.MethodPost, false), []byte("x"), false)
			f.until(f.busy)
		},
		"a download": func(_ *fixture, c *framed, stored, _ *packet) {
			check(c.t, c.frames.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: xftp.BlockSize}))
			c.stingy = true
			c.has(c.fget(stored), xftp.BlockSize)
		},
		"an upload": func(f *fixture, c *framed, _, fresh *packet) {
			c.data(c.open(http.MethodPost, false), c.wire.block(fresh.sender, fresh.id, "FPUT"), false)
			f.until(func() bool {
				begun, err := os.ReadDir(filepath.Join(f.path, ".uploads"))
				check(c.t, err)
				return len(begun) > 0
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			var later atomic.Int64 // than it is
			f := newFixture(t, options{config: func(c *Config) {
				c.InactiveTTL, c.InactiveCheck = time.Hour, 10*time.Millisecond
				c.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
			}})
			native := f.dial()
			stored, fresh := f.stored(native, xftp.Size64K, 1), f.create(native, xftp.Size64K, 1)
			check(t, native.Close())
			c := f.dialFramed(xftp.ALPN)
			c.greet(f)
			f.until(func() bool { return !f.busy() })
			begin(f, c, stored, fresh)
			later.Store(int64(2 * time.Hour))
			c.left(http2.ErrCodeNo)
			f.idle()
		})
	}
}

// TestRequestsThatLie: a body of another length than its header field says is a fault of its stream alone.
func TestRequestsThatLie(t *testing.T) {
	f := newFixture(t, options{})
	c := f.dialFramed(xftp.ALPN)
	c.greet(f)
	for length, code := range map[string]http2.ErrCode{"16383": http2.ErrCodeProtocol, "16385": http2.ErrCodeInternal} {
		id := c.open(http.MethodPost, false, hpack.HeaderField{Name: "content-length", Value: length})
		c.data(id, c.wire.block(nil, nil, "PING"), true)
		for len(c.other) == 0 {
			c.pump()
		}
		c.ping()
		if want := fmt.Sprintf("[RST_STREAM %d %v]", id, code); fmt.Sprint(c.other) != want {
			t.Errorf("content-length %s: the router says %v, want %s", length, c.other, want)
		}
		c.other = nil
	}
	id := c.open(http.MethodPost, false, hpack.HeaderField{Name: "content-length", Value: "16384"})
	c.data(id, c.wire.block(nil, nil, "PING"), true)
	if got := answer(t, c.answered(id, "200")); got != "PONG" {
		t.Error(got)
	}
}
