package router

import (
	"bytes"
	"crypto/rand"
	"net/http"
	"slices"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"switchyard/xftp"
)

// orders are the frames by which implementations of HTTP/2 send one and the same request. Each sends all of it.
var orders = []struct {
	name string
	send func(c *framed, method string, body []byte) (id uint32)
}{
	{"END_STREAM with the last DATA", func(c *framed, method string, body []byte) uint32 {
		id := c.open(method, len(body) == 0)
		c.pieces(id, body, 16384, true)
		return id
	}},
	{"END_STREAM in an empty DATA", func(c *framed, method string, body []byte) uint32 {
		id := c.open(method, false)
		c.pieces(id, body, 16384, false)
		c.end(id)
		return id
	}},
	{"END_STREAM later", func(c *framed, method string, body []byte) uint32 {
		id := c.open(method, false)
		c.pieces(id, body, 16384, false)
		c.ping() // the router has all but the end
		c.ping()
		c.end(id)
		return id
	}},
	{"trailers", func(c *framed, method string, body []byte) uint32 {
		id := c.open(method, false)
		c.pieces(id, body, 16384, false)
		c.block.Reset()
		check(c.t, c.fields.WriteField(hpack.HeaderField{Name: "x-trailer", Value: "late"}))
		check(c.t, c.frames.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: c.block.Bytes(), EndHeaders: true, EndStream: true}))
		c.streams[id].weEnded = true
		return id
	}},
	{"HEADERS in parts", func(c *framed, method string, body []byte) uint32 {
		id, fields := c.next(), c.headers(method, hpack.HeaderField{Name: "x-fill", Value: "some more of them"})
		check(c.t, c.frames.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: fields[:1], EndStream: len(body) == 0}))
		check(c.t, c.frames.WriteContinuation(id, false, fields[1:3]))
		check(c.t, c.frames.WriteContinuation(id, false, nil))
		check(c.t, c.frames.WriteContinuation(id, true, fields[3:]))
		c.streams[id].weEnded = len(body) == 0
		c.pieces(id, body, 16384, true)
		return id
	}},
	{"DATA of one byte", func(c *framed, method string, body []byte) uint32 {
		id := c.open(method, false)
		c.pieces(id, body[:min(len(body), 1000)], 1, false)
		c.pieces(id, body[min(len(body), 1000):], 16384, false)
		c.end(id)
		return id
	}},
	{"DATA that cuts the block anywhere", func(c *framed, method string, body []byte) uint32 {
		id := c.open(method, len(body) == 0)
		c.pieces(id, body, 9999, true)
		return id
	}},
	{"large DATA", func(c *framed, method string, body []byte) uint32 {
		id := c.open(method, len(body) == 0)
		c.pieces(id, body, maxReadFrame, true)
		return id
	}},
	{"padded DATA", func(c *framed, method string, body []byte) uint32 {
		id := c.open(method, false)
		for piece := range slices.Chunk(body, 16000) {
			for s := c.streams[id]; min(s.credit, c.credit) < int64(len(piece)+256); {
				c.pump()
			}
			c.spend(id, len(piece)+256)
			check(c.t, c.frames.WriteDataPadded(id, false, piece, make([]byte, 255)))
		}
		c.end(id)
		return id
	}},
	{"empty DATA between", func(c *framed, method string, body []byte) uint32 {
		id := c.open(method, false)
		c.data(id, nil, false)
		for piece := range slices.Chunk(body, 16384) {
			c.data(id, piece, false)
			c.data(id, nil, false)
		}
		c.end(id)
		return id
	}},
	{"PING, PRIORITY and frames of the future between", func(c *framed, method string, body []byte) uint32 {
		id := c.open(method, false)
		for piece := range slices.Chunk(body, 5000) {
			c.data(id, piece, false)
			c.ping()
			check(c.t, c.frames.WritePriority(id, http2.PriorityParam{Weight: 200}))
			check(c.t, c.frames.WriteRawFrame(0xbe, 0xff, id, []byte("grease")))
		}
		check(c.t, c.frames.WriteSettings(http2.Setting{ID: 0x0a0a, Val: 1}))
		c.end(id)
		return id
	}},
	{"without credit at first", func(c *framed, method string, body []byte) uint32 {
		c.stingy = true
		check(c.t, c.frames.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0}))
		id := c.open(method, false)
		c.pieces(id, body, 16384, false)
		c.end(id)
		c.ping()
		check(c.t, c.frames.WriteWindowUpdate(id, 1))
		c.ping()
		check(c.t, c.frames.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 20}))
		return id
	}},
}

// pieces sends a body in DATA frames of a size; end ends the stream with the last of them.
func (c *framed) pieces(id uint32, body []byte, size int, end bool) {
	c.t.Helper()
	for len(body) > 0 {
		n := min(size, len(body))
		c.data(id, body[:n], end && n == len(body))
		body = body[n:]
	}
}

