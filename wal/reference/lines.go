package reference

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
)

// maxLine bounds a line: a message takes some 22,000 bytes, link data and keys less.
const maxLine = 1 << 20

var errLong = fmt.Errorf("longer than %d bytes", maxLine)

// lineReader gives the lines of a file, without what ends them.
type lineReader struct {
	in   *bufio.Reader
	at   Place // of the line that was given last
	from int64 // where it begins
	to   int64 // where the next one begins
	read *atomic.Int64
}

// newLineReader counts in read what has been read.
func newLineReader(in io.Reader, name string, read *atomic.Int64) *lineReader {
	return &lineReader{in: bufio.NewReaderSize(in, maxLine), at: Place{In: name}, read: read}
}

// reset goes on with another file.
func (l *lineReader) reset(in io.Reader, at Place) {
	l.in.Reset(in)
	l.at, l.from, l.to = at, 0, 0
}

// next returns a line, valid until the next call. io.EOF is the end; errLong is a line that was passed over.
func (l *lineReader) next() ([]byte, error) {
	line, err := l.in.ReadSlice('\n')
	l.at.Line++
	l.from = l.to
	l.to += int64(len(line))
	l.read.Add(int64(len(line)))
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, l.passOver()
	case err == io.EOF && len(line) == 0:
		l.at.Line--
		return nil, io.EOF
	case err != nil && err != io.EOF:
		return nil, err
	}
	line = trimEnd(line, '\n')
	return trimEnd(line, '\r'), nil
}

// passOver goes to the end of a line.
func (l *lineReader) passOver() error {
	for {
		more, err := l.in.ReadSlice('\n')
		l.to += int64(len(more))
		l.read.Add(int64(len(more)))
		switch {
		case err == nil, err == io.EOF:
			return errLong
		case !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
}

func trimEnd(b []byte, c byte) []byte {
	if n := len(b); n > 0 && b[n-1] == c {
		return b[:n-1]
	}
	return b
}
