package smp

import "testing"

// IPv6 addresses are read with capital letters, too, and written without.
func TestIPv6OfCapitals(t *testing.T) {
	host, rest, ok := parseIPv6("FF02::ABCD:EF/x")
	if !ok || host != "ff02::abcd:ef" || rest != "/x" {
		t.Errorf("%q, %q, %v", host, rest, ok)
	}
}

// An error may be relayed as often as the protocol can say, and not once more.
func TestErrorsRelayedOften(t *testing.T) {
	e := ErrAuth
	for range maxRelayed + 1 {
		e = ErrProxyProtocol(e)
	}
	defer func() {
		if recover() == nil {
			t.Error("an error is relayed more often than can be said")
		}
	}()
	ErrProxyProtocol(e)
}

// The most items that a list of large strings can have for its bytes are read: empty ones.
func TestListOfEmptyItems(t *testing.T) {
	b := AppendLargeList(nil, [][]byte{nil, nil, nil})
	items, rest, ok := ParseLargeList(b)
	if !ok || len(items) != 3 || len(rest) != 0 {
		t.Errorf("%d items, %d bytes left, %v", len(items), len(rest), ok)
	}
	if _, _, ok := ParseLargeList(b[:len(b)-1]); ok {
		t.Error("a list is read of which a byte is missing")
	}
}
