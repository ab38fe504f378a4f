package client

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrExists says that a file would be overwritten.
var ErrExists = errors.New("File already exists")

const (
	// maxName is how many bytes a name may have on the file systems that are in use.
	maxName = 255
	// maxNumber is up to which number a free name is looked for.
	maxNumber = 10_000
)

// SafeName makes a sender's file name one in the directory where it is put: without directories, without characters
// that control how it is shown, and not too long.
func SafeName(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, "?"), "\\", "/"))
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Bidi_Control, r): // "gpj.exe" would show as "exe.jpg"
			return -1
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return '_'
		}
		return r
	}, name)
	if name == "" || name == "." || name == ".." || name == "/" {
		return "file"
	}
	return Shorten(name, "", maxName)
}

// Shorten makes a name with something added before its first dot at most n bytes long, by what stands before the dot,
// or at the end when too little does.
func Shorten(name, added string, n int) string {
	base, extension, dot := strings.Cut(name, ".")
	if dot {
		extension = "." + extension
	}
	if over := len(base) + len(added) + len(extension) - n; over > 0 {
		if over < len(base) {
			base = clip(base, len(base)-over)
		} else {
			base, extension = clip(base+extension, n-len(added)), ""
		}
	}
	return base + added + extension
}

// clip is the beginning of s, n bytes or a little less: no character is cut apart.
func clip(s string, n int) string {
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// Unique takes the path of a name in dir, and with _1, _2 … before the first dot while take says that it exists. Any other
// error ends that.
func Unique(dir, name string, take func(path string) error) (string, error) {
	for n := range maxNumber {
		added := ""
		if n > 0 {
			added = "_" + strconv.Itoa(n)
		}
		p := filepath.Join(dir, Shorten(name, added, maxName))
		if err := take(p); !errors.Is(err, fs.ErrExist) {
			return p, err
		}
	}
	return "", &fs.PathError{Op: "create", Path: filepath.Join(dir, name), Err: ErrExists}
}

// UniquePath is the path of a name in dir that does not exist.
func UniquePath(dir, name string) (string, error) { return Unique(dir, name, free) }

// free says that a path exists, or why that cannot be told.
func free(path string) error {
	_, err := os.Lstat(path)
	switch {
	case err == nil:
		return fs.ErrExist
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return err
}
