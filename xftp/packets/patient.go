package packets

import (
	"strings"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// patient is a file system that has Pebble wait before it makes a table after one has failed. Pebble by itself tries again
// at once, thousands of times a second as long as the disk fails, and logs each.
type patient struct {
	vfs.FS
	wait   func()
	failed atomic.Bool
}

// retryAfter is how long it waits.
const retryAfter = time.Second

func (p *patient) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if strings.HasSuffix(name, ".sst") && p.failed.Swap(false) {
		p.wait()
	}
	return p.FS.Create(name, c)
}

func (p *patient) Unwrap() vfs.FS { return p.FS }
