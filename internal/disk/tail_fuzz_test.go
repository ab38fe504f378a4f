package disk

import (
	"bytes"
	"testing"
)

// FuzzTails: what is read as the ends of the files is written in the same way, and nothing else is.
func FuzzTails(f *testing.F) {
	f.Add(appendTails(nil, &[tailKinds]tail{{0, 1, 2}, {1, 1 << 40, 0}}))
	f.Add(make([]byte, tailSize))
	f.Fuzz(func(t *testing.T, b []byte) {
		all, ok := parseTails(b)
		if ok && !bytes.Equal(appendTails(nil, &all), b) {
			t.Errorf("%x was read as %+v", b, all)
		}
		if len(b) < tailSize-4 {
			return
		}
		sealed := append(bytes.Clone(b[:tailSize-4]), 0, 0, 0, 0) // so that other contents get past the checksum
		sum := checksum(b[:tailSize-4])
		sealed[tailSize-4], sealed[tailSize-3], sealed[tailSize-2], sealed[tailSize-1] =
			byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum)
		if all, ok := parseTails(sealed); !ok || !bytes.Equal(appendTails(nil, &all), sealed) {
			t.Errorf("%x was read as %+v", sealed, all)
		}
	})
}
