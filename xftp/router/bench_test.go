package router

import (
	"bytes"
	"io"
	"testing"

	"switchyard/xftp"
)

// BenchmarkDownload is of client and router together, over TCP.
func BenchmarkDownload(b *testing.B) {
	f := newFixture(b, options{})
	c := f.dial()
	p := f.stored(c, xftp.Size4M, 1)
	b.SetBytes(xftp.Size4M)
	b.ReportAllocs()
	for b.Loop() {
		check(b, c.Download(ctx, p.readers[0], p.readIDs[0], xftp.Size4M, p.digest, io.Discard))
	}
}

// BenchmarkUpload is of client and router together, over TCP.
func BenchmarkUpload(b *testing.B) {
	f := newFixture(b, options{})
	c := f.dial()
	b.SetBytes(xftp.Size4M)
	b.ReportAllocs()
	for b.Loop() {
		p := f.create(c, xftp.Size4M, 1)
		check(b, c.Upload(ctx, p.sender, p.id, bytes.NewReader(p.body), xftp.Size4M))
		check(b, c.Delete(ctx, p.sender, p.id))
	}
}
