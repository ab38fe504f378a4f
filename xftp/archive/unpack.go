package archive

import (
	"archive/tar"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"switchyard/xftp/client"
)

// ErrNoArchive says that a file is not a tar.
var ErrNoArchive = errors.New("it is not an archive (tar)")

var errTooMany = errors.New("the archive has more than 100000 files and directories")

// Unpack unpacks an archive of so many bytes into a directory, which is empty. When it fails it leaves what it has
// unpacked there. Everything in it together may not be larger than the archive.
func Unpack(ctx context.Context, src io.Reader, size int64, dir string) (files int, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return 0, err
	}
	defer root.Close()
	u := &unpacking{ctx: ctx, root: root, left: size}
	t := tar.NewReader(bufio.NewReaderSize(src, 1<<20))
	for n := 0; ; n++ {
		h, err := t.Next()
		switch {
		case errors.Is(err, io.EOF) && n > 0:
			return u.files, u.finish()
		case errors.Is(err, io.EOF), n == 0 && (errors.Is(err, tar.ErrHeader) || errors.Is(err, io.ErrUnexpectedEOF)):
			return 0, ErrNoArchive
		case err != nil:
			return u.files, fmt.Errorf("the archive is damaged: %w", err)
		case n >= MaxEntries:
			return u.files, errTooMany
		}
		if err := context.Cause(ctx); err != nil {
			return u.files, err
		}
		if err := u.entry(t, h); err != nil {
			return u.files, err
		}
	}
}

type unpacking struct {
	ctx   context.Context
	root  *os.Root
	left  int64 // bytes that may still be unpacked: sparse files and the like say that they are larger
	files int
	dirs  int // that were made for the sake of what is in them
	modes []mode
}

// mode is what a directory gets in the end, when nothing more is to be put into it.
type mode struct {
	name string
	perm fs.FileMode
}

func (u *unpacking) entry(t *tar.Reader, h *tar.Header) error {
	switch h.Typeflag {
	case tar.TypeXGlobalHeader:
		return nil
	case tar.TypeReg, tar.TypeDir, tar.TypeSymlink, tar.TypeLink:
	default:
		return fmt.Errorf("the archive has %s, which is neither a file nor a directory nor a link", shown(h.Name))
	}
	name, err := safePath(h.Name)
	if err != nil {
		return err
	}
	if name == "." {
		return nil
	}
	if err := u.parents(name); err != nil {
		return err
	}
	perm := fs.FileMode(h.Mode) & 0o777
	switch h.Typeflag {
	case tar.TypeDir:
		return u.directory(name, perm)
	case tar.TypeSymlink:
		return u.symlink(name, h.Linkname)
	case tar.TypeLink:
		return u.link(name, h.Linkname)
	}
	return u.file(t, name, h.Size, perm, h.ModTime)
}

// shown is a name in a message: without what would control a terminal.
func shown(name string) string { return fmt.Sprintf("%.80q", name) }

// safePath is a name in the archive as a path below the directory, each of its elements made safe.
func safePath(name string) (string, error) {
	clean := strings.TrimSuffix(name, "/")
	if clean == "." || clean == "./" {
		return ".", nil
	}
	elements := strings.Split(strings.TrimPrefix(clean, "./"), "/")
	if len(elements) > maxDepth {
		return "", fmt.Errorf("the archive has %s, which lies too deep", shown(name))
	}
	for i, e := range elements {
		if e == "" || e == "." || e == ".." {
			return "", fmt.Errorf("the archive has %s, which leads elsewhere", shown(name))
		}
		elements[i] = client.SafeName(strings.ReplaceAll(e, "\\", "_"))
	}
	return path.Join(elements...), nil
}

// parents makes the directories above a name. That none of them is a link keeps what is said of links true.
func (u *unpacking) parents(name string) error {
	dir := path.Dir(name)
	if dir == "." {
		return nil
	}
	at := ""
	for e := range strings.SplitSeq(dir, "/") {
		at = path.Join(at, e)
		info, err := u.root.Lstat(at)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			if u.dirs++; u.dirs > MaxEntries {
				return errTooMany
			}
			err = u.root.Mkdir(at, 0o755)
		case err == nil && !info.IsDir():
			err = fmt.Errorf("the archive has something in %s, which is not a directory", shown(at))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (u *unpacking) directory(name string, perm fs.FileMode) error {
	err := u.root.Mkdir(name, 0o700)
	if errors.Is(err, fs.ErrExist) {
		info, lstat := u.root.Lstat(name)
		if lstat == nil && !info.IsDir() {
			return fmt.Errorf("the archive has %s twice", shown(name))
		}
		err = lstat
	}
	u.modes = append(u.modes, mode{name, perm | 0o700})
	return err
}

func (u *unpacking) file(src io.Reader, name string, size int64, perm fs.FileMode, changed time.Time) error {
	if u.left -= size; size < 0 || u.left < 0 {
		return errors.New("the archive says that it holds more than it has bytes")
	}
	f, err := u.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm|0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("the archive has %s twice", shown(name))
	}
	if err != nil {
		return err
	}
	n, err := io.Copy(f, client.Until(u.ctx, src))
	if err == nil && n != size {
		err = io.ErrUnexpectedEOF
	}
	u.files++
	return errors.Join(err, f.Close(), u.root.Chtimes(name, changed, changed))
}

// symlink makes a link that stays within.
func (u *unpacking) symlink(name, target string) error {
	if leadsAway(name, target) {
		return fmt.Errorf("the archive has the link %s to %s, which leads elsewhere", shown(name), shown(target))
	}
	return u.root.Symlink(target, name)
}

// leadsAway tells whether a link does, or may, lead out of the archive. One that does not goes up first, if at all, and not
// higher than the archive, and then down. As that holds for every link, and none is above the name of another, it holds for
// ways through several.
func leadsAway(name, target string) bool {
	up, down := 0, false
	for e := range strings.SplitSeq(target, "/") {
		switch {
		case e == ".." && down: // where that leads depends on links
			return true
		case e == "..":
			up++
		case e != "" && e != ".":
			down = true
		}
	}
	return target == "" || path.IsAbs(target) || strings.Contains(target, "\\") || up > strings.Count(name, "/")
}

// link makes another name of a file that was unpacked.
func (u *unpacking) link(name, target string) error {
	target, err := safePath(target)
	if err != nil {
		return err
	}
	info, err := u.root.Lstat(target)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("the archive has the link %s to what is not a file", shown(name))
	}
	if err != nil {
		return err
	}
	u.files++
	return u.root.Link(target, name)
}

// finish gives directories their modes, the inner ones first.
func (u *unpacking) finish() error {
	for i := len(u.modes) - 1; i >= 0; i-- {
		if err := u.root.Chmod(u.modes[i].name, u.modes[i].perm); err != nil {
			return err
		}
	}
	return nil
}
