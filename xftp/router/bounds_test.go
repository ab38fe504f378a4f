package router

import (
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"switchyard/xftp"
)

// TestLargeFields: header fields beyond maxHeader are refused while they come, and the rest of them is not kept.
func TestLargeFields(t *testing.T) {
	f := newFixture(t, options{})
	c := f.dialFramed(xftp.ALPN)
	c.greet(f)
	field := func(n int) hpack.HeaderField {
		return hpack.HeaderField{Name: "x-large", Value: strings.Repeat("~", n), Sensitive: true} // has no shorter code
	}
	c.answered(c.open(http.MethodPost, true, field(maxHeader/2)), "200")
	c.answered(c.open(http.MethodPost, true, field(maxHeader/2), field(maxHeader/2+1000)), "431")
	for code, more := range map[http2.ErrCode][]hpack.HeaderField{
		http2.ErrCodeCompression: {field(100_000)},
		http2.ErrCodeProtocol:    slices.Repeat([]hpack.HeaderField{field(10_000)}, 10),
	} {
		c := f.dialFramed(xftp.ALPN)
		c.greet(f)
		id, fields := c.next(), c.headers(http.MethodPost, more...)
		check(t, c.frames.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: fields[:16384]}))
		for piece := range slices.Chunk(fields[16384:], 16384) {
			c.frames.WriteContinuation(id, false, piece) // fails when the router has closed the connection
		}
		for c.read() {
		}
		if want := fmt.Sprintf("[GOAWAY %d %v]", id, code); fmt.Sprint(c.other) != want {
			t.Errorf("the router says %v, want %s", c.other, want)
		}
	}
}

// TestMemoryOfOneConnection: what the requests of one connection hold that do not go on is bounded, for each kind of them.
func TestMemoryOfOneConnection(t *testing.T) {
	const limit = 8 << 20
	f := newFixture(t, options{quota: xftp.Size64K})
	native := f.dial()
	stored, refused := f.stored(native, xftp.Size64K, 1), f.create(native, xftp.Size64K, 1)
	for name, begin := range map[string]func(c *framed){
		"heads": func(c *framed) { c.part(make([]byte, xftp.BlockSize-1)) },
		"commands and more": func(c *framed) {
			c.part(append(c.wire.block(nil, nil, "PING"), make([]byte, DefaultUploadWindow)...))
		},
		"refused uploads": func(c *framed) {
			c.part(append(c.wire.block(refused.sender, refused.id, "FPUT"), make([]byte, DefaultUploadWindow)...))
		},
		"downloads": func(c *framed) { c.fget(stored) },
	} {
		t.Run(name, func(t *testing.T) {
			c := f.dialFramed(xftp.ALPN)
			c.t = t
			c.greet(f)
			before := live()
			c.stingy = true
			check(t, c.frames.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0}))
			for range maxStreams {
				begin(c)
			}
			c.quiet()
			if n := live() - before; n > limit {
				t.Errorf("%d bytes, want no more than %d", n, limit)
			}
			c.conn.Close()
		})
	}
}

// part sends as much of a body as the router gives credit for, and no more.
func (c *framed) part(body []byte) {
	c.t.Helper()
	id := c.open(http.MethodPost, false)
	for piece := range slices.Chunk(body, 16384) {
		c.ping()
		if s := c.streams[id]; min(s.credit, c.credit) < int64(len(piece)) {
			return
		}
		c.data(id, piece, false)
	}
}

// live is the memory that is in use, with the stacks of goroutines.
func live() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // empties the pools
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
