package web_test

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"switchyard/tls"
	"switchyard/xftp/router"
	"switchyard/xftp/router/routertest"
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
	t.Parallel()
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
		if testing.Short() && test.size > 1<<20 {
			continue
		}
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

// TestEd448Identity: the reference's program makes such certificates unless it is told otherwise.
func TestEd448Identity(t *testing.T) {
	t.Parallel()
	r := webtest.StartRouter(t, func(c *router.Config) { c.KeyPair, c.Identity = routertest.NewIdentity(t, tls.Ed448) })
	b := webtest.Start(t)
	path, content := file(t, "file", 1000)
	if _, got := b.Open(b.Open(r.URL + "/file/").Send(path)).Receive(); !bytes.Equal(got, content) {
		t.Error("another file is received")
	}
	b.Quiet()
}

// TestLinkOnTheFirstPage goes on to the page of files, and a link that replaces another is taken.
func TestLinkOnTheFirstPage(t *testing.T) {
	t.Parallel()
	r := webtest.StartRouter(t, nil)
	b := webtest.Start(t)
	path, content := file(t, "file", 1000)
	_, fragment, _ := strings.Cut(b.Open(r.URL+"/file/").Send(path), "#")
	tab := b.Open(r.URL + "/#" + fragment)
	if _, got := tab.Receive(); !bytes.Equal(got, content) {
		t.Error("another file is received")
	}
	tab.Do(chromedp.Navigate(r.URL + "/file/#" + fragment[:60]))
	if got := tab.AwaitText("#fault"); !strings.Contains(got, "cannot be used") {
		t.Errorf("%q", got)
	}
}

// TestTwoTabs send at the same time. They share a connection, and so a session, in which each says its hello.
func TestTwoTabs(t *testing.T) {
	t.Parallel()
	r := webtest.StartRouter(t, nil)
	b := webtest.Start(t)
	var tabs [2]*webtest.Tab
	var contents [2][]byte
	for i := range tabs {
		var path string
		path, contents[i] = file(t, "file", 1<<20)
		tabs[i] = b.Open(r.URL + "/file/")
		tabs[i].Choose(path)
	}
	for i, tab := range tabs {
		tab.Await("sent")
		link := webtest.Get(tab, chromedp.Value(chromedp.CSS("#link")))
		if _, got := b.Open(link).Receive(); !bytes.Equal(got, contents[i]) {
			t.Errorf("another file than that of tab %d is received", i)
		}
	}
}
