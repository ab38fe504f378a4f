package web_test

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/xftp/web/webtest"
)

// file makes a file of random bytes.
func file(t testing.TB, name string, size int) (path string, content []byte) {
	t.Helper()
	content = make([]byte, size)
	rand.Read(content)
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, content
}

// TestSendAndReceive sends files in one tab and receives them in another.
func TestSendAndReceive(t *testing.T) {
	r := webtest.StartRouter(t, nil)
	b := webtest.Start(t)
	for _, test := range []struct {
		name    string
		size    int
		packets int
	}{
		{"empty", 0, 1},
		{"note.txt", 6, 1},
		{"два пакета.bin", 100_000, 2 + 1}, // and the description, which is too long for a link
		{"large.bin", 9<<20 + 12345, 4 + 1},
	} {
		path, content := file(t, test.name, test.size)
		before := r.Bodies(t)
		sender := b.Open(r.URL + "/file/")
		link := sender.Send(path)
		if !strings.HasPrefix(link, r.URL+"/file/#") {
			t.Fatalf("%s: %s", test.name, link)
		}
		if n := r.Bodies(t) - before; n != test.packets {
			t.Errorf("%s: %d packets, want %d", test.name, n, test.packets)
		}
		name, got := b.Open(link).Receive()
		if name != test.name || !bytes.Equal(got, content) {
			t.Errorf("%s: received %s with %d bytes", test.name, name, len(got))
		}
		sender.Click("#delete")
		sender.Await("deleted")
		if n := r.Bodies(t); n != before {
			t.Errorf("%s: %d packets are left", test.name, n-before)
		}
	}
	b.Quiet()
}
