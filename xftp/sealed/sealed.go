// Package sealed is the encrypted form of a file, which XFTP clients cut into packets (reference: File encryption in
// protocol/xftp.md and FileTransfer/Crypto):
//
//	box of ( u64 L ‖ header ‖ content ‖ '#' … ) as one stream, its 16-byte tag at the end
//	header = short name ‖ '0'        L = bytes of header and content
//
// The whole has as many bytes as the packets together. Files pass through in pieces, memory does not depend on their
// size. The package does no I/O of its own and imports smp and box.
package sealed

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"switchyard/box"
	"switchyard/smp"
)

const (
	lengthSize = 8
	maxHeader  = 1024 // what readers look into for the header
	pieceSize  = 64 << 10
)

// Errors of files that are not what they should be.
var (
	ErrName   = errors.New("the file name is longer than 255 bytes")
	ErrTag    = errors.New("error decrypting file: incorrect auth tag")
	ErrSize   = errors.New("error decrypting file: incorrect file size")
	ErrHeader = errors.New("invalid file header")
)

// Key is what a file is sealed with. It seals one file only.
type Key struct {
	Key   [box.KeySize]byte
	Nonce [box.NonceSize]byte
}

func (k *Key) stream() *box.Streamed {
	var subkey [box.KeySize]byte
	box.Precompute(&subkey, &k.Key)
	return box.NewStreamed(&k.Nonce, &subkey)
}

func header(name string) ([]byte, error) {
	if len(name) > smp.MaxShort {
		return nil, ErrName
	}
	return append(smp.AppendShort(nil, []byte(name)), '0'), nil
}

// PayloadSize is how many bytes packets must hold at least for a file of n bytes: length, header, content and tag.
func PayloadSize(name string, n int64) (int64, error) {
	h, err := header(name)
	return lengthSize + int64(len(h)) + n + box.TagSize, err
}

// Encrypt writes the sealed form, total bytes long, of the n bytes of src. A src that has another length is an error,
// and so is a total below PayloadSize.
func Encrypt(dst io.Writer, src io.Reader, name string, n, total int64, key *Key) error {
	h, err := header(name)
	if err != nil {
		return err
	}
	return encrypt(dst, src, h, n, total, key)
}

func encrypt(dst io.Writer, src io.Reader, h []byte, n, total int64, key *Key) error {
	payload := int64(len(h)) + n
	padding := total - box.TagSize - lengthSize - payload
	if padding < 0 {
		return ErrSize
	}
	w := &writer{dst: dst, box: key.stream(), piece: make([]byte, 0, pieceSize)}
	w.Write(append(binary.BigEndian.AppendUint64(nil, uint64(payload)), h...))
	got, err := io.Copy(w, struct{ io.Reader }{src})
	if err != nil {
		return err
	}
	if got != n {
		return fmt.Errorf("the file has %d bytes now, %d before: it changes while it is read", got, n)
	}
	if _, err := io.CopyN(w, filler{}, padding); err != nil {
		return err
	}
	if err := w.flush(); err != nil {
		return err
	}
	tag := w.box.Tag()
	_, err = dst.Write(tag[:])
	return err
}

// filler is an endless text of '#'.
type filler struct{}

func (filler) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '#'
	}
	return len(p), nil
}

// writer seals what is written to it, piece by piece.
type writer struct {
	dst   io.Writer
	box   *box.Streamed
	piece []byte
}

func (w *writer) Write(p []byte) (int, error) {
	written := len(p)
	for len(p) > 0 {
		n := min(len(p), cap(w.piece)-len(w.piece))
		w.piece, p = append(w.piece, p[:n]...), p[n:]
		if len(w.piece) == cap(w.piece) {
			if err := w.flush(); err != nil {
				return 0, err
			}
		}
	}
	return written, nil
}

func (w *writer) flush() error {
	w.box.Seal(w.piece)
	_, err := w.dst.Write(w.piece)
	w.piece = w.piece[:0]
	return err
}

// Opener opens a sealed file: NewOpener reads its name, WriteTo the content.
type Opener struct {
	Name string // as the sender gave it: not fit to be a path; bytes that are not UTF-8 are '?'
	Size int64  // bytes of the content

	src     io.Reader
	box     *box.Streamed
	rest    int64  // sealed bytes not read yet, the tag left out
	content int64  // bytes of the content not written yet
	head    []byte // content that was read together with the header
}

// NewOpener reads the beginning of a sealed file of total bytes. What it finds there has not been vouched for by the
// tag yet.
func NewOpener(src io.Reader, total int64, key *Key) (*Opener, error) {
	if total < lengthSize+box.TagSize {
		return nil, ErrSize
	}
	o := &Opener{src: src, box: key.stream(), rest: total - box.TagSize}
	head := make([]byte, min(o.rest, lengthSize+maxHeader))
	if err := o.read(head); err != nil {
		return nil, err
	}
	length := binary.BigEndian.Uint64(head)
	if length > uint64(total-box.TagSize-lengthSize) {
		return nil, ErrSize
	}
	inside := head[lengthSize:][:min(uint64(len(head)-lengthSize), length)]
	name, after, ok := smp.ParseShort(inside)
	if !ok {
		return nil, ErrHeader
	}
	_, after, ok = smp.ParseMaybeShort(after) // for applications; the reference's client does not look at it either
	if !ok {
		return nil, ErrHeader
	}
	o.Name = strings.ToValidUTF8(string(name), "?")
	o.Size = int64(length) - int64(len(inside)-len(after))
	o.content, o.head = o.Size, after
	return o, nil
}

// read fills p with the next bytes, opened.
func (o *Opener) read(p []byte) error {
	if _, err := io.ReadFull(o.src, p); err != nil {
		return cut(err)
	}
	o.box.Open(p)
	o.rest -= int64(len(p))
	return nil
}

// cut: a file that ends early has another size; that it cannot be read is something else.
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrSize
	}
	return err
}

// WriteTo writes the content and checks the tag at the end. On any error, ErrTag above all, what was written is
// worthless.
func (o *Opener) WriteTo(dst io.Writer) (written int64, err error) {
	emit := func(p []byte) error {
		p = p[:min(int64(len(p)), o.content)]
		n, err := dst.Write(p)
		written += int64(n)
		o.content -= int64(n)
		return err
	}
	if err := emit(o.head); err != nil {
		return written, err
	}
	piece := make([]byte, min(pieceSize, max(o.rest, box.TagSize)))
	for o.rest > 0 {
		p := piece[:min(int64(len(piece)), o.rest)]
		if err := o.read(p); err != nil {
			return written, err
		}
		if err := emit(p); err != nil {
			return written, err
		}
	}
	tag := piece[:box.TagSize]
	if _, err := io.ReadFull(o.src, tag); err != nil {
		return written, cut(err)
	}
	if !o.box.Verify(tag) {
		return written, ErrTag
	}
	return written, nil
}
