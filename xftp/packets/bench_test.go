package packets

import (
	"context"
	"encoding/binary"
	"flag"
	"path/filepath"
	"testing"
	"time"
)

var packetsFlag = flag.Int("packets", 20_000, "how many packets BenchmarkOpen has in its store")

// BenchmarkOpen opens a store with -packets stored packets of two recipients, closed properly before, and closes it: the
// metric tells the slowest opening, the time of a start.
func BenchmarkOpen(b *testing.B) {
	dir, err := OpenDir(filepath.Join(b.TempDir(), "files"))
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "store")
	open := func() *Store {
		s, err := Open(context.Background(), path, dir, Options{})
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	s := open()
	r := s.Restore()
	record := Record{Sender: testKey, Size: 1 << 20, Digest: make([]byte, 32), Uploaded: true}
	for i := range *packetsFlag {
		var id, first, second ID
		binary.LittleEndian.PutUint64(id[:], uint64(i)*0x9e3779b97f4a7c15) // spread, as random IDs are
		first, second = id, id
		first[15], second[15] = 1, 2
		record.Created = int64(i) / 1000 * hour
		if err := r.Add(id, record, []Recipient{{first, testKey}, {second, testKey}}); err != nil {
			b.Fatal(err)
		}
	}
	if err := r.Finish(); err != nil {
		b.Fatal(err)
	}
	s.Close()
	b.ResetTimer()
	var slowest time.Duration
	for b.Loop() {
		start := time.Now()
		s := open()
		slowest = max(slowest, time.Since(start))
		if s.Usage().Count != int64(*packetsFlag) {
			b.Fatal(s.Usage())
		}
		s.Close()
	}
	b.ReportMetric(float64(slowest.Microseconds())/1000, "ms/slowest-open")
}
