package client

import (
	"io"
	"net"
	"sync"
	"time"

	"switchyard/smp"
	"switchyard/tls"
)

// closeGrace is how long the last record, an alert, may wait for room in the socket.
const closeGrace = 100 * time.Millisecond

// stream is a TLS connection as a sequence of blocks.
//
// The goroutine that dials owns all of it. After that the reader calls readBlock and owns the fields below "reading",
// the writer calls writeBlock; both use tls under tlsMu.
type stream struct {
	conn net.Conn

	tlsMu sync.Mutex
	tls   *tls.Conn

	// Reading. Nothing is borrowed while readBlock waits for the header of a record with nothing left over.
	header     [tls.RecordHeader]byte
	in         *buffer // received records: in.data[start:end] is not yet opened
	start, end int
	plain      []byte  // opened, not yet taken; a part of in
	block      *buffer // a block that is spread over records
	filled     int     // bytes of it that are there
}

// handshake does the TLS handshake.
func (s *stream) handshake() error {
	consumed, err := s.tls.HandshakeOver(s.conn, func(consumed int) ([]byte, error) {
		s.start += consumed
		if err := s.receive(); err != nil {
			return nil, err
		}
		return s.in.data[s.start:s.end], nil
	})
	s.start += consumed
	return err
}

// receive reads until at least one whole record is there, or something that is none: what opens it says so, and has the
// alert. An end of the stream between records is io.EOF, within one io.ErrUnexpectedEOF.
func (s *stream) receive() error {
	if s.in == nil {
		if _, err := io.ReadFull(s.conn, s.header[:]); err != nil {
			return err
		}
		s.in = borrow()
		s.start, s.end = 0, copy(s.in.data[:], s.header[:])
	}
	for {
		n, ok, err := tls.RecordLen(s.in.data[s.start:s.end])
		if err != nil || ok {
			return nil
		}
		missing := max(n, tls.RecordHeader) - (s.end - s.start)
		if s.start > 0 && s.end+missing > bufferSize {
			s.end = copy(s.in.data[:], s.in.data[s.start:s.end])
			s.start = 0
		}
		got, err := io.ReadAtLeast(s.conn, s.in.data[s.end:], missing)
		s.end += got
		if err != nil {
			if err == io.EOF && s.end > s.start {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
	}
}

// readBlock returns the next block as it was sent. It is valid, and may be changed, until the next call.
func (s *stream) readBlock() ([]byte, error) {
	if s.filled == smp.BlockSize {
		s.block.release()
		s.block, s.filled = nil, 0
	}
	for {
		if s.filled == 0 && len(s.plain) >= smp.BlockSize {
			block := s.plain[:smp.BlockSize:smp.BlockSize]
			s.plain = s.plain[smp.BlockSize:]
			return block, nil
		}
		if len(s.plain) > 0 {
			s.gather()
			if s.filled == smp.BlockSize {
				return s.block.data[:smp.BlockSize:smp.BlockSize], nil
			}
		}
		if err := s.openRecord(); err != nil {
			if err == io.EOF && s.filled > 0 {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
}

// gather moves opened bytes to the block that is spread over records.
func (s *stream) gather() {
	if s.block == nil {
		s.block = borrow()
	}
	n := copy(s.block.data[s.filled:smp.BlockSize], s.plain)
	s.plain = s.plain[n:]
	s.filled += n
}

// openRecord receives a record and opens it in place. All that was opened before has been taken.
func (s *stream) openRecord() error {
	if s.in != nil && s.start == s.end {
		s.in.release()
		s.in, s.plain = nil, nil
	}
	if err := s.receive(); err != nil {
		return err
	}
	n, ok, _ := tls.RecordLen(s.in.data[s.start:s.end])
	if !ok {
		n = s.end - s.start
	}
	record := s.in.data[s.start : s.start+n : s.start+n]
	s.start += n
	s.tlsMu.Lock()
	defer s.tlsMu.Unlock()
	var err error
	s.plain, err = s.tls.Open(nil, record)
	return err
}

// writeBlock sends the block in b, which is complete but for the record around it.
func (s *stream) writeBlock(b *buffer) error {
	var answer []byte
	s.tlsMu.Lock()
	if s.tls.HasPending() { // a KeyUpdate has to be answered before more data is sent, and not earlier
		answer = s.tls.Pending(nil)
	}
	record := s.tls.SealInPlace(b.data[:], smp.BlockSize)
	s.tlsMu.Unlock()
	if record == nil {
		return net.ErrClosed
	}
	if len(answer) > 0 {
		if _, err := s.conn.Write(answer); err != nil {
			return err
		}
	}
	_, err := s.conn.Write(record)
	return err
}

// close closes the connection. The last record is the alert of what TLS found wrong, otherwise close_notify.
func (s *stream) close() {
	var last []byte
	s.tlsMu.Lock()
	if s.tls.HandshakeDone() { // a failed handshake has sent its alert
		last = s.tls.Pending(nil)
	}
	last = s.tls.CloseNotify(last)
	s.tlsMu.Unlock()
	if len(last) > 0 {
		_ = s.conn.SetWriteDeadline(time.Now().Add(closeGrace))
		_, _ = s.conn.Write(last) // the connection ends in any case
	}
	_ = s.conn.Close()
}

// forget overwrites the keys of TLS.
func (s *stream) forget() {
	s.tlsMu.Lock()
	defer s.tlsMu.Unlock()
	s.tls.Forget()
}

// releaseAll gives back what the reader has borrowed. The reader has ended.
func (s *stream) releaseAll() {
	if s.in != nil {
		s.in.release()
	}
	if s.block != nil {
		s.block.release()
	}
	s.in, s.block, s.plain = nil, nil, nil
}
