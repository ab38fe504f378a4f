package xftp

import "testing"

// The numbers are those of the list of behaviours in the facts (section 7).

func TestFact31SizesOfPackets(t *testing.T) {
	for _, test := range []struct {
		payload int64
		want    uint32 // 0: none
	}{
		{100, Size64K}, {Size64K, Size64K}, {Size256K, Size256K}, {300000, Size1M}, {Size1M, Size1M}, {Size4M, Size4M}, {5000000, 0},
	} {
		if size, ok := SingleSize(test.payload); size != test.want || ok != (test.want > 0) {
			t.Errorf("one packet of %d bytes for %d, want %d", size, test.payload, test.want)
		}
	}
	if sizes := SplitSizes(0); len(sizes) > 0 {
		t.Errorf("%v for nothing", sizes)
	}
}