// TestOrdersOfFrames: in whatever frames a request comes, it has the same answer, and nothing comes beside it.
func TestOrdersOfFrames(t *testing.T) {
	const quota = 3 * xftp.Size64K
	f := newFixture(t, options{quota: quota})
	native := f.dial()
	uploaded, body := f.stored(native, xftp.Size64K, 1), make([]byte, xftp.Size64K)
	rand.Read(body)
	fget := string(xftp.AppendCommand(nil, &xftp.Command{Tag: xftp.FGET, DHKey: [32]byte{9}}))
	for _, order := range orders {
		t.Run(order.name, func(t *testing.T) {
			if got := len(f.dialOrdered(t, "h2", order.send, "POST", make([]byte, xftp.BlockSize))); got > 0 {
				t.Errorf("h2 without SNI: %d bytes", got)
			}
			refused := f.dialOrdered(t, xftp.ALPN, order.send, "POST", make([]byte, xftp.BlockSize))
			if got := bare(t, refused); got != "HANDSHAKE" {
				t.Errorf("a command first: %s", got)
			}
			c := f.dialFramed(xftp.ALPN)
			c.t = t
			h, ok := xftp.ParseServerHello(c.answered(order.send(c, "POST", nil), "200"))
			if !ok {
				t.Fatal("no hello")
			}
			c.sessionID = h.SessionID
			hello, err := xftp.AppendClientHello(nil, xftp.CurrentVersion, &f.cfg.Identity)
			check(t, err)
			if rest := c.answered(order.send(c, "POST", hello), "200"); len(rest) > 0 {
				t.Errorf("the hello is answered with %d bytes", len(rest))
			}
			fresh := f.create(native, xftp.Size64K, 1)
			second := f.stored(native, xftp.Size64K, 1)
			for _, test := range []struct {
				name string
				body []byte
				want string
			}{
				{"command", c.wire.block(nil, nil, "PING"), "PONG"},
				{"command and more", append(c.wire.block(nil, nil, "PING"), body...), "PONG"},
				{"refused command", c.wire.block(newKey(t), fresh.id, "FDEL"), "ERR AUTH"},
				{"no command", []byte("short"), "ERR BLOCK"},
				{"upload that is refused", append(c.wire.block(newKey(t), fresh.id, "FPUT"), body...), "ERR AUTH"},
				{"upload that is too short", append(c.wire.block(fresh.sender, fresh.id, "FPUT"), body[1:]...), "ERR SIZE"},
				{"upload that is too long", append(c.wire.block(fresh.sender, fresh.id, "FPUT"), append(body, body...)...), "ERR SIZE"},
				{"upload of other bytes", append(c.wire.block(fresh.sender, fresh.id, "FPUT"), body...), "ERR DIGEST"},
				{"upload", append(c.wire.block(fresh.sender, fresh.id, "FPUT"), fresh.body...), "OK"},
				{"upload again", append(c.wire.block(fresh.sender, fresh.id, "FPUT"), body...), "OK"},
			} {
				if got := answer(t, c.answered(order.send(c, "POST", test.body), "200")); got != test.want {
					t.Errorf("%s: %s, want %s", test.name, got, test.want)
				}
			}
			full := f.create(native, xftp.Size64K, 1)
			if got := answer(t, c.answered(order.send(c, "POST", append(c.wire.block(full.sender, full.id, "FPUT"), full.body...)), "200")); got != "ERR QUOTA" {
				t.Errorf("upload beyond the quota: %s", got)
			}
			download := c.answered(order.send(c, "POST", c.wire.block(uploaded.readers[0], uploaded.readIDs[0], fget)), "200")
			if len(download) != xftp.BlockSize+xftp.Size64K+16 {
				t.Errorf("download: %d bytes", len(download))
			}
			check(t, native.Delete(ctx, fresh.sender, fresh.id))
			check(t, native.Delete(ctx, second.sender, second.id))
			if used := f.store.Usage().Bytes; used != xftp.Size64K {
				t.Errorf("%d bytes are accounted for", used)
			}
		})
	}
}

// dialOrdered sends one request over a connection of its own.
func (f *fixture) dialOrdered(t *testing.T, protocol string, send func(*framed, string, []byte) uint32, method string, body []byte) []byte {
	t.Helper()
	c := f.dialFramed(protocol)
	c.t = t
	return c.answered(send(c, method, body), "200")
}

// TestOrdersOfBrowsers: the same for what browsers ask for: pages, preflights, and the hello.
func TestOrdersOfBrowsers(t *testing.T) {
	page := bytes.Repeat([]byte("page "), 20_000)
	f := newWebFixture(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { w.Write(page) }))
	without := newWebFixture(t, nil)
	challenge, err := xftp.AppendChallenge(nil, make([]byte, xftp.ChallengeSize))
	check(t, err)
	for _, order := range orders {
		t.Run(order.name, func(t *testing.T) {
			c := f.dialFramedWeb()
			c.t = t
			body := make([]byte, xftp.BlockSize+100)
			if got := c.answered(order.send(c, http.MethodGet, body), "200"); !bytes.Equal(got, page) {
				t.Errorf("page of %d bytes, want %d", len(got), len(page))
			}
			if got := c.answered(order.send(c, http.MethodGet, nil), "200"); !bytes.Equal(got, page) {
				t.Errorf("page of %d bytes, want %d", len(got), len(page))
			}
			if got := c.answered(order.send(c, http.MethodHead, body), "200"); len(got) > 0 {
				t.Errorf("HEAD: %d bytes", len(got))
			}
			if got := c.answered(order.send(c, http.MethodOptions, body), "200"); len(got) > 0 {
				t.Errorf("OPTIONS: %d bytes", len(got))
			}
			if got := c.answered(order.send(c, http.MethodPost, body), "200"); len(got) != xftp.BlockSize {
				t.Errorf("refusal of %d bytes", len(got))
			}
			if got := c.answered(order.send(c, http.MethodPost, challenge), "200"); len(got) != xftp.BlockSize {
				t.Errorf("hello of %d bytes", len(got))
			}
			c = without.dialFramedWeb()
			c.t = t
			c.answered(order.send(c, http.MethodGet, body), "404")
		})
	}
}
