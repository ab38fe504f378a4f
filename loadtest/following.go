package loadtest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// following reads a journal to which another process adds. Its user has a lock.
type following struct {
	file *os.File
	at   int64  // behind the lines that were read
	text []byte // what was read last
}

// followingRead is room for some lines.
const followingRead = 4 << 10

// follow opens the journal, which may not have begun.
func follow(path string) (*following, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &following{file: f, text: make([]byte, followingRead)}, nil
}

// news is the lines that were added since the last call. One that is not whole yet is left for the next.
func (f *following) news() (all []entry, err error) {
	for {
		n, end := f.file.ReadAt(f.text, f.at)
		whole, err := takeEntries(f.text[:n], func(e entry) { all = append(all, e) })
		f.at += int64(whole)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s: %w", filepath.Base(f.file.Name()), err)
		case errors.Is(end, io.EOF):
			return all, nil
		case end != nil:
			return nil, end
		case whole == 0:
			f.text = make([]byte, 2*len(f.text))
		}
	}
}

func (f *following) close() error { return f.file.Close() }
