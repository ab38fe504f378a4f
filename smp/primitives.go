package smp

import "encoding/binary"

// ID is an entity ID that a router makes: 24 random bytes. IDs on the wire are short strings of any length.
type ID [24]byte

// MaxShort is the longest string that fits the one-byte length of AppendShort.
const MaxShort = 255

// AppendShort appends s with a one-byte length. It panics when s is longer than MaxShort: the length byte would lie.
func AppendShort(b, s []byte) []byte {
	if len(s) > MaxShort {
		panic("smp: string over 255 bytes in a short field")
	}
	return append(append(b, byte(len(s))), s...)
}

// ParseShort reads a string with a one-byte length. s aliases b.
func ParseShort(b []byte) (s, rest []byte, ok bool) {
	if len(b) == 0 {
		return nil, nil, false
	}
	n := 1 + int(b[0])
	if len(b) < n {
		return nil, nil, false
	}
	return b[1:n:n], b[n:], true
}

// AppendLarge appends s with a two-byte length. It panics when s is longer than 65535 bytes.
func AppendLarge(b, s []byte) []byte {
	if len(s) > 0xFFFF {
		panic("smp: string over 65535 bytes in a large field")
	}
	return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
}

// ParseLarge reads a string with a two-byte length. s aliases b.
func ParseLarge(b []byte) (s, rest []byte, ok bool) {
	if len(b) < 2 {
		return nil, nil, false
	}
	n := 2 + int(binary.BigEndian.Uint16(b))
	if len(b) < n {
		return nil, nil, false
	}
	return b[2:n:n], b[n:], true
}

// AppendU16 appends x big-endian.
func AppendU16(b []byte, x uint16) []byte { return binary.BigEndian.AppendUint16(b, x) }

// ParseU16 reads a big-endian 16-bit number.
func ParseU16(b []byte) (x uint16, rest []byte, ok bool) {
	if len(b) < 2 {
		return 0, nil, false
	}
	return binary.BigEndian.Uint16(b), b[2:], true
}

// AppendU32 appends x big-endian.
func AppendU32(b []byte, x uint32) []byte { return binary.BigEndian.AppendUint32(b, x) }

// ParseU32 reads a big-endian 32-bit number.
func ParseU32(b []byte) (x uint32, rest []byte, ok bool) {
	if len(b) < 4 {
		return 0, nil, false
	}
	return binary.BigEndian.Uint32(b), b[4:], true
}

// AppendI64 appends x big-endian in two's complement. Times are I64 Unix seconds.
func AppendI64(b []byte, x int64) []byte { return binary.BigEndian.AppendUint64(b, uint64(x)) }

// ParseI64 reads a big-endian 64-bit number.
func ParseI64(b []byte) (x int64, rest []byte, ok bool) {
	if len(b) < 8 {
		return 0, nil, false
	}
	return int64(binary.BigEndian.Uint64(b)), b[8:], true
}

// AppendBool appends 'T' or 'F'.
func AppendBool(b []byte, x bool) []byte {
	if x {
		return append(b, 'T')
	}
	return append(b, 'F')
}

// ParseBool reads 'T' or 'F'; any other byte is an error.
func ParseBool(b []byte) (x bool, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != 'T' && b[0] != 'F' {
		return false, nil, false
	}
	return b[0] == 'T', b[1:], true
}

// ParseMaybe reads the tag of an optional value: '0' absent, '1' present (the value follows in rest).
func ParseMaybe(b []byte) (present bool, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '0' && b[0] != '1' {
		return false, nil, false
	}
	return b[0] == '1', b[1:], true
}

// AppendMaybeShort appends '0' when s is nil, else '1' and s as a short string. An empty s that is not nil is present.
func AppendMaybeShort(b, s []byte) []byte {
	if s == nil {
		return append(b, '0')
	}
	return AppendShort(append(b, '1'), s)
}

// ParseMaybeShort reads an optional short string; s is nil when it is absent and never nil when it is present.
func ParseMaybeShort(b []byte) (s, rest []byte, ok bool) {
	present, rest, ok := ParseMaybe(b)
	if !ok || !present {
		return nil, rest, ok
	}
	return ParseShort(rest)
}

// AppendLargeList appends a one-byte count and each item as a large string. It panics unless there are 1 to 255 items.
func AppendLargeList(b []byte, items [][]byte) []byte {
	if len(items) == 0 || len(items) > 255 {
		panic("smp: a list has 1 to 255 items")
	}
	b = append(b, byte(len(items)))
	for _, s := range items {
		b = AppendLarge(b, s)
	}
	return b
}

// ParseLargeList reads a list of large strings; the empty list is an error. The items alias b.
func ParseLargeList(b []byte) (items [][]byte, rest []byte, ok bool) {
	if len(b) == 0 || b[0] == 0 || 2*int(b[0]) > len(b)-1 {
		return nil, nil, false
	}
	n, rest := int(b[0]), b[1:]
	items = make([][]byte, n)
	for i := range items {
		if items[i], rest, ok = ParseLarge(rest); !ok {
			return nil, nil, false
		}
	}
	return items, rest, true
}
