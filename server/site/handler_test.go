package site_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/server/site"
)

// written writes a site and serves it.
func written(t testing.TB, s *site.Site) (http.Handler, string) {
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
	return site.Handler(root, site.Policy), dir
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
	h, dir := written(t, &site.Site{})
	outside := filepath.Join(filepath.Dir(dir), "secret.txt")
	for path, text := range map[string]string{
		outside: "a secret", filepath.Join(dir, ".hidden"): "hidden", filepath.Join(dir, "own.txt"): "the operator's",
		filepath.Join(dir, "own/index.html"): "the operator's", filepath.Join(dir, "well-known/acme-challenge/x"): "x",
		filepath.Join(dir, "well-known/apple-app-site-association"): "{}",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link.txt")); err != nil {
		t.Fatal(err)
	}
	for path, contentType := range map[string]string{
		"/": "text/html; charset=utf-8", "/index.html": "text/html; charset=utf-8", "/own": "text/html; charset=utf-8",
		"/own/": "text/html; charset=utf-8", "/information.json": "application/json", "/media/style.css": "text/css; charset=utf-8",
		"/media/icon.svg": "image/svg+xml", "/own.txt": "text/plain; charset=utf-8",
		"/.well-known/apple-app-site-association": "application/json", "/.well-known/acme-challenge/x": "application/octet-stream",
	} {
		w := get(h, path)
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != contentType || w.Body.Len() == 0 {
			t.Errorf("%s: %d, %s", path, w.Code, w.Header().Get("Content-Type"))
		}
		policy := w.Header().Get("Content-Security-Policy")
		if policy != site.Policy || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", path, policy)
		}
	}
	for _, path := range []string{"/none", "/media", "/media/", "/well-known/acme-challenge/", "/.hidden", "/link.txt", "/../secret.txt", "/media/../../secret.txt", "//etc/passwd", "/own.txt/x", "/\x00", "/media\\style.css"} {
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
	h, dir := written(t, &site.Site{})
	plain, packed := get(h, "/media/style.css"), get(h, "/media/style.css", "Accept-Encoding", "br, gzip")
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
	again := get(h, "/media/style.css", "If-Modified-Since", plain.Header().Get("Last-Modified"))
	if again.Code != http.StatusNotModified {
		t.Errorf("unchanged: %d", again.Code)
	}

	// A file of the operator's has no compressed copy, and one that does not get smaller stays as it is.
	own := strings.Repeat("the operator's words ", 1000)
	for _, name := range []string{"own.txt", "own.png"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(own), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	packed = get(h, "/own.txt", "Accept-Encoding", "gzip")
	if z, err = gzip.NewReader(packed.Body); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(z); err != nil || string(got) != own || packed.Header().Get("Content-Encoding") != "gzip" || packed.Header().Get("Vary") == "" {
		t.Errorf("another text, or %v: %v", packed.Header(), err)
	}
	if w := get(h, "/own.png", "Accept-Encoding", "gzip"); w.Header().Get("Content-Encoding") != "" || w.Body.String() != own {
		t.Errorf("%v", w.Header())
	}
}
