package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"switchyard/box"
	"switchyard/smp"
	"switchyard/tls"
	"switchyard/xftp"
	"switchyard/xftp/router/routertest"
)

// framedRouter is a router that speaks HTTP/2 frame by frame, as no library would: tests choose the frames of its
// responses, and see all that the client sends. It serves one connection.
type framedRouter struct {
	t        *testing.T
	listener net.Listener
	pair     *tls.KeyPair
	address  smp.ServerAddress

	conn   *tls.NetConn
	frames *http2.Framer
	fields *hpack.Encoder
	block  bytes.Buffer // of fields

	stingy  bool // streams have the credit that the test gives them, and no more
	streams map[uint32]*asked
	resets  []string // RST_STREAM of the client
	acks    int      // of PING
}

// asked is a request.
type asked struct {
	body  []byte
	ended bool
}

func newFramedRouter(t *testing.T) *framedRouter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	t.Cleanup(func() { l.Close() })
	_, port, err := net.SplitHostPort(l.Addr().String())
	check(t, err)
	pair, hash := routertest.NewIdentity(t, tls.Ed25519)
	return &framedRouter{t: t, listener: l, pair: pair, streams: make(map[uint32]*asked),
		address: smp.ServerAddress{Scheme: smp.SchemeXFTP, KeyHash: hash, Hosts: []string{"127.0.0.1"}, Port: port}}
}

// serve accepts a client and runs script, while client runs it.
func (r *framedRouter) serve(client func(), script func(), settings ...http2.Setting) {
	r.t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		client()
	}()
	raw, err := r.listener.Accept()
	check(r.t, err)
	r.conn = tls.Server(raw, &tls.Config{Certificates: []*tls.KeyPair{r.pair}, ALPN: []string{xftp.ALPN}})
	defer r.conn.Close()
	check(r.t, r.conn.Handshake(ctx))
	preface := make([]byte, len(http2.ClientPreface))
	_, err = io.ReadFull(r.conn, preface)
	check(r.t, err)
	r.frames = http2.NewFramer(r.conn, r.conn)
	r.frames.SetMaxReadFrameSize(1 << 20)
	r.frames.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	r.fields = hpack.NewEncoder(&r.block)
	check(r.t, r.frames.WriteSettings(settings...))
	script()
	for r.read() { // to the end of the client
	}
	<-done
}

// read reads one frame, and tells whether there was one.
func (r *framedRouter) read() bool {
	frame, err := r.frames.ReadFrame()
	if err != nil {
		return false
	}
	switch frame := frame.(type) {
	case *http2.MetaHeadersFrame:
		r.streams[frame.StreamID] = &asked{ended: frame.StreamEnded()}
	case *http2.DataFrame:
		s := r.streams[frame.StreamID]
		s.body, s.ended = append(s.body, frame.Data()...), frame.StreamEnded()
		if frame.Length > 0 && !r.stingy {
			r.frames.WriteWindowUpdate(0, frame.Length)
			r.frames.WriteWindowUpdate(frame.StreamID, frame.Length) // late, when that was the end: it is to be ignored
		}
	case *http2.SettingsFrame:
		if !frame.IsAck() {
			r.frames.WriteSettingsAck()
		}
	case *http2.PingFrame:
		if frame.IsAck() {
			r.acks++
		} else {
			r.frames.WritePing(true, frame.Data)
		}
	case *http2.RSTStreamFrame:
		r.resets = append(r.resets, fmt.Sprintf("%d %v", frame.StreamID, frame.ErrCode))
	}
	return true
}

// pump reads one frame; the end of the connection ends the script.
func (r *framedRouter) pump() {
	r.t.Helper()
	if !r.read() {
		r.t.Fatal("the client has closed the connection")
	}
}

// asked waits for n bytes of a request.
func (r *framedRouter) asked(id uint32, n int) {
	r.t.Helper()
	for r.streams[id] == nil || len(r.streams[id].body) < n {
		r.pump()
	}
}

