package client

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"io"
	"os"

	"switchyard/xftp"
	"switchyard/xftp/sealed"
)

// sealing is the encrypted form of a file.
type sealing struct {
	key    sealed.Key
	total  int64
	digest []byte // SHA-512
}

// openTemp makes the file for the encrypted form, which nobody but us can open, and finds out whether it will fit.
func (s *sending) openTemp() (err error) {
	payload, err := sealed.PayloadSize(s.source.Name, s.source.Size)
	if err != nil {
		return err
	}
	for _, size := range xftp.SplitSizes(payload) {
		s.packets = append(s.packets, sendingPacket{size: size, offset: s.total})
		s.total += int64(size)
	}
	dir := s.options.TempDir
	if dir == "" {
		dir = os.TempDir()
	}
	if s.file, err = os.CreateTemp(dir, "xftp.encrypted.*"); err != nil {
		return err
	}
	os.Remove(s.file.Name()) // so that it goes however the process ends, where systems allow that
	if free, _, known := room(dir); known && free < s.total {
		s.closeTemp()
		return &RoomError{dir, s.total, free}
	}
	return nil
}

func (s *sending) closeTemp() {
	s.file.Close()
	os.Remove(s.file.Name())
}

// seal encrypts the file: with the key of an earlier call, if this goes on with one, else with a new one.
func (s *sending) seal(ctx context.Context, past *past) error {
	if past != nil {
		s.key = past.key
		if err := s.encrypt(ctx); err != nil {
			return err
		}
		if past.describes(s) {
			s.pool.withdraw(ctx, past.apply(s))
			return nil
		}
		s.pool.withdraw(ctx, past.all()) // the file is another one by now
		s.journal.clear()
	}
	rand.Read(s.key.Key[:])
	rand.Read(s.key.Nonce[:])
	if err := s.encrypt(ctx); err != nil {
		s.journal.remove()
		return err
	}
	s.journal.begin(s)
	return nil
}

// encrypt writes the sealed file, and takes the digests of it and of its packets on the way.
func (s *sending) encrypt(ctx context.Context) error {
	src, err := s.source.Open()
	if err != nil {
		return err
	}
	defer src.Close()
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	whole := sha512.New()
	parts := &partHash{packets: s.packets, hash: sha256.New()}
	out := io.MultiWriter(s.file, whole, parts)
	if err := sealed.Encrypt(out, Until(ctx, src), s.source.Name, s.source.Size, s.total, &s.key); err != nil {
		return err
	}
	s.digest = whole.Sum(nil)
	return nil
}

// partHash takes the digest of each packet of what is written to it.
type partHash struct {
	packets []sendingPacket // from the current one on
	hash    hash.Hash
	filled  uint32
}

func (h *partHash) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		current := &h.packets[0]
		n := min(len(rest), int(current.size-h.filled))
		h.hash.Write(rest[:n])
		rest = rest[n:]
		if h.filled += uint32(n); h.filled == current.size {
			current.digest = h.hash.Sum(nil)
			h.hash.Reset()
			h.packets, h.filled = h.packets[1:], 0
		}
	}
	return len(p), nil
}
