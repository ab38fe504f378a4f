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
	"switchyard/xftp/desc"
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
		sender.Delete()
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

// TestBrokenLinks: what stands behind # is a link, and one that cannot be used says so, on the first page, too.
func TestBrokenLinks(t *testing.T) {
	t.Parallel()
	r := webtest.StartRouter(t, nil)
	b := webtest.Start(t)
	for _, path := range []string{"/file/#x", "/file/#" + strings.Repeat("x", 60), "/file/#%zz", "/file/#/?desc=x", "/#x", "/file/#not/a/link"} {
		tab := b.Open(r.URL + path)
		if got := tab.AwaitText("#fault"); !strings.Contains(got, "This link cannot be used") || !strings.Contains(got, "Ask its sender") {
			t.Errorf("%s: %q", path, got)
		}
		tab.Click("#restart")
		tab.Await("choose")
	}
	b.Quiet()
}

// TestLinksThatWereChanged: escaped by an application that passed it on, or with the description itself.
func TestLinksThatWereChanged(t *testing.T) {
	t.Parallel()
	r := webtest.StartRouter(t, nil)
	b := webtest.Start(t)
	path, content := file(t, "file", 1000)
	link := b.Open(r.URL + "/file/").Send(path)
	_, fragment, _ := strings.Cut(link, "#")
	d, err := desc.ParseFragment(fragment)
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range []string{strings.ReplaceAll(link, "=", "%3D"), link + "%0A", d.URI(r.URL, `{"a;":1}`)} {
		if _, got := b.Open(link).Receive(); !bytes.Equal(got, content) {
			t.Errorf("%.60s: another file is received", link)
		}
	}
	b.Quiet()
}

// TestLinkIsUsedUpWhenItIsEnded: receiving does not, which the page says, and ending it is asked for first.
func TestLinkIsUsedUpWhenItIsEnded(t *testing.T) {
	t.Parallel()
	r := webtest.StartRouter(t, nil)
	b := webtest.Start(t)
	path, content := file(t, "file", 100_000) // two packets, and the description as a third
	link := b.Open(r.URL + "/file/").Send(path)
	for range 2 {
		tab := b.Open(link)
		tab.Receive()
		if got := tab.AwaitText("#link-state"); got != "The link can be used again until the file expires." {
			t.Errorf("%q", got)
		}
	}
	tab := b.Open(link)
	if _, got := tab.Receive(); !bytes.Equal(got, content) {
		t.Error("another file is received")
	}
	tab.Click("#end-link")
	tab.Click("#end-link-no")
	tab.Click("#end-link")
	tab.Click("#end-link-yes")
	if got := tab.AwaitWords("#link-state", "ended"); got != "The link has ended: nobody can download the file with it any more." {
		t.Errorf("%q", got)
	}
	if acks := r.Stats.Acks.Load(); acks != 3 {
		t.Errorf("%d packets are acknowledged", acks)
	}
	tab = b.Open(link)
	tab.Await("offer")
	tab.Click("#download")
	if got := tab.AwaitText("#fault"); !strings.Contains(got, "does not have this file") {
		t.Errorf("%q", got)
	}
	b.Quiet()
}

// TestLargerThanTheQuota: a larger file is refused before anything is uploaded.
func TestLargerThanTheQuota(t *testing.T) {
	t.Parallel()
	r := webtest.StartSmallRouter(t, 1<<20)
	b := webtest.Start(t)
	tab := b.Open(r.URL + "/file/")
	if got := tab.AwaitText("#limits"); !strings.Contains(got, "Up to 1 MB.") {
		t.Errorf("%q", got)
	}
	path, _ := file(t, "file", 1<<20+1)
	tab.Choose(path)
	if got := tab.AwaitText("#fault"); !strings.Contains(got, "Files of up to 1 MB can be sent.") {
		t.Errorf("%q", got)
	}
	b.Quiet()
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
