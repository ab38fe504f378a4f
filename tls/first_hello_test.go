package tls

import (
	"bytes"
	stdtls "crypto/tls"
	"io"
	"net"
	"testing"

	"golang.org/x/crypto/cryptobyte"
)

// stdHello is the first flight of the standard library's client.
func stdHello(t testing.TB, serverName string) []byte {
	t.Helper()
	client, server := net.Pipe()
	defer server.Close()
	go func() {
		_ = stdtls.Client(client, &stdtls.Config{ServerName: serverName, InsecureSkipVerify: true}).Handshake()
	}()
	header := make([]byte, RecordHeader)
	_, err := io.ReadFull(server, header)
	must(err)
	n, _, err := RecordLen(header)
	must(err)
	hello := append(header, make([]byte, n-RecordHeader)...)
	_, err = io.ReadFull(server, hello[RecordHeader:])
	must(err)
	return hello
}

// ownHello is the first flight of our client.
func ownHello(serverName string) []byte {
	config := clientConfig(Ed25519)
	config.ServerName = serverName
	_, hello, err := NewClient(config).Advance(nil, nil)
	must(err)
	return hello
}

// recut puts the content of the one record of a flight into records of n bytes.
func recut(flight []byte, n int) (cut []byte) {
	var clear direction
	for content := flight[RecordHeader:]; len(content) > 0; content = content[min(n, len(content)):] {
		cut = clear.sealRecord(cut, typeHandshake, versionTLS10, content[:min(n, len(content))])
	}
	return cut
}

func TestLookAtHello(t *testing.T) {
	named, unnamed := stdHello(t, "a.example"), stdHello(t, "127.0.0.1")
	spoilt := bytes.Replace(named, []byte("\x00\x00\x09a.example"), []byte("\x01\x00\x09a.example"), 1)
	for _, test := range []struct {
		name string
		in   []byte
		want FirstHello
	}{
		{"nothing", nil, HelloIncomplete},
		{"a name, of the standard library's client", named, HelloNamed},
		{"no name", unnamed, HelloUnnamed},
		{"a name, of our client", ownHello("a.example"), HelloNamed},
		{"an SMP client", ownHello(""), HelloUnnamed},
		{"a name that is none", spoilt, HelloUnnamed},
		{"what follows is not looked at", append(bytes.Clone(named), 1, 2, 3), HelloNamed},
		{"in a few records", recut(named, 100), HelloNamed},
		{"in a few records, without a name", recut(unnamed, 100), HelloUnnamed},
		{"in too many records", recut(named, len(named)/(maxHelloRecords+1)), HelloUnnamed},
		{"HTTP", []byte("GET / HTTP/1.1\r\n\r\n"), HelloUnnamed},
		{"an alert", []byte{21, 3, 1, 0, 2, 2, 40}, HelloUnnamed},
		{"an empty record", []byte{22, 3, 1, 0, 0}, HelloUnnamed},
		{"another message", []byte{22, 3, 1, 0, 1, 2}, HelloUnnamed},
		{"a message that is too long", []byte{22, 3, 1, 0, 4, 1, 0, 0x40, 0}, HelloUnnamed},
		{"a long one", []byte{22, 3, 1, 0, 4, 1, 0, 0x3f, 0xf0}, HelloIncomplete},
	} {
		if got := LookAtHello(test.in); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}

// TestLookAtHelloInPieces: nothing is said of a hello until it is whole.
func TestLookAtHelloInPieces(t *testing.T) {
	for _, flight := range [][]byte{stdHello(t, "a.example"), ownHello(""), recut(stdHello(t, "a.example"), 200), recut(ownHello(""), 20)} {
		for n := range flight {
			if got := LookAtHello(flight[:n]); got != HelloIncomplete {
				t.Fatalf("%d of %d bytes: %d", n, len(flight), got)
			}
		}
	}
}

// TestLookAtHelloAllocatesNothing: most connections of a shared port are not a browser's.
func TestLookAtHelloAllocatesNothing(t *testing.T) {
	hello := ownHello("")
	if n := testing.AllocsPerRun(100, func() { LookAtHello(hello) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkLookAtHello(b *testing.B) {
	hello := ownHello("")
	b.ReportAllocs()
	for b.Loop() {
		LookAtHello(hello)
	}
}

// FuzzFirstHello: the look agrees with the parser of whole ClientHellos, however they are cut, and never changes its mind.
func FuzzFirstHello(f *testing.F) {
	for _, flight := range [][]byte{stdHello(f, "a.example"), stdHello(f, "127.0.0.1"), ownHello("b.example"), ownHello("")} {
		f.Add(flight, 100)
		f.Add(recut(flight, 60), 7)
	}
	for _, test := range malformedHellos {
		var clear direction
		f.Add(clear.seal(nil, typeHandshake, versionTLS10, spoiledHello(test.spoil)), 50)
	}
	f.Fuzz(func(t *testing.T, in []byte, cut int) {
		before := bytes.Clone(in)
		got := LookAtHello(in)
		if !bytes.Equal(in, before) {
			t.Fatal("the input is changed")
		}
		if got == HelloIncomplete && len(in) > maxHello+MaxRecord+maxHelloRecords*RecordHeader {
			t.Fatalf("%d bytes are not enough", len(in))
		}
		cut = min(max(cut, 0), len(in))
		if first := LookAtHello(in[:cut]); first != HelloIncomplete && first != got {
			t.Fatalf("%d for %d bytes, %d for %d", first, cut, got, len(in))
		}
		n, whole, err := RecordLen(in)
		if err != nil || !whole || got == HelloIncomplete || n < RecordHeader+messageHeader || n > RecordHeader+maxHello || contentType(in[0]) != typeHandshake || messageType(in[RecordHeader]) != typeClientHello {
			return
		}
		body := cryptobyte.String(in[RecordHeader+messageHeader : n])
		if length := int(in[6])<<16 | int(in[7])<<8 | int(in[8]); length != len(body) {
			return
		}
		if hello, err := parseClientHello(body); err == nil && (got == HelloNamed) != (hello.serverName != "") {
			t.Fatalf("%d, and the name is %q", got, hello.serverName)
		}
		if recut := recut(in[:n], max(1, (n+maxHelloRecords-2)/(maxHelloRecords-1))); LookAtHello(recut) != got {
			t.Fatalf("%d in one record, %d in several", got, LookAtHello(recut))
		}
	})
}
