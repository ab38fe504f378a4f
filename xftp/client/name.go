package client

import (
	"errors"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
)

// ErrExists says that a file would be overwritten.
var ErrExists = errors.New("File already exists")

// SafeName makes a sender's file name one in the directory where it is put: without directories and control
// characters.
func SafeName(name string) string {
	name = path.Base(strings.ReplaceAll(name, "\\", "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '_'
		}
		return r
	}, name)
	if name == "." || name == ".." || name == "/" {
		return "file"
	}
	return name
}

// UniquePath is the path of a name in dir that does not exist: _1, _2 … goes before the first dot.
func UniquePath(dir, name string) string {
	for n := 0; ; n++ {
		unique := name
		if n > 0 {
			base, extension, dot := strings.Cut(name, ".")
			unique = base + "_" + strconv.Itoa(n)
			if dot {
				unique += "." + extension
			}
		}
		p := filepath.Join(dir, unique)
		if _, err := os.Lstat(p); errors.Is(err, os.ErrNotExist) {
			return p
		}
	}
}
