package extsort

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// A run is a file of rows in order: uvarint length of the key, uvarint length of the value, key, value.
type run struct {
	file               *os.File
	out                *bufio.Writer
	size               int64
	scratch            []byte
	lastKey, lastValue []byte
}

// writeBuffer is what a run gathers before it writes.
const writeBuffer = 1 << 20

func newRun(dir string) (*run, error) {
	f, err := os.CreateTemp(dir, "run-*")
	if err != nil {
		return nil, err
	}
	return &run{file: f}, nil
}

func (r *run) append(key, value []byte) error {
	if r.out == nil {
		r.out = bufio.NewWriterSize(r.file, writeBuffer)
	}
	r.scratch = binary.AppendUvarint(r.scratch[:0], uint64(len(key)))
	r.scratch = binary.AppendUvarint(r.scratch, uint64(len(value)))
	for _, b := range [][]byte{r.scratch, key, value} {
		if _, err := r.out.Write(b); err != nil {
			return err
		}
		r.size += int64(len(b))
	}
	r.lastKey = append(r.lastKey[:0], key...)
	r.lastValue = append(r.lastValue[:0], value...)
	return nil
}

// flush writes what has gathered. More may be appended.
func (r *run) flush() error {
	if r.out == nil {
		return nil
	}
	err := r.out.Flush()
	r.out = nil
	return err
}

func (r *run) remove() error {
	return errors.Join(r.file.Close(), os.Remove(r.file.Name()))
}

// runReader gives the rows of a run.
type runReader struct {
	in         *bufio.Reader
	buf        []byte
	key, value []byte
	prefix     uint64
}

func (r *run) read(buffer int) *runReader {
	return &runReader{in: bufio.NewReaderSize(io.NewSectionReader(r.file, 0, r.size), buffer)}
}

// next reads a row; io.EOF is the end.
func (r *runReader) next() error {
	k, err := binary.ReadUvarint(r.in)
	if err != nil {
		return err
	}
	v, err := binary.ReadUvarint(r.in)
	if err != nil || k > maxRow || v > maxRow {
		return fmt.Errorf("extsort: a run is damaged: %w", noEOF(err))
	}
	if n := int(k + v); n > cap(r.buf) {
		r.buf = make([]byte, n)
	}
	r.buf = r.buf[:k+v]
	if _, err := io.ReadFull(r.in, r.buf); err != nil {
		return fmt.Errorf("extsort: a run is damaged: %w", noEOF(err))
	}
	r.key, r.value = r.buf[:k:k], r.buf[k:]
	r.prefix = prefixOf(r.key)
	return nil
}

func noEOF(err error) error {
	if err == nil || err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
