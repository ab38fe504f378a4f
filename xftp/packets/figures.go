package packets

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/prometheus/client_golang/prometheus"

	"switchyard/internal/disk"
)

// Figures are what an operator looks at of the records.
func (s *Store) Figures() disk.Figures { return s.db.Figures() }

// Probe makes a round through the log of the records as a commit does, and returns when it is on the disk.
func (s *Store) Probe() error { return s.db.Probe() }

// Reserved is how many bytes uploads under way have reserved.
func (s *Store) Reserved() int64 {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	return s.account.reserved
}

// leastRoom is what the disk of bodies must have free for the router to count as ready: a few of the largest packets.
const leastRoom = 16 << 20

// Free is how many bytes are free on the disk of bodies. Without ok they are on no disk, or it does not tell.
func (s *Store) Free() (bytes uint64, ok bool) {
	dir, ok := s.bodies.(*Dir)
	if !ok {
		return 0, false
	}
	usage, err := vfs.Default.GetDiskUsage(dir.path)
	return usage.AvailBytes, err == nil
}

// Collector has the figures of the object store that bodies are in, nil when they are in a directory.
func (s *Store) Collector() prometheus.Collector {
	if objects, ok := s.bodies.(*S3); ok {
		return objects.counts
	}
	return nil
}

// Writable tells why the store takes no new packets, nil while it does.
func (s *Store) Writable() error {
	if err := s.db.Writable(); err != nil {
		return err
	}
	if free, ok := s.Free(); ok && free < leastRoom {
		return fmt.Errorf("packets: the disk of packets is nearly full, %d MiB are free; free some space", free>>20)
	}
	return nil
}
