package cli

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
)

// Output is standard output or standard error. It remembers that something could not be written.
type Output struct {
	file   *os.File
	unread func() // called when nobody reads any more; nil: for nothing

	mu     sync.Mutex
	failed error // the first fault
}

// NewOutput returns an Output to a file.
func NewOutput(f *os.File) *Output { return &Output{file: f} }

func (o *Output) Write(b []byte) (int, error) {
	n, err := o.file.Write(b)
	if err != nil {
		o.mu.Lock()
		if o.failed == nil {
			o.failed = err
		}
		o.mu.Unlock()
		if o.unread != nil && errors.Is(err, syscall.EPIPE) {
			o.unread()
		}
	}
	return n, err
}

// Fd is for those who ask whether this is a terminal.
func (o *Output) Fd() uintptr { return o.file.Fd() }

// Fault is why something could not be written, nil when all was, or nobody reads it.
func (o *Output) Fault() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failed == nil || errors.Is(o.failed, syscall.EPIPE) {
		return nil
	}
	return fmt.Errorf("cannot write the output: %w", o.failed)
}
