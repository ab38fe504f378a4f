package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"slices"
	"testing"

	"golang.org/x/net/http2"

	"switchyard/box"
	"switchyard/xftp"
)

// endings are the frames by which implementations of HTTP/2 send one and the same response, and end it: each sends a
// status and a body to a request that has ended.
var endings = []struct {
	name string
	send func(r *framedRouter, id uint32, body []byte)
}{
	{"END_STREAM with the last DATA", func(r *framedRouter, id uint32, body []byte) {
		r.headers(id, "200", len(body) == 0)
		r.data(id, body, 16384, true)
	}},
	{"END_STREAM in an empty DATA", func(r *framedRouter, id uint32, body []byte) {
		r.headers(id, "200", false)
		r.data(id, body, 16384, false)
		r.end(id)
	}},
	{"END_STREAM later", func(r *framedRouter, id uint32, body []byte) {
		r.headers(id, "200", false)
		r.ping()
		r.data(id, body, 16384, false)
		r.ping() // the client has all but the end
		r.end(id)
	}},
	{"trailers", func(r *framedRouter, id uint32, body []byte) {
		r.headers(id, "200", false)
		r.data(id, body, 16384, false)
		check(r.t, r.frames.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: r.encode("x-trailer", "late"), EndHeaders: true, EndStream: true}))
	}},
	{"HEADERS in parts", func(r *framedRouter, id uint32, body []byte) {
		fields := r.encode(":status", "200", "x-fill", "some more of them")
		check(r.t, r.frames.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: fields[:1], EndStream: len(body) == 0}))
		check(r.t, r.frames.WriteContinuation(id, true, fields[1:]))
		r.data(id, body, 16384, true)
	}},
	{"announcements", func(r *framedRouter, id uint32, body []byte) {
		r.headers(id, "100", false)
		r.headers(id, "103", false)
		r.headers(id, "200", len(body) == 0)
		r.data(id, body, 16384, true)
	}},
	{"DATA of one byte", func(r *framedRouter, id uint32, body []byte) {
		r.headers(id, "200", false)
		r.data(id, body[:min(len(body), 1000)], 1, false)
		r.data(id, body[min(len(body), 1000):], 9999, false)
		r.end(id)
	}},
	{"large DATA", func(r *framedRouter, id uint32, body []byte) {
		r.headers(id, "200", len(body) == 0)
		r.data(id, body, maxFrame, true)
	}},
	{"padded and empty DATA", func(r *framedRouter, id uint32, body []byte) {
		r.headers(id, "200", false)
		for piece := range slices.Chunk(body, 16000) {
			check(r.t, r.frames.WriteDataPadded(id, false, piece, make([]byte, 255)))
			check(r.t, r.frames.WriteData(id, false, nil))
		}
		r.end(id)
	}},
	{"PING, SETTINGS and frames of the future between", func(r *framedRouter, id uint32, body []byte) {
		r.headers(id, "200", false)
		check(r.t, r.frames.WriteRawFrame(0xbe, 0xff, id, []byte("grease")))
		for piece := range slices.Chunk(body, 5000) {
			r.data(id, piece, 5000, false)
			r.ping()
			check(r.t, r.frames.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 70_000}, http2.Setting{ID: 0x0a0a, Val: 1}))
		}
		r.end(id)
	}},
	{"RST_STREAM(NO_ERROR) behind it", func(r *framedRouter, id uint32, body []byte) {
		r.headers(id, "200", len(body) == 0)
		r.data(id, body, 16384, true)
		r.reset(id, http2.ErrCodeNo)
		r.reset(id, http2.ErrCodeStreamClosed)
	}},
	{"WINDOW_UPDATE behind it", func(r *framedRouter, id uint32, body []byte) {
		r.headers(id, "200", len(body) == 0)
		r.data(id, body, 16384, true)
		r.frames.WriteWindowUpdate(id, 1000) // the client may have gone
	}},
}

