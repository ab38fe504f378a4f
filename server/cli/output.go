package cli

import (
	"errors"
	"os"
	"sync"
	"syscall"
)

// output is standard output or standard error. It remembers that something could not be written.
type output struct {
	file   *os.File
	unread func() // called when nobody reads any more; nil: for nothing

	mu     sync.Mutex
	failed error // the first fault
}

func (o *output) Write(b []byte) (int, error) {
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
func (o *output) Fd() uintptr { return o.file.Fd() }

func (o *output) fault() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.failed
}
