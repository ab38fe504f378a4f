package listen

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/pires/go-proxyproto"
)

// headerOf is a header as the library writes it.
func headerOf(t testing.TB, version byte, from, to string) string {
	t.Helper()
	a, b := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(from)), net.TCPAddrFromAddrPort(netip.MustParseAddrPort(to))
	head, err := proxyproto.HeaderProxyFromAddrs(version, a, b).Format()
	if err != nil {
		t.Fatal(err)
	}
	return string(head)
}

const signature = "\r\n\r\n\x00\r\nQUIT\n"

// TestReadHeader: a header is read to its end and not beyond, however it comes, and names who the proxy speaks for.
func TestReadHeader(t *testing.T) {
	v4, v6 := "192.0.2.7:4711", "[2001:db8::7]:4711"
	for name, test := range map[string]struct{ head, from string }{
		"text, IPv4":                    {headerOf(t, 1, v4, "192.0.2.1:443"), v4},
		"text, IPv6":                    {headerOf(t, 1, v6, "[2001:db8::1]:443"), v6},
		"text, both":                    {"PROXY TCP6 2001:db8::7 192.0.2.1 4711 443\r\n", v6},
		"text, mapped":                  {"PROXY TCP6 ::ffff:192.0.2.7 ::1 4711 443\r\n", v4},
		"text, unknown":                 {"PROXY UNKNOWN\r\n", ""},
		"text, longest":                 {"PROXY UNKNOWN " + strings.Repeat("f", headLine-len("PROXY UNKNOWN \r\n")) + "\r\n", ""},
		"binary, IPv4":                  {headerOf(t, 2, v4, "192.0.2.1:443"), v4},
		"binary, IPv6":                  {headerOf(t, 2, v6, "[2001:db8::1]:443"), v6},
		"binary, local":                 {signature + "\x20\x00\x00\x00", ""},
		"binary, local with addresses":  {signature + "\x20\x11\x00\x0c\x01\x02\x03\x04\x05\x06\x07\x08\x00\x01\x00\x02", ""},
		"binary, of no family":          {signature + "\x21\x00\x00\x03abc", ""},
		"binary, with more":             {signature + "\x21\x11\x00\x10\xc0\x00\x02\x07\xc0\x00\x02\x01\x12\x67\x01\xbb\x04\x00\x01x", v4},
		"binary, from a socket of Unix": {signature + "\x21\x31\x00\xd8" + strings.Repeat("\x00", 216), ""},
	} {
		for pieces, reader := range map[string]func(io.Reader) io.Reader{
			"at once": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader,
		} {
			in := strings.NewReader(test.head + "TLS")
			from, err := readHeader(reader(in))
			got := ""
			if from != nil {
				a := from.AddrPort()
				got = netip.AddrPortFrom(a.Addr().Unmap(), a.Port()).String()
			}
			if err != nil || got != test.from {
				t.Errorf("%s, %s: %q, %v", name, pieces, got, err)
			}
			if rest, _ := io.ReadAll(in); string(rest) != "TLS" {
				t.Errorf("%s, %s: %q is left", name, pieces, rest)
			}
		}
	}
}

// TestReadHeaderRefuses: what is no header, or half of one.
func TestReadHeaderRefuses(t *testing.T) {
	for name, head := range map[string]string{
		"TLS":                      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x00\x00",
		"HTTP":                     "GET / HTTP/1.1\r\n\r\n",
		"a word too long":          "PROXYjunk TCP4 192.0.2.7 192.0.2.1 1 2\r\n",
		"no address":               "PROXY TCP4 proxy router 1 2\r\n",
		"a port too large":         "PROXY TCP4 192.0.2.7 192.0.2.1 65536 2\r\n",
		"a line without return":    "PROXY TCP4 192.0.2.7 192.0.2.1 1 2\n",
		"a line without an end":    "PROXY UNKNOWN " + strings.Repeat("f", 1<<16),
		"another version":          signature + "\x31\x11\x00\x00",
		"addresses cut short":      signature + "\x21\x11\x00\x04\xc0\x00\x02\x07",
		"datagrams":                signature + "\x21\x12\x00\x0c\xc0\x00\x02\x07\xc0\x00\x02\x01\x12\x67\x01\xbb",
		"an unknown family":        signature + "\x21\x41\x00\x00",
		"a length beyond all need": signature + "\x21\x11\xff\xff" + strings.Repeat("\x00", 1<<16),
	} {
		if from, err := readHeader(strings.NewReader(head)); !errors.Is(err, errHeader) || from != nil {
			t.Errorf("%s: %v, %v", name, from, err)
		}
	}
	if _, err := readHeader(strings.NewReader("")); !errors.Is(err, errNoHeader) {
		t.Error(err)
	}
	for _, head := range []string{headerOf(t, 1, "192.0.2.7:1", "192.0.2.1:2"), headerOf(t, 2, "192.0.2.7:1", "192.0.2.1:2")} {
		for n := 1; n < len(head); n++ {
			if _, err := readHeader(strings.NewReader(head[:n])); !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%d bytes of %q: %v", n, head, err)
			}
		}
	}
}

// FuzzProxyHeader: whatever comes, a header is read within its bounds and not beyond its end, and what it says can be said
// again.
func FuzzProxyHeader(f *testing.F) {
	for _, head := range []string{
		headerOf(f, 1, "192.0.2.7:1", "192.0.2.1:2"), headerOf(f, 2, "[2001:db8::7]:1", "[2001:db8::1]:2"),
		"PROXY UNKNOWN\r\n", signature + "\x20\x00\x00\x00", signature + "\x21\x00\x00\x01a", "GET / HTTP/1.1\r\n\r\n",
	} {
		f.Add([]byte(head + "TLS"))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r := bytes.NewReader(in)
		from, err := readHeader(r)
		read := len(in) - r.Len()
		if read > headMax || from != nil && err != nil {
			t.Fatalf("%d bytes are read: %v, %v", read, from, err)
		}
		if err != nil {
			return
		}
		head := in[:read]
		again, err := readHeader(io.MultiReader(iotest.OneByteReader(bytes.NewReader(head)), iotest.ErrReader(errors.New("beyond the end"))))
		if err != nil || (again == nil) != (from == nil) || from != nil && from.AddrPort() != again.AddrPort() {
			t.Fatalf("%q: %v, then %v, %v", head, from, again, err)
		}
		if from != nil {
			if ip, ok := addressOf(from); !ok || !ip.IsValid() {
				t.Fatalf("%q: %v is no address", head, from)
			}
		}
	})
}
