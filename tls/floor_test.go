package tls

import "testing"

// BenchmarkFloorTLSSeal and BenchmarkFloorTLSOpen are the part of TLS in the floor of one message: a record of 16 KiB with
// the suite that SimpleX clients speak.

func BenchmarkFloorTLSSeal(b *testing.B) {
	c, _ := pairWithSuite(b, ChaCha20Poly1305SHA256)
	buf := make([]byte, MaxRecord)
	b.SetBytes(MaxPlaintext)
	b.ReportAllocs()
	for b.Loop() {
		c.SealInPlace(buf, MaxPlaintext)
	}
}

// The record is opened into another buffer, since in place it could be opened once only, and a copy is none of the floor.
func BenchmarkFloorTLSOpen(b *testing.B) {
	c, s := pairWithSuite(b, ChaCha20Poly1305SHA256)
	record := c.Seal(nil, someData(MaxPlaintext))
	plain := make([]byte, 0, len(record))
	b.SetBytes(MaxPlaintext)
	b.ReportAllocs()
	for b.Loop() {
		s.in.seq = 0
		if _, err := s.in.aead.Open(plain, s.in.nextNonce(), record[RecordHeader:], record[:RecordHeader]); err != nil {
			b.Fatal(err)
		}
	}
}
