// Package s3test is an S3-compatible object store in memory, inside a test: as much of the protocol as
// packets.S3 speaks, with path-style names. Signatures are not checked. Only tests import it.
package s3test

import (
	"bufio"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server is the object store.
type Server struct {
	URL *url.URL

	mu      sync.Mutex
	bucket  string
	objects map[string][]byte
	refuse  func(method, object string) bool
}

// Start starts a store with one bucket, which ends with the test.
func Start(t testing.TB, bucket string) *Server {
	t.Helper()
	s := &Server{bucket: bucket, objects: make(map[string][]byte)}
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	s.URL, _ = url.Parse(h.URL)
	return s
}

// Refuse has requests fail with status 500 for which refuse is true; nil has none fail. It may be said while requests are under way.
func (s *Server) Refuse(refuse func(method, object string) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = refuse
}

func (s *Server) refuses(method, object string) bool {
	s.mu.Lock()
	refuse := s.refuse
	s.mu.Unlock()
	return refuse != nil && refuse(method, object)
}

// Objects lists the names of the objects.
func (s *Server) Objects() (names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name := range s.objects {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Put puts an object there.
func (s *Server) Put(name string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[name] = data
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	bucket, object, _ := strings.Cut(strings.TrimPrefix(q.URL.Path, "/"), "/")
	switch {
	case bucket != s.bucket:
		fail(w, http.StatusNotFound, "NoSuchBucket")
	case s.refuses(q.Method, object):
		fail(w, http.StatusInternalServerError, "InternalError")
	case object == "" && q.URL.Query().Has("location"):
		io.WriteString(w, `<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></LocationConstraint>`)
	case object == "" && q.Method == http.MethodHead:
	case object == "":
		s.list(w, q.URL.Query().Get("prefix"))
	case q.Method == http.MethodPut && q.Header.Get("X-Amz-Copy-Source") != "":
		s.copy(w, q.Header.Get("X-Amz-Copy-Source"), object)
	case q.Method == http.MethodPut:
		s.put(w, q, object)
	case q.Method == http.MethodDelete:
		s.mu.Lock()
		delete(s.objects, object)
		s.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	default:
		s.get(w, object)
	}
}

func fail(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	io.WriteString(w, "<Error><Code>"+code+"</Code><Message>"+code+"</Message></Error>")
}

func (s *Server) find(object string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, ok := s.objects[object]
	return data, ok
}

const etag = `"00000000000000000000000000000000"`

func (s *Server) get(w http.ResponseWriter, object string) {
	data, ok := s.find(object)
	if !ok {
		fail(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	w.Header().Set("Etag", etag)
	w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	w.Write(data)
}

// put stores a body only when it is whole, as object stores do.
func (s *Server) put(w http.ResponseWriter, q *http.Request, object string) {
	var data []byte
	var err error
	if strings.HasPrefix(q.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		data, err = readChunks(bufio.NewReader(q.Body))
		if want := q.Header.Get("X-Amz-Decoded-Content-Length"); err == nil && want != strconv.Itoa(len(data)) {
			err = errors.New("another length")
		}
	} else {
		data, err = io.ReadAll(q.Body)
	}
	if err != nil {
		fail(w, http.StatusBadRequest, "IncompleteBody")
		return
	}
	s.Put(object, data)
	w.Header().Set("Etag", etag)
}

// readChunks reads the encoding aws-chunked: hexadecimal length, signature, data.
func readChunks(r *bufio.Reader) (data []byte, err error) {
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		hex, _, _ := strings.Cut(strings.TrimSpace(line), ";")
		n, err := strconv.ParseUint(hex, 16, 32)
		if err != nil || n == 0 {
			return data, err
		}
		chunk := make([]byte, n+2)
		if _, err := io.ReadFull(r, chunk); err != nil {
			return nil, err
		}
		data = append(data, chunk[:n]...)
	}
}

func (s *Server) copy(w http.ResponseWriter, source, object string) {
	name, _ := url.PathUnescape(source)
	_, from, _ := strings.Cut(strings.TrimPrefix(name, "/"), "/")
	data, ok := s.find(from)
	if !ok {
		fail(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	s.Put(object, data)
	io.WriteString(w, "<CopyObjectResult><LastModified>2030-01-02T03:04:05.000Z</LastModified><ETag>"+etag+"</ETag></CopyObjectResult>")
}

func (s *Server) list(w http.ResponseWriter, prefix string) {
	type content struct {
		Key          string
		Size         int
		LastModified string
		ETag         string
	}
	result := struct {
		XMLName  xml.Name `xml:"ListBucketResult"`
		Name     string
		Prefix   string
		Contents []content
	}{Name: s.bucket, Prefix: prefix}
	for _, name := range s.Objects() {
		if strings.HasPrefix(name, prefix) {
			result.Contents = append(result.Contents, content{Key: name, LastModified: "2030-01-02T03:04:05.000Z", ETag: etag})
		}
	}
	w.Header().Set("Content-Type", "application/xml")
	xml.NewEncoder(w).Encode(result)
}
