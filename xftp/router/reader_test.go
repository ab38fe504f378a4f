package router

import (
	"bytes"
	"crypto/rand"
	"io"
	"net"
	"testing"
)

// TestReaderGivesWhatTheSocketHas: reads of any size give the stream, and no buffer is held when it has been read.
func TestReaderGivesWhatTheSocketHas(t *testing.T) {
	stream := make([]byte, 200_000)
	rand.Read(stream)
	ours, theirs := net.Pipe()
	go func() {
		for rest := stream; len(rest) > 0; {
			n := min(len(rest), 7000)
			theirs.Write(rest[:n])
			rest = rest[n:]
		}
		theirs.Close()
	}()
	c := &reader{Conn: ours, record: true}
	var got []byte
	for i := 0; ; i++ {
		p := make([]byte, []int{5, 16401, 1, 3000, 5, 40000}[i%6])
		n, err := c.Read(p)
		got = append(got, p[:n]...)
		if err == io.EOF {
			break
		}
		check(t, err)
	}
	if !bytes.Equal(got, stream) || !bytes.Equal(c.recorded, stream) {
		t.Errorf("%d bytes, %d recorded, want %d", len(got), len(c.recorded), len(stream))
	}
	if c.buffer != nil {
		t.Error("a buffer is held")
	}
}
