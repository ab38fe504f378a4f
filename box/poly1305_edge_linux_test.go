package box

import (
	"syscall"
	"testing"
)

// TestPolyReadsNoMore has data between pages that cannot be read.
func TestPolyReadsNoMore(t *testing.T) {
	page := syscall.Getpagesize()
	pages, err := syscall.Mmap(-1, 0, 3*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Munmap(pages)
	for _, at := range []int{0, 2 * page} {
		if err := syscall.Mprotect(pages[at:at+page], syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	between := pages[page : 2*page]
	eachPath(t, func(t *testing.T) {
		rnd := random(t)
		rnd.Read(between)
		var key [32]byte
		rnd.Read(key[:])
		for n := range 1200 {
			checkPoly(t, between[:n], &key)
			checkPoly(t, between[page-n:], &key)
		}
	})
}
