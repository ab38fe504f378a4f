package tls

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"
)

func pairWithSuite(t testing.TB, suite CipherSuite) (client, server *Conn) {
	config := clientConfig(Ed25519)
	config.CipherSuites = []CipherSuite{suite}
	return established(t, config, serverConfig(Ed25519))
}

func eachSuite[T interface {
	testing.TB
	Run(string, func(T)) bool
}](t T, f func(T, CipherSuite)) {
	for _, suite := range defaultSuites {
		t.Run(fmt.Sprintf("%x", uint16(suite)), func(t T) { f(t, suite) })
	}
}

func someData(n int) []byte {
	data := make([]byte, n)
	neverEnding{}.Read(data)
	return data
}

// TestSeal: every size around the limits.
func TestSeal(t *testing.T) {
	eachSuite(t, func(t *testing.T, suite CipherSuite) {
		c, s := pairWithSuite(t, suite)
		for _, n := range []int{0, 1, 2, 15, 16, 17, 255, 16383, 16384, 16385, 32768, 100000} {
			data := someData(n)
			sealed := c.Seal([]byte("before"), data)
			if string(sealed[:6]) != "before" {
				t.Fatal("Seal does not append")
			}
			sealed = sealed[6:]
			if want := n + (n+MaxPlaintext-1)/MaxPlaintext*RecordOverhead; len(sealed) != want {
				t.Errorf("%d bytes sealed as %d, want %d", n, len(sealed), want)
			}
			if got := openAll(t, s, sealed); !bytes.Equal(got, data) {
				t.Errorf("%d bytes do not survive", n)
			}
		}
	})
}

// TestInPlace: SealInPlace and Open stay in their buffers, and touch nothing behind the record.
func TestInPlace(t *testing.T) {
	eachSuite(t, func(t *testing.T, suite CipherSuite) {
		c, s := pairWithSuite(t, suite)
		for _, n := range []int{0, 1, 100, MaxPlaintext} {
			data := someData(n)
			buf := make([]byte, n+RecordOverhead+1)
			copy(buf[RecordHeader:], data)
			buf[len(buf)-1] = 0x77
			record := c.SealInPlace(buf, n)
			if &record[0] != &buf[0] || len(record) != n+RecordOverhead || buf[len(buf)-1] != 0x77 {
				t.Fatal("SealInPlace leaves its buffer")
			}
			plain, err := s.Open(nil, record)
			if err != nil || !bytes.Equal(plain, data) || n > 0 && &plain[0] != &buf[RecordHeader] {
				t.Fatalf("%d bytes: %v", n, err)
			}
			elsewhere := make([]byte, 3, MaxPlaintext)
			copy(buf[RecordHeader:], data)
			plain, err = s.Open(elsewhere, c.SealInPlace(buf, n))
			if err != nil || !bytes.Equal(plain, data) || n > 0 && &plain[0] != &elsewhere[0] {
				t.Fatalf("%d bytes elsewhere: %v", n, err)
			}
		}
	})
}

// TestKeyUpdate: each side, asked and unasked, in a row, and answers before data.
func TestKeyUpdate(t *testing.T) {
	eachSuite(t, func(t *testing.T, suite CipherSuite) {
		c, s := pairWithSuite(t, suite)
		for range 3 {
			for _, p := range [][2]*Conn{{c, s}, {s, c}} {
				a, b := p[0], p[1]
				openAll(t, b, a.KeyUpdate(nil, false))
				if b.HasPending() {
					t.Error("answer to a KeyUpdate that asks for none")
				}
				exchange(t, a, b)
				before := a.in.secret
				openAll(t, b, a.KeyUpdate(a.KeyUpdate(nil, true), true))
				if !b.HasPending() {
					t.Fatal("no answer to a KeyUpdate")
				}
				exchange(t, b, a) // Seal puts the one answer first
				if b.HasPending() || a.in.secret == before {
					t.Error("the answer did not come")
				}
				openAll(t, b, a.KeyUpdate(nil, true))
				openAll(t, a, b.Pending(nil))
				exchange(t, a, b)
			}
		}
	})
}

// TestKeyUsage: a key that is worn is replaced without being asked (RFC 8446 section 5.5).
func TestKeyUsage(t *testing.T) {
	eachSuite(t, func(t *testing.T, suite CipherSuite) {
		c, s := pairWithSuite(t, suite)
		limit := suiteByID(suite).maxRecords
		c.out.seq, s.in.seq = limit-1, limit-1
		before := s.in.secret
		if openAll(t, s, c.Seal(nil, []byte("last"))); s.in.secret != before || !c.HasPending() {
			t.Error("key replaced too early")
		}
		if got := openAll(t, s, c.Seal(nil, []byte("first"))); string(got) != "first" {
			t.Errorf("got %q", got)
		}
		if s.in.secret == before || c.out.seq != 1 || c.HasPending() {
			t.Error("key not replaced")
		}
	})
}

