package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Follower reads a journal to which another process adds. Its user has a lock.
type Follower struct {
	file *os.File
	at   int64  // behind the lines that were read
	text []byte // what was read last
}

// followerRead is room for some lines.
const followerRead = 4 << 10

// Follow opens the journal, which may not have begun.
func Follow(path string) (*Follower, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &Follower{file: f, text: make([]byte, followerRead)}, nil
}

// Poll returns the entries that were added since the last call. A line that is not whole yet is left for the next.
func (f *Follower) Poll() (all []Entry, err error) {
	for {
		n, end := f.file.ReadAt(f.text, f.at)
		whole, err := takeEntries(f.text[:n], func(e Entry) { all = append(all, e) })
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

// Close ends the following.
func (f *Follower) Close() error { return f.file.Close() }
