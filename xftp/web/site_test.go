package web_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchyard/server/information"
	"switchyard/server/site"
	"switchyard/smp"
	"switchyard/xftp/web"
)

// written writes a site and serves it.
func written(t testing.TB, s *web.Site) (http.Handler, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "www")
	write(t, s, dir)
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return site.Handler(root, web.Policy), dir
}

func write(t testing.TB, s *web.Site, dir string) {
	t.Helper()
	whole, err := s.Site()
	if err != nil {
		t.Fatal(err)
	}
	if err := whole.Write(dir); err != nil {
		t.Fatal(err)
	}
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

// TestPolicy: the transfer page may speak with routers and run its worker, and not more than that.
func TestPolicy(t *testing.T) {
	h, _ := written(t, &web.Site{Transfer: true})
	for path, contentType := range map[string]string{
		"/": "text/html; charset=utf-8", "/file": "text/html; charset=utf-8", "/file/": "text/html; charset=utf-8",
		"/assets/page.js": "text/javascript; charset=utf-8", "/assets/worker.js": "text/javascript; charset=utf-8",
		"/assets/transfer.css": "text/css; charset=utf-8", "/media/style.css": "text/css; charset=utf-8",
	} {
		w := get(h, path)
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != contentType || w.Body.Len() == 0 {
			t.Errorf("%s: %d, %s", path, w.Code, w.Header().Get("Content-Type"))
		}
		policy := w.Header().Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; script-src 'self';") || !strings.HasSuffix(policy, "; worker-src 'self'; connect-src 'self' https:") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", path, policy)
		}
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
	pages := &web.Site{
		Version: "v1", IniName: "x.ini", Transfer: true, FileTTL: 30 * time.Hour, NewFiles: true, Password: true, Statistics: true,
		Address:     smp.ServerAddress{Scheme: smp.SchemeXFTP, Hosts: []string{"a.example", "b.onion"}},
		Information: information.Information{Operator: information.Entity{Name: "<b>O</b>", Country: "CH"}},
	}
	h, _ := written(t, pages)
	text := get(h, "/").Body.String()
	for _, want := range []string{
		"v1", "x.ini", "<h1>XFTP router</h1>", "&lt;b&gt;O&lt;/b&gt; (CH)", "after 30 hours", "allowed with a password", "<dd>kept</dd>",
		`content="http://b.onion/"`, `href="/file/"`, `src="/assets/forward.js"`, "xftp://AAAA",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in the page", want)
		}
	}
	json := get(h, "/information.json").Body.String()
	if want := `"fileExpiration": 108000`; !strings.Contains(json, want) {
		t.Errorf("no %s in %s", want, json)
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

// TestWriteAgain: a router that browsers can no longer reach has no page of files.
func TestWriteAgain(t *testing.T) {
	pages := &web.Site{Transfer: true}
	_, dir := written(t, pages)
	pages.Transfer = false
	write(t, pages, dir)
	for _, name := range []string{"file/index.html", "file/index.html.gz"} {
		if _, err := os.Stat(filepath.Join(dir, name)); !os.IsNotExist(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
