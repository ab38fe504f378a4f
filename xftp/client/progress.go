package client

import (
	"io"
	"sync"
)

// counter adds up what tasks have done, and tells it, one call at a time.
type counter struct {
	total    int64
	progress func(done, total int64) // whole packets
	moved    func(done, total int64) // bytes that have passed, those of packets under way too

	mu      sync.Mutex
	done    int64
	partial int64
}

// add counts a packet that is done.
func (c *counter) add(n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done += n
	if c.progress != nil {
		c.progress(c.done, c.total)
	}
	c.tell()
}

func (c *counter) tell() {
	if c.moved != nil {
		c.moved(min(c.done+c.partial, c.total), c.total)
	}
}

// attempt counts the bytes of a packet under way, which end returns when the attempt is over: add counts what succeeds.
func (c *counter) attempt() *attempt { return &attempt{counter: c} }

type attempt struct {
	counter *counter
	n       int64
	over    bool // HTTP/2 may still read from a body whose request has failed
}

func (a *attempt) count(n int) {
	a.counter.mu.Lock()
	defer a.counter.mu.Unlock()
	if a.over {
		return
	}
	a.n += int64(n)
	a.counter.partial += int64(n)
	a.counter.tell()
}

func (a *attempt) end() {
	a.counter.mu.Lock()
	defer a.counter.mu.Unlock()
	a.counter.partial -= a.n
	a.n, a.over = 0, true
}

// from counts what is read of src, and to what is written to dst.
func (a *attempt) from(src io.Reader) io.Reader { return counted{a, src, nil} }
func (a *attempt) to(dst io.Writer) io.Writer   { return counted{a, nil, dst} }

type counted struct {
	*attempt
	src io.Reader
	dst io.Writer
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.src.Read(p)
	c.count(n)
	return n, err
}

func (c counted) Write(p []byte) (int, error) {
	n, err := c.dst.Write(p)
	c.count(n)
	return n, err
}