// ended waits for the end of a request.
func (r *framedRouter) ended(id uint32) []byte {
	r.t.Helper()
	for r.streams[id] == nil || !r.streams[id].ended {
		r.pump()
	}
	return r.streams[id].body
}

// ping waits until the client has read all that was sent.
func (r *framedRouter) ping() {
	r.t.Helper()
	check(r.t, r.frames.WritePing(false, [8]byte{'p', 'i', 'n', 'g'}))
	for want := r.acks + 1; r.acks < want; {
		r.pump()
	}
}

// headers sends HEADERS; status may be one of those that announce another.
func (r *framedRouter) headers(id uint32, status string, end bool) {
	r.t.Helper()
	check(r.t, r.frames.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: r.encode(":status", status), EndHeaders: true, EndStream: end}))
}

func (r *framedRouter) encode(fields ...string) []byte {
	r.block.Reset()
	for i := 0; i < len(fields); i += 2 {
		check(r.t, r.fields.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}))
	}
	return bytes.Clone(r.block.Bytes())
}

// data sends DATA of a size; end ends the stream with the last of it.
func (r *framedRouter) data(id uint32, body []byte, size int, end bool) {
	r.t.Helper()
	for len(body) > 0 {
		n := min(size, len(body))
		check(r.t, r.frames.WriteData(id, end && n == len(body), body[:n]))
		body = body[n:]
	}
}

func (r *framedRouter) end(id uint32) {
	r.t.Helper()
	check(r.t, r.frames.WriteData(id, true, nil))
}

// reset sends RST_STREAM; the client may have gone when the response had ended.
func (r *framedRouter) reset(id uint32, code http2.ErrCode) { r.frames.WriteRSTStream(id, code) }

// answer is the block of a response.
func (r *framedRouter) answer(response *xftp.Response) []byte {
	r.t.Helper()
	signed := xftp.AppendSigned(nil, r.conn.SessionID(), nil, nil, xftp.AppendResponse(nil, xftp.CurrentVersion, response))
	block, err := xftp.AppendBlock(nil, nil, signed)
	check(r.t, err)
	return block
}

// hello is the router's.
func (r *framedRouter) hello() []byte {
	r.t.Helper()
	var private, public [box.KeySize]byte
	check(r.t, box.GenerateX25519(rand.Reader, &private, &public))
	signed, err := box.AppendSignedKey(nil, box.AppendX25519(nil, &public), r.pair.Sign)
	check(r.t, err)
	block, err := xftp.AppendServerHello(nil, &xftp.ServerHello{Min: xftp.MinVersion, Max: xftp.CurrentVersion,
		SessionID: r.conn.SessionID(), Chain: r.pair.Chain, SignedKey: signed})
	check(r.t, err)
	return block
}

// packetFor encrypts a packet for the key of FGET, and is what follows the block of its response.
func (r *framedRouter) packetFor(request, body []byte) (response xftp.Response, sealed []byte) {
	r.t.Helper()
	_, command, fault := xftp.ParseRequest(r.conn.SessionID(), request)
	if !fault.IsZero() {
		r.t.Fatal(fault)
	}
	response.Tag = xftp.FILE
	var private, subkey [box.KeySize]byte
	check(r.t, box.GenerateX25519(rand.Reader, &private, &response.DHKey))
	rand.Read(response.Nonce[:])
	check(r.t, box.DH(&subkey, &private, &command.DHKey))
	box.Precompute(&subkey, &subkey)
	stream := box.NewStreamed(&response.Nonce, &subkey)
	sealed = bytes.Clone(body)
	stream.Seal(sealed)
	tag := stream.Tag()
	return response, append(sealed, tag[:]...)
}

// dial connects without a hello unless hello is set.
func (r *framedRouter) dial(ctx context.Context, hello bool) (*Conn, error) {
	return Dial(ctx, Config{Address: r.address, NoALPN: !hello})
}
