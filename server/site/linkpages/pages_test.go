package linkpages_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"switchyard/server/information"
	"switchyard/server/qrcode/qrtest"
	"switchyard/server/site"
	"switchyard/server/site/linkpages"
	"switchyard/smp"
	"switchyard/xftp/web/webtest"
)

var keep = flag.Bool("keep", false, "keep the screenshots in docs/pages")

// host is one on which pages are looked at; browsers of tests find every host on this machine.
const host = "smp.example.net"

// start serves the site of a router, and starts a browser that finds it at every host.
func start(t *testing.T) (*webtest.Browser, *site.Site) {
	t.Helper()
	s := &site.Site{
		Kind: "SMP router", Purpose: "of messages", Version: "SMP server v0.1.0 / 0123456", IniName: "smp-server.ini",
		Address: smp.ServerAddress{Scheme: smp.SchemeSMP, KeyHash: [32]byte{7}, Hosts: []string{host}},
		Information: information.Information{
			SourceCode: "https://example.net/source", Operator: information.Entity{Name: "Example", Country: "CH"},
			Admin: information.Contacts{Email: "admin@example.net"}, HostingType: "owned",
		},
		Configuration: []site.Row{site.Say("Messages expire", "after 21 days"), site.Say("New queues", "allowed")},
		Files:         make(map[string][]byte),
	}
	if err := linkpages.AddTo(s.Files); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	server := httptest.NewTLSServer(site.Handler(root, site.Policy))
	t.Cleanup(server.Close)
	return webtest.Start(t,
		chromedp.Flag("host-resolver-rules", "MAP * "+server.Listener.Addr().String()),
		chromedp.Flag("renderer-process-limit", "1"), // pages of many hosts are of one site
		chromedp.Flag("disable-features", "site-per-process,Translate,BackForwardCache,ProactivelySwapBrowsingInstance,IsolateOrigins"),
	), s
}

