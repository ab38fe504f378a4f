package loadtest

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
)

func TestMortals(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	m := newMortals()
	connect := func(link int) (client, router net.Conn) {
		client, err := m.connect(link)(context.Background(), l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if router, err = l.Accept(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { client.Close(); router.Close() })
		return client, router
	}
	_, reset := connect(0)
	_, fin := connect(1)
	lives, other := connect(2)
	m.kill(0, true)
	m.kill(1, false)
	buf := make([]byte, 1)
	if n, err := reset.Read(buf); n != 0 || !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("reset: %d bytes, %v", n, err)
	}
	if n, err := fin.Read(buf); n != 0 || err != io.EOF {
		t.Errorf("without reset: %d bytes, %v", n, err)
	}
	if _, err := lives.Write(buf); err != nil {
		t.Error(err)
	}
	if n, err := other.Read(buf); n != 1 || err != nil {
		t.Errorf("another link: %d bytes, %v", n, err)
	}
	if lives.Close(); len(m.open) != 2 {
		t.Errorf("%d connections are kept", len(m.open))
	}
}
