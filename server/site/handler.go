package web

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strings"
)

// policy is what the pages may do: run and show what comes from here, and speak with routers. A link may name packets
// on other routers; nothing else is ever asked of anybody else.
const policy = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self'; " +
	"connect-src 'self' https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

var contentTypes = map[string]string{
	".html":  "text/html; charset=utf-8",
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".json":  "application/json",
	".svg":   "image/svg+xml",
	".png":   "image/png",
	".ico":   "image/x-icon",
	".txt":   "text/plain; charset=utf-8",
	".woff":  "font/woff",
	".woff2": "font/woff2",
	".ttf":   "font/ttf",
}

func contentType(name string) string {
	if t := contentTypes[path.Ext(name)]; t != "" {
		return t
	}
	if path.Base(name) == "apple-app-site-association" {
		return "application/json"
	}
	return "application/octet-stream"
}

// Handler serves the site in a directory, and nothing outside of it, whatever links lie there.
func Handler(dir *os.Root) http.Handler { return &handler{dir} }

type handler struct{ dir *os.Root }

func (h *handler) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	if q.Method != http.MethodGet && q.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "this is a site to look at", http.StatusMethodNotAllowed)
		return
	}
	header := w.Header()
	header.Set("Content-Security-Policy", policy)
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	f, name, err := h.open(q.URL.Path)
	if err != nil {
		http.NotFound(w, q)
		return
	}
	defer f.Close()
	header.Set("Content-Type", contentType(name))
	header.Set("Cache-Control", "no-cache") // ask whether it has changed
	info, err := f.Stat()
	if err != nil {
		http.NotFound(w, q)
		return
	}
	if z := h.compressed(name, info); z != nil {
		defer z.Close()
		header.Set("Vary", "Accept-Encoding")
		if strings.Contains(q.Header.Get("Accept-Encoding"), "gzip") {
			header.Set("Content-Encoding", "gzip")
			f = z
		}
	}
	http.ServeContent(w, q, name, info.ModTime(), f)
}

// open opens the file of a path, or the index of the directory there. well-known stands for .well-known, as with the
// reference, whose operators have their files there.
func (h *handler) open(urlPath string) (*os.File, string, error) {
	name := strings.TrimPrefix(path.Clean("/"+urlPath), "/")
	if rest, ok := strings.CutPrefix(name, ".well-known/"); ok {
		name = "well-known/" + rest
	}
	f, err := h.openFile(name)
	if err != nil {
		name = path.Join(name, "index.html")
		f, err = h.openFile(name)
	}
	return f, name, err
}

// compressed opens the compressed copy of a file, nil if there is none or the file has been changed since.
func (h *handler) compressed(name string, file fs.FileInfo) *os.File {
	z, err := h.openFile(name + compressed)
	if err != nil {
		return nil
	}
	if info, err := z.Stat(); err != nil || info.ModTime().Before(file.ModTime()) {
		z.Close()
		return nil
	}
	return z
}

var errNoFile = errors.New("web: not a file of the site")

// openFile opens a file, but no directory and nothing hidden.
func (h *handler) openFile(name string) (*os.File, error) {
	if !fs.ValidPath(name) || strings.Contains("/"+name, "/.") {
		return nil, errNoFile
	}
	f, err := h.dir.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, errNoFile
	}
	return f, nil
}
