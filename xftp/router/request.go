package router

import (
	"errors"
	"io"
	"net/http"

	"switchyard/xftp"
)

// request serves one request. Path and, but for browsers, method are of no account; every answer has status 200.
func (r *Router) request(w http.ResponseWriter, q *http.Request) {
	s := sessionOf(q.Context())
	s.begin(r.cfg.Now())
	defer s.end()
	if s.web && (q.Method == http.MethodGet || q.Method == http.MethodHead) {
		if r.cfg.Pages == nil {
			http.NotFound(w, q)
			return
		}
		r.cfg.Pages.ServeHTTP(w, q)
		return
	}
	h := w.Header()
	h["Date"], h["Content-Type"] = nil, nil
	if s.web {
		h.Set("Access-Control-Allow-Origin", "*")
		if q.Method == http.MethodOptions {
			h.Set("Access-Control-Allow-Methods", "POST, OPTIONS")
			h.Set("Access-Control-Allow-Headers", "*")
			h.Set("Access-Control-Max-Age", "86400")
			return
		}
		h.Set("Access-Control-Expose-Headers", "*")
	}
	if s.silent {
		return
	}
	if answer := r.answer(s, w, q); answer != nil {
		if err := answer(); err != nil {
			panic(http.ErrAbortHandler) // so that the client sees that the packet is not whole
		}
	}
}

// answer reads the head of the body and carries out what it asks for. What takes long and needs no buffer of a body,
// the sending of a packet, is left to the function that it may return.
func (r *Router) answer(s *session, w http.ResponseWriter, q *http.Request) func() error {
	buffer := r.buffers.Get().(*[]byte)
	defer r.buffers.Put(buffer)
	n, err := io.ReadFull(q.Body, (*buffer)[:xftp.BlockSize])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		panic(http.ErrAbortHandler) // the client is gone
	}
	head := (*buffer)[:n]
	if answer, done := r.hello(s, q.Header, head); done {
		w.Write(answer)
		return nil
	}
	return r.command(s, w, q, head)
}
