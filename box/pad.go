package box

import (
	"errors"
	"slices"
)

// padLimit is the longest message that padding can carry. The length prefix
// could hold 65,535, but the reference stops two short of it.
const padLimit = 1<<16 - 3

var (
	// ErrLargeMessage reports a message that does not fit its padded length.
	ErrLargeMessage = errors.New("box: message larger than its padded length allows")
	// ErrPadding reports padded bytes whose length prefix is missing or
	// points past their end.
	ErrPadding = errors.New("box: bad padding")
)

// Pad appends m padded to n bytes: u16 length ‖ m ‖ '#'. It fails with
// ErrLargeMessage when len(m) > n-2 or len(m) > 65,533.
func Pad(dst, m []byte, n int) ([]byte, error) {
	if len(m) > padLimit || len(m) > n-2 {
		return dst, ErrLargeMessage
	}
	dst = slices.Grow(dst, n)
	dst = append(dst, byte(len(m)>>8), byte(len(m)))
	dst = append(dst, m...)
	for left := n - 2 - len(m); left > 0; {
		c := min(left, len(filler))
		dst = append(dst, filler[:c]...)
		left -= c
	}
	return dst, nil
}

// PadInPlace pads the message of n bytes that stands at buf[2:2+n] to len(buf)
// bytes: it writes the length before and the filler after it. It fails with
// ErrLargeMessage, and then leaves buf alone, when 2+n > len(buf) or n > 65,533.
func PadInPlace(buf []byte, n int) error {
	if n > padLimit || n > len(buf)-2 {
		return ErrLargeMessage
	}
	buf[0], buf[1] = byte(n>>8), byte(n)
	for rest := buf[2+n:]; len(rest) > 0; {
		rest = rest[copy(rest, filler[:]):]
	}
	return nil
}

// Unpad returns the message inside padded bytes, as a part of b. As in the
// reference the filler is not looked at. It fails with ErrPadding.
func Unpad(b []byte) ([]byte, error) {
	if len(b) < 2 {
		return nil, ErrPadding
	}
	n := int(b[0])<<8 | int(b[1])
	if n > len(b)-2 {
		return nil, ErrPadding
	}
	return b[2 : 2+n], nil
}

// filler is copied rather than written byte by byte: the tail of a block with
// a small command in it is 16 KiB of it.
var filler = func() (f [1024]byte) {
	for i := range f {
		f[i] = '#'
	}
	return f
}()
