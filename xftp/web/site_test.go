package web_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchyard/smp"
	"switchyard/xftp/web"
)

// written writes a site and serves it.
func written(t testing.TB, s *web.Site) (http.Handler, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "www")
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return web.Handler(root), dir
}

func get(h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	q := httptest.NewRequest(http.MethodGet, "/", nil)
	q.URL.Path = path // as it is, without what NewRequest makes of it
	for i := 0; i < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, q)
	return w
}

func TestHandler(t *testing.T) {
	h, dir := written(t, &web.Site{Transfer: true})
	outside := filepath.Join(filepath.Dir(dir), "secret.txt")
	for path, text := range map[string]string{
		outside: "a secret", filepath.Join(dir, ".hidden"): "hidden", filepath.Join(dir, "own.txt"): "the operator's",
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link.txt")); err != nil {
		t.Fatal(err)
	}
	for path, contentType := range map[string]string{
		"/": "text/html; charset=utf-8", "/file": "text/html; charset=utf-8", "/file/": "text/html; charset=utf-8",
		"/index.html": "text/html; charset=utf-8", "/assets/page.js": "text/javascript; charset=utf-8",
		"/assets/worker.js": "text/javascript; charset=utf-8", "/assets/style.css": "text/css; charset=utf-8",
		"/assets/icon.svg": "image/svg+xml", "/own.txt": "text/plain; charset=utf-8",
	} {
		w := get(h, path)
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != contentType || w.Body.Len() == 0 {
			t.Errorf("%s: %d, %s", path, w.Code, w.Header().Get("Content-Type"))
		}
		policy := w.Header().Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; script-src 'self';") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", path, policy)
		}
	}
	for _, path := range []string{"/none", "/assets", "/assets/", "/.hidden", "/link.txt", "/../secret.txt", "/file/../../secret.txt", "//etc/passwd", "/own.txt/x", "/\x00", "/assets\\page.js"} {
		if w := get(h, path); w.Code != http.StatusNotFound {
			t.Errorf("%q: %d %s", path, w.Code, w.Body)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") == "" {
		t.Errorf("POST: %d", w.Code)
	}
}

func TestHandlerCompresses(t *testing.T) {
	h, _ := written(t, &web.Site{Transfer: true})
	plain, packed := get(h, "/assets/worker.js"), get(h, "/assets/worker.js", "Accept-Encoding", "br, gzip")
	if packed.Header().Get("Content-Encoding") != "gzip" || plain.Header().Get("Content-Encoding") != "" || plain.Header().Get("Vary") == "" {
		t.Errorf("%v, %v", packed.Header(), plain.Header())
	}
	if packed.Body.Len() > plain.Body.Len()/2 {
		t.Errorf("%d bytes of %d", packed.Body.Len(), plain.Body.Len())
	}
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(z); err != nil || string(got) != plain.Body.String() {
		t.Errorf("another text: %v", err)
	}
	again := get(h, "/assets/worker.js", "If-Modified-Since", plain.Header().Get("Last-Modified"))
	if again.Code != http.StatusNotModified {
		t.Errorf("unchanged: %d", again.Code)
	}
}

// TestPagesBelongToTheSite: nothing in the pages or their scripts is loaded from elsewhere, and no script is in them.
func TestPagesBelongToTheSite(t *testing.T) {
	h, _ := written(t, &web.Site{Transfer: true, NewFiles: true})
	for _, path := range []string{"/", "/file/"} {
		text := get(h, path).Body.String()
		for _, forbidden := range []string{"src=\"http", "href=\"//", "<script>", "style=", "onclick=", "@import", "url("} {
			if strings.Contains(text, forbidden) {
				t.Errorf("%s has %s", path, forbidden)
			}
		}
	}
}

func TestInformation(t *testing.T) {
	site := &web.Site{
		Version: "v1", IniName: "x.ini", Transfer: true, FileTTL: 30 * time.Hour, NewFiles: true, Password: true, Statistics: true,
		Address: smp.ServerAddress{Hosts: []string{"a.example", "b.onion"}},
		Information: web.Information{
			Website: "https://a.example", Operator: web.Entity{Name: "<b>O</b>", Country: "CH"}, Hosting: web.Entity{Name: "H"},
			HostingType: "owned", ServerCountry: "IS", UsageConditions: "javascript:alert(1)",
			Admin:      web.Contacts{SimpleX: "simplex:/contact#x", Email: "a@a.example", PGP: "https://a.example/key", PGPFingerprint: "AB CD"},
			Complaints: web.Contacts{PGP: "https://a.example/key"},
		},
	}
	h, _ := written(t, site)
	text := get(h, "/").Body.String()
	for _, want := range []string{
		"v1", "x.ini", `<a href="https://a.example"`, "&lt;b&gt;O&lt;/b&gt; (CH)", "<dd>H</dd>", "owned", "IS", "simplex:/contact#x",
		`href="mailto:a@a.example"`, "AB CD", "after 30 hours", "allowed with a password", "<dd>kept</dd>", `content="http://b.onion/"`, `href="/file/"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in the page", want)
		}
	}
	for _, not := range []string{"<b>", `href="javascript`, "Complaints", "Amendments"} {
		if strings.Contains(text, not) {
			t.Errorf("%s in the page", not)
		}
	}
	transfer := get(h, "/file/").Body.String()
	for _, want := range []string{`data-hosts="a.example,b.onion"`, `data-port="443"`, `data-uploads="password"`, "for 30 hours", `data-most="1073741824"`, "Up to 1 GB."} {
		if !strings.Contains(transfer, want) {
			t.Errorf("no %s in the page of files", want)
		}
	}
}

// TestMostIsTheQuota: no more is promised than the router may hold.
func TestMostIsTheQuota(t *testing.T) {
	for quota, want := range map[int64]string{0: "Up to 1 GB.", 100 << 30: "Up to 1 GB.", 300 << 20: "Up to 300 MB.", 1<<20 + 5: "Up to 1 MB.", 500: "Up to 500 bytes."} {
		h, _ := written(t, &web.Site{Transfer: true, NewFiles: true, Quota: quota})
		if text := get(h, "/file/").Body.String(); !strings.Contains(text, want) {
			t.Errorf("a quota of %d: no %q", quota, want)
		}
	}
}

// TestWriteAgain: a router that browsers can no longer reach has no page of files, and the operator's files stay.
func TestWriteAgain(t *testing.T) {
	site := &web.Site{Transfer: true}
	_, dir := written(t, site)
	own := filepath.Join(dir, "own.txt")
	if err := os.WriteFile(own, []byte("own"), 0o644); err != nil {
		t.Fatal(err)
	}
	site.Transfer = false
	if err := site.Write(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"file/index.html", "file/index.html.gz"} {
		if _, err := os.Stat(filepath.Join(dir, name)); !os.IsNotExist(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(own); err != nil {
		t.Error(err)
	}
	if err := site.Write(own); err == nil {
		t.Error("a site is written into a file")
	}
}
