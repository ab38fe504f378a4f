package disk

import (
	"errors"
	"os"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// checkDirectory makes the directory and refuses one that holds something else than a store, before anything is
// written to it.
func checkDirectory(fs vfs.FS, dir string) error {
	info, err := fs.Stat(dir)
	if err == nil && !info.IsDir() {
		return &Error{Fault: "is not a directory", Place: dir, Mend: "name a directory for the store"}
	}
	if errors.Is(err, os.ErrNotExist) {
		err = fs.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return accessFault(err, dir)
	}
	names, err := fs.List(dir)
	if err != nil {
		return accessFault(err, dir)
	}
	if err := checkPebbleFormat(names, fs, dir); err != nil {
		return err
	}
	foreign := ""
	for _, name := range names {
		switch {
		case strings.HasPrefix(name, "marker.manifest."):
			return nil
		case name != "LOCK" && name != "lost+found" && !ownName(name):
			foreign = name
		}
	}
	if foreign != "" {
		return ForeignFault(errors.New("such as "+foreign), dir)
	}
	return nil
}

// formatMarker begins the name of the file whose name says the version of what Pebble defines, after a number by which
// the newest of several counts:
//
//	marker.format-version.000013.024
const formatMarker = "marker.format-version."

// checkPebbleFormat refuses a store that a newer Pebble has written, before Pebble looks at it.
func checkPebbleFormat(names []string, fs vfs.FS, dir string) error {
	newest := ""
	for _, name := range names {
		if strings.HasPrefix(name, formatMarker) {
			newest = max(newest, name) // the numbers have leading zeros
		}
	}
	if newest == "" {
		return nil
	}
	_, digits, _ := strings.Cut(newest[len(formatMarker):], ".")
	format, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return CorruptFault(errors.New("its name is no format version"), fs.PathJoin(dir, newest))
	}
	if format > uint64(pebbleFormat) {
		return NewerFault(fs.PathJoin(dir, newest), "table format", format, uint64(pebbleFormat))
	}
	return nil
}

// ownName tells the files that a creation which was cut short leaves behind, before there is a manifest.
func ownName(name string) bool {
	return strings.HasPrefix(name, "MANIFEST-") || strings.HasPrefix(name, optionsPrefix) ||
		strings.HasPrefix(name, formatMarker) || strings.HasPrefix(name, "temporary.") ||
		name == tailName || name == ballastName || strings.HasSuffix(name, ".dbtmp") || strings.HasSuffix(name, ".log")
}
