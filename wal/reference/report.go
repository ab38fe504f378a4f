package reference

import (
	"bufio"
	"errors"
	"io"
	"os"
	"sync"
)

// Report names what was left out, by its place, in a file. It is safe for all goroutines.
type Report struct {
	mu    sync.Mutex
	file  *os.File
	out   *bufio.Writer
	size  int64
	count int64
	err   error // of writing
}

// NewReport begins a report in a new file.
func NewReport(path string) (*Report, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &Report{file: f, out: bufio.NewWriter(f)}, nil
}

// Skip names what was left out, and why.
func (r *Report) Skip(at Place, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count++
	r.line(at.String() + ": " + why.Error())
}

// Line writes a line that is not counted.
func (r *Report) Line(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.line(text)
}

func (r *Report) line(text string) {
	n, err := r.out.WriteString(text + "\n")
	r.size += int64(n)
	r.err = errors.Join(r.err, err)
}

// Skipped is how much was left out.
func (r *Report) Skipped() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count
}

// mark is how far a report has come.
type mark struct{ size, count int64 }

func (r *Report) mark() mark {
	r.mu.Lock()
	defer r.mu.Unlock()
	return mark{r.size, r.count}
}

// back takes away what was written since m.
func (r *Report) back(m mark) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.out.Flush(); err != nil {
		return err
	}
	if _, err := r.file.Seek(m.size, io.SeekStart); err != nil {
		return err
	}
	r.size, r.count = m.size, m.count
	return r.file.Truncate(m.size)
}

// Close writes what is left, durably.
func (r *Report) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(r.err, r.out.Flush(), r.file.Sync(), r.file.Close())
}