// TestEndingsOfResponses: in whatever frames a router answers, and however it ends, the client has the answer, and resets
// no stream, which routers of the reference take for a fault of the connection.
func TestEndingsOfResponses(t *testing.T) {
	for _, ending := range endings {
		for _, hello := range []bool{true, false} {
			r := newFramedRouter(t)
			key, err := box.GenerateKey(box.Ed25519, rand.Reader)
			check(t, err)
			packet := make([]byte, xftp.Size64K)
			rand.Read(packet)
			digest := sha256.Sum256(packet)
			var faults []error
			r.serve(func() {
				c, err := r.dial(ctx, hello)
				if err != nil {
					faults = append(faults, err)
					r.listener.Close()
					return
				}
				defer c.Close()
				var got bytes.Buffer
				faults = append(faults, c.Ping(ctx), c.Delete(ctx, key, []byte("an ID of a file.")),
					c.Upload(ctx, key, []byte("an ID of a file."), bytes.NewReader(packet), xftp.Size64K),
					c.Download(ctx, key, []byte("an ID of a file."), xftp.Size64K, digest[:], &got), c.Ping(ctx))
				if !bytes.Equal(got.Bytes(), packet) {
					faults = append(faults, errors.New("another packet"))
				}
				if !c.Usable() {
					faults = append(faults, errors.New("the connection is not usable"))
				}
			}, func() {
				id := uint32(1)
				if hello {
					r.ended(1)
					ending.send(r, 1, r.hello())
					r.ended(3)
					ending.send(r, 3, nil)
					id = 5
				}
				r.ended(id)
				ending.send(r, id, r.answer(&xftp.Response{Tag: xftp.PONG}))
				r.ended(id + 2)
				ending.send(r, id+2, r.answer(&xftp.Response{Tag: xftp.ERR, Err: xftp.ErrAuth}))
				if uploaded := r.ended(id + 4); !bytes.HasSuffix(uploaded, packet) {
					faults = append(faults, errors.New("another packet is uploaded"))
				}
				ending.send(r, id+4, r.answer(&xftp.Response{Tag: xftp.OK}))
				response, sealed := r.packetFor(r.ended(id+6), packet)
				ending.send(r, id+6, append(r.answer(&response), sealed...))
				r.ended(id + 8)
				ending.send(r, id+8, r.answer(&xftp.Response{Tag: xftp.PONG}))
			})
			if len(faults) < 2 || faults[1] == nil || faults[1].Error() != xftp.ErrAuth.Error() {
				t.Errorf("%s: the refusal: %v", ending.name, faults)
			} else if faults[1] = nil; errors.Join(faults...) != nil || len(r.resets) > 0 {
				t.Errorf("%s, hello %v: %v, resets %v", ending.name, hello, errors.Join(faults...), r.resets)
			}
		}
	}
}

// TestAnswerBeforeThePacket: a router may refuse a packet at its first block, and read no more of it.
func TestAnswerBeforeThePacket(t *testing.T) {
	for name, end := range map[string]func(r *framedRouter){
		"goes on reading": func(r *framedRouter) {
			r.stingy = false
			check(r.t, r.frames.WriteWindowUpdate(0, 1<<20))
			check(r.t, r.frames.WriteWindowUpdate(1, 1<<20))
		},
		"gives no more credit":          func(*framedRouter) {},
		"ends":                          func(r *framedRouter) { r.end(1) },
		"ends, and wants no more of it": func(r *framedRouter) { r.end(1); r.reset(1, http2.ErrCodeNo) },
		"ends, and leaves":              func(r *framedRouter) { r.end(1); check(r.t, r.frames.WriteGoAway(1, http2.ErrCodeNo, nil)) },
		"leaves":                        func(r *framedRouter) { check(r.t, r.frames.WriteGoAway(1<<31-1, http2.ErrCodeEnhanceYourCalm, nil)) },
		"leaves, and closes the connection": func(r *framedRouter) {
			check(r.t, r.frames.WriteGoAway(1<<31-1, http2.ErrCodeEnhanceYourCalm, nil))
			r.conn.CloseWrite()
		},
		"closes the connection without that": func(r *framedRouter) { r.conn.CloseWrite() },
	} {
		r := newFramedRouter(t)
		r.stingy = true
		key, err := box.GenerateKey(box.Ed25519, rand.Reader)
		check(t, err)
		var got error
		r.serve(func() {
			c, err := r.dial(ctx, false)
			check(t, err)
			got = c.Upload(ctx, key, []byte("an ID of a file."), bytes.NewReader(make([]byte, xftp.Size4M)), xftp.Size4M)
			if c.Usable() {
				got = errors.Join(got, errors.New("the connection can still be used, with a packet in the way"))
			}
			c.Close()
		}, func() {
			r.asked(1, xftp.BlockSize)
			r.headers(1, "200", false)
			r.data(1, r.answer(&xftp.Response{Tag: xftp.ERR, Err: xftp.ErrQuota}), 16384, false)
			end(r)
		})
		if got == nil || got.Error() != xftp.ErrQuota.Error() {
			t.Errorf("a router that %s: %v", name, got)
		}
	}
}

