package crash

import (
	"strings"
	"testing"
)

func TestWrite(t *testing.T) {
	var b strings.Builder
	func(secret [8]byte) {
		defer func() { write(&b, recover()) }()
		fail(secret[0])
	}([8]byte{0xab, 0xcd, 0xef})
	text := b.String()
	if !strings.HasPrefix(text, "panic: runtime error: index out of range [171] with length 1\n") ||
		!strings.Contains(text, "switchyard/server/crash.fail\n\t") || strings.Contains(text, "0x") {
		t.Error(text)
	}
}

//go:noinline
func fail(n byte) byte { return []byte{0}[n] }
