package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"

	"switchyard/tls"
)

// peer is one connection with the runner, driven as the router drives its own: bytes in, bytes out.
type peer struct {
	*settings
	socket net.Conn
	server bool
	tls    *tls.Conn
	in     []byte // what was read and is not consumed
	chunk  []byte // of one read

	clearIn, clearOut bytes.Buffer // what the handshake read and wrote, for what it does not tell
}

func (s *settings) run(c *testCase) error {
	config, err := s.config(c.server)
	if reason, ok := err.(leftOut); ok {
		reason.record(c.name)
		os.Exit(exitLeftOut)
	}
	if err != nil {
		return err
	}
	socket, err := dial(c)
	if err != nil {
		return err
	}
	defer socket.Close()
	p := &peer{settings: s, socket: socket, server: c.server, tls: tls.NewClient(config), chunk: make([]byte, 4096)}
	if c.server {
		p.tls = tls.NewServer(config)
	}
	if s.async {
		p.chunk = p.chunk[:1] // every state of the input buffer
	}
	err = p.converse()
	socket.(*net.TCPConn).CloseWrite()
	io.Copy(io.Discard, socket) // so that the runner reads our alert before it sees a reset
	return err
}

func dial(c *testCase) (net.Conn, error) {
	host := "127.0.0.1"
	if c.ipv6 {
		host = "::1"
	}
	socket, err := net.Dial("tcp", net.JoinHostPort(host, c.port))
	if err != nil {
		return nil, err
	}
	_, err = socket.Write(binary.LittleEndian.AppendUint64(nil, c.id))
	return socket, err
}

// converse is the whole life of the connection.
func (p *peer) converse() error {
	if err := p.handshake(); err != nil {
		return err
	}
	if p.requireCert && len(p.tls.PeerChain()) == 0 {
		p.socket.Write(p.tls.Abort(nil, tls.AlertCertificateRequired))
		return errors.New("the client has no certificate")
	}
	if err := p.check(); err != nil {
		return err
	}
	if p.sendAlert {
		_, err := p.socket.Write(p.tls.Abort(nil, decompression))
		return err
	}
	if err := p.speakFirst(); err != nil {
		return err
	}
	if !p.shutsDown {
		if err := p.echo(); err != nil {
			return err
		}
	}
	if _, err := p.socket.Write(p.tls.CloseNotify(nil)); err != nil {
		return err
	}
	if p.shutsDown && p.checkCloseNotify {
		return p.awaitClose()
	}
	return nil
}

func (p *peer) handshake() error {
	for {
		before := bytes.Clone(p.in)
		consumed, out, err := p.tls.Advance(p.in, nil)
		p.clearIn.Write(before[:consumed])
		p.clearOut.Write(out)
		p.in = p.in[consumed:]
		if _, failed := p.socket.Write(out); err == nil && len(out) > 0 {
			err = failed
		}
		if err != nil || p.tls.HandshakeDone() {
			return err
		}
		if err := p.read(); err != nil {
			return err
		}
	}
}

// read waits for more input.
func (p *peer) read() error {
	n, err := p.socket.Read(p.chunk)
	p.in = append(p.in, p.chunk[:n]...)
	if n > 0 {
		return nil
	}
	if err == io.EOF {
		return io.ErrUnexpectedEOF // only close_notify is an end
	}
	return err
}

// open is the application data of the next record: none for those that are TLS's own business.
func (p *peer) open() ([]byte, error) {
	for {
		n, whole, err := tls.RecordLen(p.in)
		if err != nil {
			n = min(len(p.in), tls.RecordHeader) // Open says so itself
		} else if !whole {
			if err := p.read(); err != nil {
				return nil, err
			}
			continue
		}
		plain, err := p.tls.Open([]byte{}, p.in[:n])
		p.in = p.in[n:]
		if err != nil && err != io.EOF {
			p.socket.Write(p.tls.Pending(nil))
		}
		return plain, err
	}
}

func (p *peer) write(data []byte) error {
	_, err := p.socket.Write(p.tls.Seal(nil, data))
	return err
}

func (p *peer) updateKey() error {
	_, err := p.socket.Write(p.tls.KeyUpdate(nil, false))
	return err
}

// speakFirst writes what the case wants written before anything is read.
func (p *peer) speakFirst() error {
	if p.recordSizes {
		data := bytes.Repeat([]byte{0x42}, recordSizeOfAll)
		for _, n := range []int{0, 1, 255, 256, 257, 16383, 16384, 16385, 32767, 32768, recordSizeOfAll} {
			if err := p.write(data[:n]); err != nil {
				return err
			}
		}
	}
	if !p.writesFirst {
		return nil
	}
	return p.write(bytes.Repeat([]byte(p.initialWrite), p.initialWrites))
}

// echo sends back what it reads, flipped, until the runner closes, cleanly or not.
func (p *peer) echo() error {
	if p.recordSizes {
		return nil
	}
	for updated := false; ; {
		if p.keyUpdateBeforeRead && !updated {
			if err := p.updateKey(); err != nil {
				return err
			}
			updated = true
		}
		plain, err := p.open()
		switch {
		case err == io.EOF, err == io.ErrUnexpectedEOF:
			return nil
		case err != nil:
			return err
		case len(plain) == 0:
			continue
		}
		if updated = false; p.keyUpdate {
			if err := p.updateKey(); err != nil {
				return err
			}
		}
		for i := range plain {
			plain[i] ^= 0xff
		}
		if err := p.write(plain); err != nil {
			return err
		}
	}
}

// awaitClose reads up to the runner's close_notify, which a cut stream does not have.
func (p *peer) awaitClose() error {
	for {
		if _, err := p.open(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}