// TestAnswersThatAreCut: what a router has not said to its end is an error, at once, and the connection is not used again.
func TestAnswersThatAreCut(t *testing.T) {
	for name, answer := range map[string]func(r *framedRouter, block []byte){
		"RST_STREAM(NO_ERROR) before END_STREAM": func(r *framedRouter, block []byte) {
			r.headers(1, "200", false)
			r.data(1, block[:16000], 16384, false)
			r.reset(1, http2.ErrCodeNo)
		},
		"RST_STREAM before HEADERS": func(r *framedRouter, _ []byte) { r.reset(1, http2.ErrCodeRefusedStream) },
		"RST_STREAM in the block": func(r *framedRouter, block []byte) {
			r.headers(1, "200", false)
			r.data(1, block[:1], 1, false)
			r.reset(1, http2.ErrCodeInternal)
		},
		"END_STREAM with HEADERS": func(r *framedRouter, _ []byte) { r.headers(1, "200", true) },
		"END_STREAM in the block": func(r *framedRouter, block []byte) {
			r.headers(1, "200", false)
			r.data(1, block[:16383], 16384, true)
		},
		"more than a block": func(r *framedRouter, block []byte) {
			r.headers(1, "200", false)
			r.data(1, append(block, 0), 16384, true)
		},
		"another status": func(r *framedRouter, block []byte) {
			r.headers(1, "503", false)
			r.data(1, block, 16384, true)
		},
		"GOAWAY in the block": func(r *framedRouter, block []byte) {
			r.headers(1, "200", false)
			r.data(1, block[:1], 1, false)
			check(r.t, r.frames.WriteGoAway(1, http2.ErrCodeInternal, nil))
			r.conn.Close()
		},
		"GOAWAY instead": func(r *framedRouter, _ []byte) { check(r.t, r.frames.WriteGoAway(0, http2.ErrCodeNo, nil)) },
		"the end of the connection": func(r *framedRouter, block []byte) {
			r.headers(1, "200", false)
			r.data(1, block[:16383], 16384, false)
			r.conn.Close()
		},
	} {
		r := newFramedRouter(t)
		p := &Pool{Attempts: 1, Connect: Config{NoALPN: true}}
		var got error
		var kept int
		r.serve(func() {
			got = p.with(ctx, Downloading, &r.address, func(c *Conn) error { return c.Ping(ctx) })
			kept = len(p.idle[r.address.String()])
			p.Close()
		}, func() {
			r.ended(1)
			answer(r, r.answer(&xftp.Response{Tag: xftp.PONG}))
		})
		if got == nil || errors.Is(got, context.DeadlineExceeded) || kept > 0 {
			t.Errorf("%s: %v, %d connections are kept", name, got, kept)
		}
	}
}

// TestCreditForUploads: a client waits for credit however the router gives it, and for the end of its packet.
func TestCreditForUploads(t *testing.T) {
	packet := make([]byte, xftp.Size64K)
	rand.Read(packet)
	for name, test := range map[string]struct {
		settings []http2.Setting
		give     func(r *framedRouter)
	}{
		"none at first": {[]http2.Setting{{ID: http2.SettingInitialWindowSize, Val: 0}}, func(r *framedRouter) {
			r.ping()
			check(r.t, r.frames.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 20}))
		}},
		"little by little": {[]http2.Setting{{ID: http2.SettingInitialWindowSize, Val: 1}}, func(r *framedRouter) {
			for n := 1; n < xftp.BlockSize+xftp.Size64K; {
				r.asked(1, n)
				check(r.t, r.frames.WriteWindowUpdate(1, 9000))
				n += 9000
			}
		}},
		"taken back": {[]http2.Setting{{ID: http2.SettingInitialWindowSize, Val: 60_000}}, func(r *framedRouter) {
			r.asked(1, 60_000)
			check(r.t, r.frames.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 10_000})) // 50,000 below zero
			r.ping()
			check(r.t, r.frames.WriteWindowUpdate(1, 40_000))
			r.ping()
			check(r.t, r.frames.WriteWindowUpdate(1, 100_000))
		}},
		"one stream at a time, without a table of fields": {[]http2.Setting{{ID: http2.SettingMaxConcurrentStreams, Val: 1},
			{ID: http2.SettingHeaderTableSize, Val: 0}, {ID: http2.SettingMaxFrameSize, Val: 1<<24 - 1}, {ID: http2.SettingMaxHeaderListSize, Val: 1000},
			{ID: http2.SettingInitialWindowSize, Val: 1 << 20}}, func(*framedRouter) {}},
	} {
		r := newFramedRouter(t)
		key, err := box.GenerateKey(box.Ed25519, rand.Reader)
		check(t, err)
		var got error
		r.serve(func() {
			c, err := r.dial(ctx, false)
			check(t, err)
			defer c.Close()
			got = errors.Join(c.Upload(ctx, key, []byte("an ID of a file."), bytes.NewReader(packet), xftp.Size64K), c.Ping(ctx))
		}, func() {
			r.stingy = true
			check(r.t, r.frames.WriteWindowUpdate(0, 1<<20))
			test.give(r)
			if uploaded := r.ended(1); !bytes.HasSuffix(uploaded, packet) {
				t.Errorf("%s: another packet is uploaded", name)
			}
			check(r.t, r.frames.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 20}))
			endings[0].send(r, 1, r.answer(&xftp.Response{Tag: xftp.OK}))
			r.ended(3)
			endings[0].send(r, 3, r.answer(&xftp.Response{Tag: xftp.PONG}))
		}, test.settings...)
		if got != nil || len(r.resets) > 0 {
			t.Errorf("%s: %v, resets %v", name, got, r.resets)
		}
	}
}
