package disk

import (
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// optionsPrefix begins the names of files in which Pebble writes its options each time it opens a store. They have no
// checksum: what Pebble does not look at may be damaged without harm.
const optionsPrefix = "OPTIONS-"

// checkOptions checks the newest file of options before Pebble does, whose errors do not name it.
func checkOptions(o *pebble.Options, fs vfs.FS, dir string) error {
	name, err := newestOptions(fs, dir)
	if err != nil {
		return accessFault(err, dir)
	}
	if name == "" {
		return nil
	}
	name = fs.PathJoin(dir, name)
	text, err := readFile(fs, name)
	if err != nil {
		return OpenFault(err, name)
	}
	err = o.CheckCompatibility(dir, string(text))
	switch {
	case err == nil:
		return nil
	case isForeign(err):
		return ForeignFault(err, name)
	}
	return CorruptFault(err, name)
}

// newestOptions is the file of options with the highest number, "" when there is none.
func newestOptions(fs vfs.FS, dir string) (newest string, err error) {
	names, err := fs.List(dir)
	highest := uint64(0)
	for _, name := range names {
		digits, ok := strings.CutPrefix(name, optionsPrefix)
		if n, err := strconv.ParseUint(digits, 10, 64); ok && err == nil && n >= highest {
			newest, highest = name, n
		}
	}
	return newest, err
}
