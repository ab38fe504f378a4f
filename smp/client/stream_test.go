package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"testing"

	"switchyard/smp"
	"switchyard/tls"
)

// wiretap lets a test write to the client's socket behind the back of the router's TLS.
type wiretap struct {
	net.Conn
	router net.Conn
}

// TestRecordsThatAreNone gets bytes that are no records of TLS. The client's alert goes back to the router.
func TestRecordsThatAreNone(t *testing.T) {
	for _, test := range []struct {
		name   string
		record []byte
		alert  tls.Alert
	}{
		{"oversize", []byte{23, 3, 3, 0xff, 0xff}, tls.AlertRecordOverflow},
		{"another protocol", []byte("HTTP/1.1 400 Bad Request\r\n\r\n"), tls.AlertUnexpectedMessage},
		{"not authentic", append([]byte{23, 3, 3, 0, 40}, make([]byte, 40)...), tls.AlertBadRecordMAC},
		{"in clear", []byte{21, 3, 3, 0, 2, 1, 0}, tls.AlertUnexpectedMessage},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got error
			router := newTestRouter(t, func(c *routerConn) { _, got = c.readBlock() })
			config := router.config()
			config.Connect = func(context.Context, string) (net.Conn, error) {
				client, server := net.Pipe()
				router.accept(server)
				return wiretap{client, server}, nil
			}
			inBubble(t, router, func(t *testing.T, ctx context.Context) {
				c := router.dial(config)
				_, err := c.stream.conn.(wiretap).router.Write(test.record)
				if err != nil && test.alert != tls.AlertUnexpectedMessage { // the rest of the text may find nobody
					t.Error(err)
				}
				<-c.Done()
				var failure *tls.Error
				if !errors.As(c.Err(), &failure) || failure.Alert != test.alert || failure.Remote {
					t.Errorf("ended with %v", c.Err())
				}
			})
			var alert *tls.Error
			if !errors.As(got, &alert) || alert.Alert != test.alert || !alert.Remote {
				t.Errorf("the router got %v", got)
			}
		})
	}
}

// canned is a connection on which the peer has said all already, and which gives it in pieces.
type canned struct {
	net.Conn
	said []byte
	size int
}

func (c *canned) Read(b []byte) (int, error) {
	if len(c.said) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), c.size)], c.said)
	c.said = c.said[n:]
	return n, nil
}

func (c *canned) Write(b []byte) (int, error) { return len(b), nil }

// TestBlocksBehindTheHandshake: a router may send blocks right behind its flight of the handshake, before it has the client's
// (RFC 8446 section 4.4.4), in whatever segments they come.
func TestBlocksBehindTheHandshake(t *testing.T) {
	seeded := func() *tls.Config {
		return &tls.Config{Rand: rand.NewChaCha8([32]byte{1}), Groups: []tls.Group{tls.X25519}, VerifyPeer: func([][]byte) error { return nil }}
	}
	blocks := make([]byte, 3*smp.BlockSize)
	rand.NewChaCha8([32]byte{2}).Read(blocks)
	client, server := tls.NewClient(seeded()), tls.NewServer(&tls.Config{Certificates: []*tls.KeyPair{keyPair(t, tls.Ed25519)}})
	_, hello, err := client.Advance(nil, nil)
	must(t, err)
	_, flight, err := server.Advance(hello, nil)
	must(t, err)
	_, finished, err := client.Advance(bytes.Clone(flight), nil)
	must(t, err)
	_, _, err = server.Advance(finished, nil)
	must(t, err)
	said := server.Seal(flight, blocks)
	for _, size := range []int{1, 5, 1000, 16384, len(said)} {
		s := &stream{conn: &canned{said: bytes.Clone(said), size: size}, tls: tls.NewClient(seeded())}
		must(t, s.handshake())
		for want := range slices.Chunk(blocks, smp.BlockSize) {
			block, err := s.readBlock()
			must(t, err)
			if !bytes.Equal(block, want) {
				t.Errorf("segments of %d: another block", size)
			}
		}
		if _, err := s.readBlock(); err != io.EOF {
			t.Errorf("segments of %d: %v", size, err)
		}
		s.releaseAll()
	}
}
