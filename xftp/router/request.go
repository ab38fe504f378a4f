package router

import (
	"io"
	"net/http"

	"switchyard/xftp"
)

// request serves one request. Path and, but for browsers, method are of no account; every answer has status 200.
func (r *Router) request(w http.ResponseWriter, q *http.Request) {
	s := sessionOf(q.Context())
	s.begin(r.cfg.Now())
	defer s.done()
	if !r.throttle(s, q) {
		panic(http.ErrAbortHandler)
	}
	t := r.newTransfer(s, w, q)
	if s.web && (q.Method == http.MethodGet || q.Method == http.MethodHead) {
		if t.drain() {
			r.pages.ServeHTTP(t, q)
		}
		t.end(false)
		return
	}
	t.end(r.exchange(s, t, q) != nil)
}

// exchange serves what is none of a page. An error says that the response is not whole.
func (r *Router) exchange(s *session, t *transfer, q *http.Request) error {
	h := t.Header()
	h["Date"], h["Content-Type"] = nil, nil
	if s.web {
		h.Set("Access-Control-Allow-Origin", "*")
		if q.Method == http.MethodOptions {
			h.Set("Access-Control-Allow-Methods", "POST, OPTIONS")
			h.Set("Access-Control-Allow-Headers", "*")
			h.Set("Access-Control-Max-Age", "86400")
			return nil
		}
		h.Set("Access-Control-Expose-Headers", "*")
	}
	if s.silent {
		return nil
	}
	send, err := r.answer(s, t, q)
	if send != nil {
		err = send()
	}
	return err
}

// answer reads the head of the body and carries out what it asks for. What takes long and needs no buffer of a body,
// the sending of a packet, is left to the function that it may return.
func (r *Router) answer(s *session, t *transfer, q *http.Request) (send func() error, err error) {
	buffer := r.buffers.Get().(*[]byte)
	defer r.buffers.Put(buffer)
	n, err := t.fill((*buffer)[:xftp.BlockSize])
	if err != nil && err != io.EOF {
		return nil, err
	}
	head := (*buffer)[:n]
	if answer, done := r.hello(s, q.Header, head); done {
		_, err := t.Write(answer)
		return nil, err
	}
	return r.command(s, t, q, head), nil
}
