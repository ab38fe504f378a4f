package listen

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"

	"github.com/pires/go-proxyproto"
)

// A reverse proxy that passes connections on says by a PROXY header whose each is, in front of everything else: a line of text,
// version 1, or bytes, version 2. What follows belongs to TLS, which reads from the socket itself. So the header is read
// exactly, and the library gets it whole: version 2 tells its length, version 1 is read up to the end of its line.

const (
	// headStart is what both versions have at least, and what tells them apart.
	headStart = 12
	// headFixed is version 2 without addresses and more.
	headFixed = 16
	// headLine is how long version 1 may be.
	headLine = 107
	// headMax is how long version 2 may be. Addresses of IPv6 take 52 bytes; the rest is what proxies say of TLS that they have
	// ended, which is of no account here.
	headMax = 4096
)

var (
	errHeader   = errors.New("no PROXY header")
	errNoHeader = errors.New("closed without a word") // as health checks do
)

func init() {
	proxyproto.V1AcceptIPv4InTCP6 = true // as nginx writes it where one side is of IPv4 and the other of IPv6
}

// readHeader reads a PROXY header, and nothing behind it. The address is nil when the header names none, as the proxy speaks
// for itself, or for somebody without one.
func readHeader(r io.Reader) (from *net.TCPAddr, err error) {
	head := make([]byte, headStart, headLine)
	switch n, err := io.ReadFull(r, head); {
	case n == 0 && errors.Is(err, io.EOF):
		return nil, errNoHeader
	case err != nil:
		return nil, err
	}
	switch {
	case bytes.Equal(head, proxyproto.SIGV2):
		head, err = readBinary(r, head)
	case bytes.HasPrefix(head, proxyproto.SIGV1):
		head, err = readLine(r, head)
	default:
		err = errHeader
	}
	if err != nil {
		return nil, err
	}
	return parseHeader(head)
}

// readBinary reads the rest of version 2.
func readBinary(r io.Reader, head []byte) ([]byte, error) {
	head = head[:headFixed]
	if _, err := io.ReadFull(r, head[headStart:]); err != nil {
		return nil, err
	}
	length := headFixed + int(binary.BigEndian.Uint16(head[headFixed-2:]))
	if length > headMax {
		return nil, errHeader
	}
	head = append(head, make([]byte, length-headFixed)...)
	_, err := io.ReadFull(r, head[headFixed:])
	return head, err
}

// readLine reads the rest of version 1, byte by byte.
func readLine(r io.Reader, head []byte) ([]byte, error) {
	for last := byte(0); last != '\n'; last = head[len(head)-1] {
		if len(head) == headLine {
			return nil, errHeader
		}
		head = head[:len(head)+1]
		if _, err := io.ReadFull(r, head[len(head)-1:]); err != nil {
			return nil, err
		}
	}
	return head, nil
}

// parseHeader is the address in a whole header.
func parseHeader(head []byte) (*net.TCPAddr, error) {
	const proxied, unspecified = 0x21, 0
	if head[0] == proxyproto.SIGV2[0] && head[headStart] == proxied && head[headStart+1] == unspecified {
		return nil, nil // the library refuses this one, as receivers may (section 2.2)
	}
	h, err := proxyproto.Read(bufio.NewReaderSize(bytes.NewReader(head), len(head)))
	switch {
	case err != nil:
		return nil, errors.Join(errHeader, err)
	case h.Command.IsLocal():
		return nil, nil
	case h.TransportProtocol.IsDatagram():
		return nil, errHeader
	}
	from, _ := h.SourceAddr.(*net.TCPAddr) // of a client on a socket of Unix there is none
	return from, nil
}