// TestNothingPendingInHandshake: Advance says all that a handshake has to say, at each of its steps.
func TestNothingPendingInHandshake(t *testing.T) {
	c, s := NewClient(clientConfig(Ed25519)), NewServer(serverConfig(Ed25519))
	quiet := func(step string) {
		t.Helper()
		for _, conn := range []*Conn{c, s} {
			if out := conn.Pending(nil); conn.HasPending() || len(out) > 0 {
				t.Errorf("%s: %d bytes pending", step, len(out))
			}
		}
	}
	quiet("before the start")
	_, hello, _ := c.Advance(nil, nil)
	quiet("ClientHello made")
	_, flight, _ := s.Advance(hello, nil)
	quiet("server's flight made")
	_, finished, err := c.Advance(flight, nil)
	quiet("client done")
	if _, _, serverErr := s.Advance(finished, nil); err != nil || serverErr != nil {
		t.Fatal(err, serverErr)
	}
	quiet("both done")
}

// TestAllocations: the hot path makes none.
func TestAllocations(t *testing.T) {
	eachSuite(t, func(t *testing.T, suite CipherSuite) {
		c, s := pairWithSuite(t, suite)
		buf := make([]byte, MaxRecord)
		elsewhere := make([]byte, 0, MaxPlaintext)
		data := someData(MaxPlaintext)
		allocs := testing.AllocsPerRun(20, func() {
			record := c.SealInPlace(buf, MaxPlaintext)
			if n, whole, err := RecordLen(record); n != len(record) || !whole || err != nil {
				t.Fatal(err)
			}
			if _, err := s.Open(nil, record); err != nil || s.HasPending() {
				t.Fatal(err)
			}
			if _, err := c.Open(elsewhere, s.Seal(buf[:0], data)); err != nil {
				t.Fatal(err)
			}
		})
		if allocs != 0 && !raceEnabled {
			t.Errorf("%v allocations", allocs)
		}
	})
}

// TestConnSize: what an established connection keeps.
func TestConnSize(t *testing.T) {
	eachSuite(t, func(t *testing.T, suite CipherSuite) {
		const n = 64
		config := clientConfig(Ed25519)
		config.CipherSuites, config.Groups = []CipherSuite{suite}, []Group{X25519}
		server := serverConfig(Ed25519)
		conns := make([]*Conn, n)
		before := heapInUse()
		for i := range conns {
			_, conns[i] = established(t, config, server)
		}
		size := int(heapInUse()-before) / n
		t.Logf("%d bytes for each established connection of a server", size)
		if limit := 1536; suite == ChaCha20Poly1305SHA256 && size > limit && !raceEnabled {
			t.Errorf("more than %d", limit)
		}
		runtime.KeepAlive(conns)
	})
}

func heapInUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func BenchmarkSealInPlace(b *testing.B) {
	eachSuite(b, func(b *testing.B, suite CipherSuite) {
		c, _ := pairWithSuite(b, suite)
		buf := make([]byte, MaxRecord)
		b.SetBytes(MaxPlaintext)
		b.ReportAllocs()
		for b.Loop() {
			c.SealInPlace(buf, MaxPlaintext)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	eachSuite(b, func(b *testing.B, suite CipherSuite) {
		c, s := pairWithSuite(b, suite)
		record := c.Seal(nil, someData(MaxPlaintext))
		work := make([]byte, len(record))
		b.SetBytes(MaxPlaintext)
		b.ReportAllocs()
		for b.Loop() {
			copy(work, record)
			s.in.seq = 0
			if _, err := s.Open(nil, work); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkServerHandshake is the server's side alone: the two calls of Advance.
func BenchmarkServerHandshake(b *testing.B) {
	for _, scheme := range signatureSchemes {
		for _, group := range defaultGroups {
			b.Run(fmt.Sprintf("%x-%x", uint16(scheme), uint16(group)), func(b *testing.B) {
				client, server := clientConfig(scheme), serverConfig(scheme)
				client.Groups = []Group{group}
				client.VerifyPeer = func([][]byte) error { return nil }
				b.ReportAllocs()
				for b.Loop() {
					b.StopTimer()
					c, s := NewClient(client), NewServer(server)
					_, hello, _ := c.Advance(nil, nil)
					b.StartTimer()
					_, flight, _ := s.Advance(hello, nil)
					b.StopTimer()
					_, finished, _ := c.Advance(flight, nil)
					b.StartTimer()
					if _, _, err := s.Advance(finished, nil); err != nil || !s.HandshakeDone() {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
