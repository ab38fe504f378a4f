package xftp

// Sizes of packets in bytes; a router accepts no others.
const (
	Size64K  = 64 << 10
	Size256K = 256 << 10
	Size1M   = 1 << 20
	Size4M   = 4 << 20
)

// PacketSizes are the sizes that a router accepts, in ascending order.
var PacketSizes = [...]uint32{Size64K, Size256K, Size1M, Size4M}

// ValidSize tells whether a packet may have this size.
func ValidSize(n uint32) bool {
	for _, s := range PacketSizes {
		if n == s {
			return true
		}
	}
	return false
}

// SplitSizes says in which packets a payload of n bytes travels (length, header, file and tag of package sealed). Two
// neighbouring sizes are used, chosen once for the whole payload; the small one for the rest that would fill at most
// three quarters of the big one. The list is empty when n is 0.
func SplitSizes(n int64) (sizes []uint32) {
	small, big := int64(Size64K), int64(Size256K)
	switch {
	case n > Size4M*3/4:
		small, big = Size1M, Size4M
	case n > Size1M*3/4:
		small, big = Size256K, Size1M
	}
	for ; n >= big; n -= big {
		sizes = append(sizes, uint32(big))
	}
	if n > big*3/4 {
		return append(sizes, uint32(big))
	}
	for ; n > 0; n -= small {
		sizes = append(sizes, uint32(small))
	}
	return sizes
}

// SingleSize is the smallest packet that holds n bytes; ok is false when none does.
func SingleSize(n int64) (size uint32, ok bool) {
	for _, s := range PacketSizes {
		if n <= int64(s) {
			return s, true
		}
	}
	return 0, false
}