// links are those of the reference's vectors: of the web, and those that open the app.
func links(t *testing.T) (web, app []string) {
	t.Helper()
	data, err := os.ReadFile("testdata/links.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Web, App []string }
	if err := json.Unmarshal(data, &all); err != nil || len(all.Web) == 0 || len(all.App) == 0 {
		t.Fatal(err, len(all.Web), len(all.App))
	}
	return all.Web, all.App
}

// parts are those of a link, in no order: the host of a short one is the first of the parameter h.
func parts(t *testing.T, link string) string {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	action := strings.Trim(u.Path, "/")
	if len(action) > 1 {
		return action + " " + u.EscapedFragment()
	}
	_, fragment, _ := strings.Cut(link, "#")
	id, query, _ := strings.Cut(fragment, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	hosts := values.Get("h")
	if u.Scheme == "https" {
		hosts = strings.TrimSuffix(u.Hostname()+","+hosts, ",")
	}
	return fmt.Sprint(action, " ", id, " ", hosts, " ", values.Get("p"), " ", values.Get("c"))
}

// webLink is an app's link as it is shared on the web.
func webLink(t *testing.T, app string) string {
	t.Helper()
	u, err := url.Parse(app)
	if err != nil {
		t.Fatal(err)
	}
	if action := strings.Trim(u.Path, "/"); len(action) > 1 {
		return "https://simplex.chat" + strings.TrimPrefix(app, "simplex:")
	}
	before, after, _ := strings.Cut(app, "?h=")
	hosts, others, more := strings.Cut(after, "&")
	first, rest, several := strings.Cut(hosts, "%2C")
	link := "https://" + first + strings.TrimPrefix(before, "simplex:")
	switch {
	case several && more:
		return link + "?h=" + rest + "&" + others
	case several:
		return link + "?h=" + rest
	case more:
		return link + "?" + others
	}
	return link
}

// shown is what a page shows of a link: the text to paste, the link that opens the app, and the QR code.
type shown struct{ Text, Open, Code string }

func show(tab *webtest.Tab, link string) shown {
	here, _ := json.Marshal(link)
	tab.Do(chromedp.Navigate(link))
	return webtest.Get(tab, chromedp.Poll[shown](`decodeURI(location.href) === decodeURI(`+string(here)+`) && document.getElementById("some")?.hidden === false && {
		Text: document.getElementById("link").innerText,
		Open: document.getElementById("open").href,
		Code: document.getElementById("code").hidden ? "" : document.getElementById("qr").innerHTML,
	}`))
}

// TestPages looks at the pages in one browser.
func TestPages(t *testing.T) {
	t.Parallel()
	b, s := start(t)
	tab := b.Open("about:blank")
	t.Run("links", func(t *testing.T) { testLinks(t, tab) })
	t.Run("other links", func(t *testing.T) { testOtherLinks(t, tab) })
	t.Run("looks", func(t *testing.T) { testLooks(t, tab, s) })
	b.Silent()
}

// testLinks: what a page shows of each link is that link, whoever reads it.
func testLinks(t *testing.T, tab *webtest.Tab) {
	web, app := links(t)
	for i := range app {
		web = append(web, webLink(t, app[i]))
	}
	for i, link := range web {
		got := show(tab, link)
		want := strings.Replace(link, "/#", "#", 1) // the path ends with its name
		if got.Text != "/c "+want {
			t.Errorf("%s: the text is %s", link, got.Text)
		}
		if code := qrtest.ReadSVG(t, got.Code); code != want {
			t.Errorf("%s: the code is of %s", link, code)
		}
		if !strings.HasPrefix(got.Open, "simplex:/") || parts(t, got.Open) != parts(t, want) {
			t.Errorf("%s: the app is to open %s", link, got.Open)
		}
		if n := i - (len(web) - len(app)); n >= 0 && parts(t, got.Open) != parts(t, app[n]) {
			t.Errorf("%s: the app is to open %s, of %s", link, got.Open, app[n])
		}
	}
}

// testOtherLinks: a link that is too long for a code is there to paste, one of a path below that of the site loses the rest of
// it, one without a fragment is none, and nothing in a link is a page's own.
func testOtherLinks(t *testing.T, tab *webtest.Tab) {
	long := "https://" + host + "/invitation#/?v=2-7&smp=" + strings.Repeat("x", 3000)
	if got := show(tab, long); got.Code != "" || got.Text != "/c "+long {
		t.Errorf("%.100q, %.100q", got.Text, got.Code)
	}
	if got := tab.AwaitText("#long"); !strings.Contains(got, "too long") {
		t.Error(got)
	}
	if got := show(tab, "https://"+host+"/i/#x/<img src=//foreign.example/x>?h=\"><script>alert(1)</script>"); !strings.HasPrefix(got.Text, "/c https://"+host+"/i#x/") {
		t.Error(got.Text)
	}
	for _, address := range []string{"/a", "/a#", "/contact/"} {
		tab.Do(chromedp.Navigate("https://" + host + address))
		if got := tab.AwaitText("#none"); !strings.Contains(got, "Ask for the whole link") {
			t.Errorf("%s: %q", address, got)
		}
	}
}

// testLooks: the pages fit on screens of desktops and phones, light and dark, and a camera reads their codes.
func testLooks(t *testing.T, tab *webtest.Tab, s *site.Site) {
	web, _ := links(t)
	link := web[0]
	for name, p := range map[string]struct{ address, code, ready string }{
		"router": {"https://" + host + "/", s.AddressText(), "#qr img"},
		"link":   {link, link, "#qr svg"},
	} {
		tab.Do(chromedp.Navigate(p.address))
		webtest.Get(tab, chromedp.Poll[bool](`((e) => e !== null && e.complete !== false)(document.querySelector("`+p.ready+`"))`))
		for _, width := range []int64{1280, 390} {
			for theme, dark := range map[string]bool{"light": false, "dark": true} {
				look := fmt.Sprintf("%s-%d-%s", name, width, theme)
				tab.Look(width, dark)
				picture, err := png.Decode(bytes.NewReader(tab.Screenshot()))
				if err != nil {
					t.Fatal(err)
				}
				if got := picture.Bounds().Dx(); got != int(width) {
					t.Errorf("%s: %d pixels wide", look, got)
				}
				if r, _, _, _ := picture.At(1, 1).RGBA(); (r < 0x8000) != dark {
					t.Errorf("%s: the background is %x", look, r)
				}
				if got := qrtest.Read(t, picture); got != p.code {
					t.Errorf("%s: a camera reads %s", look, got)
				}
				if *keep {
					keepPicture(t, filepath.Join("../../../docs/pages", look+".png"), picture)
				}
			}
		}
	}
}

// keepPicture writes a picture with the 256 colours that it has most of.
func keepPicture(t *testing.T, name string, picture image.Image) {
	t.Helper()
	counts := make(map[color.Color]int)
	bounds := picture.Bounds()
	for y := range bounds.Dy() {
		for x := range bounds.Dx() {
			counts[picture.At(x, y)]++
		}
	}
	colours := color.Palette(slices.SortedFunc(maps.Keys(counts), func(a, b color.Color) int { return counts[b] - counts[a] }))
	few := image.NewPaletted(bounds, colours[:min(len(colours), 256)])
	draw.Draw(few, bounds, picture, bounds.Min, draw.Src)
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, few); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestAssociation: the files by which phones open links in the app have what the reference's have.
func TestAssociation(t *testing.T) {
	files := make(map[string][]byte)
	if err := linkpages.AddTo(files); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"well-known/apple-app-site-association": `{"applinks":{"details":[{"appIDs":["5NN7GUYB6T.chat.simplex.app"],"components":[` +
			`{"/":"/contact/*"},{"/":"/contact"},{"/":"/invitation/*"},{"/":"/invitation"},{"/":"/a/*"},{"/":"/a"},{"/":"/c/*"},{"/":"/c"},` +
			`{"/":"/g/*"},{"/":"/g"},{"/":"/i/*"},{"/":"/i"}]}]}}`,
		"well-known/assetlinks.json": `[{"relation":["delegate_permission/common.handle_all_urls"],"target":{"namespace":"android_app",` +
			`"package_name":"chat.simplex.app","sha256_cert_fingerprints":[` +
			`"5E:3E:DC:C2:00:FB:A8:D5:F4:88:F3:CA:4C:32:5B:05:78:C5:6A:9C:03:A1:CC:B5:92:9C:D7:5C:7E:57:E2:4D",` +
			`"3C:52:C4:FD:3C:AD:1C:07:C9:B0:0A:70:80:E3:58:FA:B9:FE:FC:B8:AF:5A:EC:14:77:65:F1:6D:0F:21:AD:85",` +
			`"AE:C1:95:DC:FD:46:14:BD:3A:91:EC:26:D1:D5:14:C8:75:71:C5:CC:8D:CF:48:08:3F:92:83:14:3C:A2:B9:A6"]}}]`,
	} {
		var got bytes.Buffer
		if err := json.Compact(&got, files[name]); err != nil || got.String() != want {
			t.Errorf("%s: %v, %s", name, err, got.String())
		}
	}
	for _, p := range []string{"contact", "invitation", "a", "c", "g", "r", "i"} {
		if len(files[p+"/index.html"]) == 0 {
			t.Errorf("no page of /%s", p)
		}
	}
}
