package router

import (
	"context"
	"errors"
	"io"

	"switchyard/server/listen"
	"switchyard/xftp/packets"
)

// A packet that is sent or received is an open file, or a connection with a bucket. Requests have so many of these at a time
// (listen.Gate), so that the store and the acceptors never lack files. One more is answered by TIMEOUT, which clients of the
// reference take for a fault that passes: they try again.
var errNoFiles = errors.New("router: as many files are open for requests as may be")

// openBody opens the body of a packet.
func (r *Router) openBody(ctx context.Context, sender packets.ID) (io.ReadCloser, error) {
	if !r.cfg.Gate.Borrow() {
		return nil, errNoFiles
	}
	body, err := r.store.Body(ctx, sender)
	if err != nil {
		r.cfg.Gate.Return()
		return nil, err
	}
	return &lent{body, r.cfg.Gate}, nil
}

// lent is a body whose file goes back to the gate.
type lent struct {
	io.ReadCloser
	gate *listen.Gate
}

func (l *lent) Close() error {
	defer l.gate.Return()
	return l.ReadCloser.Close()
}
