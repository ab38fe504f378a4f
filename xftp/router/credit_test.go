package router

import (
	"bytes"
	"net"
	"testing"

	"golang.org/x/net/http2"
)

// written keeps what is written to it, write by write.
type written struct {
	net.Conn
	writes [][]byte
}

func (w *written) Write(p []byte) (int, error) {
	w.writes = append(w.writes, bytes.Clone(p))
	return len(p), nil
}

// credit is what the server of HTTP/2 writes after n bytes of stream 1 were read.
func credit(t *testing.T, n uint32) []byte {
	t.Helper()
	var b bytes.Buffer
	f := http2.NewFramer(&b, nil)
	check(t, f.WriteWindowUpdate(0, n))
	check(t, f.WriteWindowUpdate(1, n))
	return b.Bytes()
}

func TestCreditIsHeldUntilItIsWorthIt(t *testing.T) {
	w := &written{}
	c := &creditor{Conn: w, worth: 100}
	piece, other := credit(t, 40), []byte("frames of another kind")
	ofConnection, ofStream := piece[:13], piece[13:]
	var want []byte
	for i, p := range [][]byte{piece, piece, piece, piece, other, other, piece[:20], piece[20:],
		ofConnection, ofStream, ofConnection, ofStream, ofConnection, ofStream, // a stream that goes on
		ofConnection, ofConnection, ofConnection, ofConnection} { // and what comes for one that has ended
		if n, err := c.Write(p); n != len(p) || err != nil {
			t.Fatalf("%d %v", n, err)
		}
		want = append(want, p...)
		if wants := []int{0, 0, 1, 1, 3, 4, 5, 6, 6, 6, 6, 6, 6, 7, 7, 7, 7, 8}[i]; len(w.writes) != wants {
			t.Fatalf("write %d: %d writes went out, want %d", i, len(w.writes), wants)
		}
	}
	if got := bytes.Join(w.writes, nil); !bytes.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if n := len(w.writes[0]); n != 3*len(piece) {
		t.Errorf("the first write has %d bytes", n)
	}
}
