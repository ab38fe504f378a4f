package site

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strings"
)

// Policy is what pages may do: run and show what comes from here. Kinds of servers may add to it.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

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

// association is a file of Apple's, which has no extension.
const association = "apple-app-site-association"

func contentType(name string) string {
	if t := contentTypes[path.Ext(name)]; t != "" {
		return t
	}
	if path.Base(name) == association {
		return "application/json"
	}
	return "application/octet-stream"
}

// Handler serves the site in a directory, and nothing outside of it, whatever links lie there. policy is Policy, or more.
func Handler(dir *os.Root, policy string) http.Handler { return &handler{dir, policy} }

type handler struct {
	dir    *os.Root
	policy string
}

func (h *handler) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	if q.Method != http.MethodGet && q.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "this is a site to look at", http.StatusMethodNotAllowed)
		return
	}
	header := w.Header()
	header.Set("Content-Security-Policy", h.policy)
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
	content := io.ReadSeeker(f)
	if compressible(name) {
		header.Set("Vary", "Accept-Encoding")
		if strings.Contains(q.Header.Get("Accept-Encoding"), "gzip") {
			if z := h.compressed(name, info); z != nil {
				defer z.Close()
				header.Set("Content-Encoding", "gzip")
				content = z
			} else if packed := pack(f, info); packed != nil {
				header.Set("Content-Encoding", "gzip")
				content = bytes.NewReader(packed)
			}
		}
	}
	http.ServeContent(w, q, name, info.ModTime(), content)
}

// compressible tells which files are smaller when compressed.
func compressible(name string) bool {
	switch path.Ext(name) {
	case ".html", ".css", ".js", ".json", ".svg", ".txt":
		return true
	}
	return path.Base(name) == association
}

// maxPacked is the size of the largest file of an operator's that is compressed for each who asks for it.
const maxPacked = 256 << 10

// pack compresses a file of the operator's. It is nil when that is not to be done, and f is at its beginning then.
func pack(f *os.File, info fs.FileInfo) []byte {
	if info.Size() > maxPacked {
		return nil
	}
	plain, err := io.ReadAll(io.LimitReader(f, maxPacked+1))
	if _, back := f.Seek(0, io.SeekStart); err != nil || back != nil || len(plain) > maxPacked {
		return nil
	}
	return compress(plain, gzip.DefaultCompression)
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
	z, err := h.openFile(name + packedSuffix)
	if err != nil {
		return nil
	}
	if info, err := z.Stat(); err != nil || info.ModTime().Before(file.ModTime()) {
		z.Close()
		return nil
	}
	return z
}

var errNoFile = errors.New("site: not a file of the site")

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
