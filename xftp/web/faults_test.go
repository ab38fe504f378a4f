package web_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"switchyard/xftp/desc"
	"switchyard/xftp/router"
	"switchyard/xftp/web/webtest"
)

// TestFaults shows what the page says of faults, and that nothing is left then.
func TestFaults(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	r := webtest.StartRouter(t, nil)
	path, _ := file(t, "file", 1000)
	link := b.Open(r.URL + "/file/").Send(path)
	altered := func(alter func(d *desc.Description)) string {
		origin, fragment, _ := strings.Cut(link, "#")
		d, err := desc.ParseFragment(fragment)
		if err != nil {
			t.Fatal(err)
		}
		alter(d)
		return origin + "#" + d.Fragment()
	}
	for _, test := range []struct{ name, link, want string }{
		{"a cut link", link[:len(link)-40], "This link cannot be used"},
		{"another identity", altered(func(d *desc.Description) { d.Chunks[0].Replicas[0].Server.KeyHash[0] ^= 1 }), "The router is another than its address says"},
		{"another digest", altered(func(d *desc.Description) { d.Chunks[0].Digest[0] ^= 1 }), "another packet than was uploaded"},
		{"another key", altered(func(d *desc.Description) { d.Key[0] ^= 1 }), "is not for this file"},
		{"another file digest", altered(func(d *desc.Description) { d.Digest[0] ^= 1 }), "The file is damaged"},
		{"another packet", altered(func(d *desc.Description) { d.Chunks[0].Replicas[0].ID[0] ^= 1 }), "has expired, or was deleted"},
	} {
		tab := b.Open(test.link)
		if !strings.Contains(test.want, "link") {
			tab.Await("offer")
			tab.Click("#download")
		}
		if got := tab.AwaitText("#fault"); !strings.Contains(got, test.want) {
			t.Errorf("%s: %q", test.name, got)
		}
	}
	b.Quiet()
}

func TestUploadsThatTheRouterRefuses(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	path, content := file(t, "file", 1<<20) // a packet of 1 MiB and one of 256 KiB
	locked := webtest.StartRouter(t, func(c *router.Config) { c.Password = "secret" })
	tab := b.Open(locked.URL + "/file/")
	tab.Choose(path)
	if got := tab.AwaitText("#choose-hint"); !strings.Contains(got, "password") {
		t.Errorf("without a password: %q", got)
	}
	tab.Do(chromedp.SetValue(chromedp.CSS("#password"), "wrong"))
	tab.Choose(path)
	if got := tab.AwaitText("#fault"); !strings.Contains(got, "does not accept this password") {
		t.Errorf("with a wrong password: %q", got)
	}
	tab.Click("#restart")
	tab.Do(chromedp.SetValue(chromedp.CSS("#password"), "secret"))
	if _, got := b.Open(tab.Send(path)).Receive(); !bytes.Equal(got, content) {
		t.Error("another file is received")
	}

	closed := webtest.StartRouter(t, func(c *router.Config) { c.NewFiles = false })
	tab = b.Open(closed.URL + "/file/")
	tab.Await("choose")
	if got := tab.AwaitText("#choose"); !strings.Contains(got, "does not take new files") {
		t.Errorf("%q", got)
	}

	small := webtest.StartSmallRouter(t, 1<<20)
	tab = b.Open(small.URL + "/file/")
	tab.Choose(path)
	if got := tab.AwaitText("#stall-message"); !strings.Contains(got, "full") {
		t.Errorf("over the quota: %q", got)
	}
	tab.Press("#cancel")
	tab.Await("choose")
	awaitNothing(t, small)
	b.Quiet()
}

// awaitNothing waits until nothing is on the router's disk.
func awaitNothing(t testing.TB, r *webtest.Router) {
	t.Helper()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	deadline := time.After(2 * time.Minute)
	for {
		bodies, uploads := r.OnDisk(t)
		if bodies+uploads == 0 {
			return
		}
		select {
		case <-look.C:
		case <-deadline:
			t.Fatalf("%d packets and %d uploads are left", bodies, uploads)
		}
	}
}

// TestRouterThatGoesAway breaks the connection during transfers. They go on by themselves when it is back, and when one is
// cancelled instead, nothing is left.
func TestRouterThatGoesAway(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	r := webtest.StartRouter(t, nil)
	path, content := file(t, "file", 2<<20) // two packets of 1 MiB and a small one
	tab := b.Open(r.URL + "/file/")
	tab.Await("choose")
	shut := r.Gate.ShutAfter(3 << 19)
	tab.Choose(path)
	<-shut
	if got := tab.AwaitText("#stall-message"); !strings.Contains(got, "cannot be reached") {
		t.Errorf("%q", got)
	}
	r.Gate.Open()
	tab.Await("sent")
	link := webtest.Get(tab, chromedp.Value(chromedp.CSS("#link")))
	if _, got := b.Open(link).Receive(); !bytes.Equal(got, content) {
		t.Error("another file is received")
	}
	tab.Delete()
	awaitNothing(t, r)

	again := b.Open(r.URL + "/file/")
	again.Await("choose")
	shut = r.Gate.ShutAfter(3 << 19)
	again.Choose(path)
	<-shut
	again.AwaitText("#stall-message")
	again.Press("#resume")
	again.Press("#cancel")
	r.Gate.Open()
	again.Await("choose")
	awaitNothing(t, r)
	b.Quiet()
}
