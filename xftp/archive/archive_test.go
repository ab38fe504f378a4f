package archive

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

var ctx = context.Background()

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tree makes files with their paths as content; names that end with '/' are directories, a → b links.
func tree(t testing.TB, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		name, target, link := strings.Cut(name, " → ")
		path := filepath.Join(dir, name)
		check(t, os.MkdirAll(filepath.Dir(path), 0o755))
		switch {
		case link:
			check(t, os.Symlink(target, path))
		case strings.HasSuffix(name, "/"):
			check(t, os.MkdirAll(path, 0o755))
		default:
			check(t, os.WriteFile(path, []byte(name), 0o640))
		}
	}
}

// list is what is in a directory, in the form that tree takes.
func list(t testing.TB, dir string) (names []string) {
	t.Helper()
	check(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, err := filepath.Rel(dir, path)
		switch {
		case err != nil:
			return err
		case d.IsDir():
			name += "/"
		case d.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			check(t, err)
			name += " → " + target
		default:
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			name += "=" + string(text)
		}
		names = append(names, name)
		return nil
	}))
	return names
}

func pack(t testing.TB, p *Packed) []byte {
	t.Helper()
	r, err := p.Open()
	check(t, err)
	text, err := io.ReadAll(r)
	check(t, err)
	return text
}

// TestPackAndUnpack: what comes out is what went in, but for what an archive cannot hold and for owners, and the size was
// known before.
func TestPackAndUnpack(t *testing.T) {
	dir := t.TempDir()
	long := strings.Repeat("длинное имя ", 10) + ".txt"
	tree(t, dir, "photos/a.jpg", "photos/empty/", "photos/in/side/b.jpg", "photos/"+long, "photos/in/up → ../a.jpg", "photos/here → in",
		"photos/away → /etc/passwd", "photos/beyond → ../../x", "photos/above → ../note", "note", "elsewhere/x", "linked → elsewhere")
	changed := time.Unix(1_600_000_000, 0)
	check(t, os.Chtimes(filepath.Join(dir, "photos/a.jpg"), changed, changed))
	check(t, os.Chmod(filepath.Join(dir, "photos/in"), 0o500))
	t.Cleanup(func() { os.Chmod(filepath.Join(dir, "photos/in"), 0o700) })
	check(t, unix.Mkfifo(filepath.Join(dir, "photos/pipe"), 0o600))
	l, err := net.Listen("unix", filepath.Join(dir, "photos/socket"))
	check(t, err)
	defer l.Close()

	p, err := Pack(ctx, filepath.Join(dir, "photos"), filepath.Join(dir, "note"), filepath.Join(dir, "linked"))
	check(t, err)
	text := pack(t, p)
	if int64(len(text)) != p.Size || !bytes.Equal(pack(t, p), text) || p.Files != 5 {
		t.Errorf("%d bytes, %d were said, of %d files", len(text), p.Size, p.Files)
	}
	slices.Sort(p.Left)
	for i, name := range []string{"away", "beyond", "pipe", "socket"} {
		if len(p.Left) != 4 || filepath.Base(p.Left[i]) != name {
			t.Fatalf("left out: %q", p.Left)
		}
	}
	out := t.TempDir()
	files, err := Unpack(ctx, bytes.NewReader(text), p.Size, out)
	check(t, err)
	want := []string{"linked/", "linked/x=elsewhere/x", "note=note", "photos/", "photos/above → ../note", "photos/a.jpg=photos/a.jpg", "photos/empty/", "photos/here → in", "photos/in/",
		"photos/in/side/", "photos/in/side/b.jpg=photos/in/side/b.jpg", "photos/in/up → ../a.jpg", "photos/" + long + "=photos/" + long}
	if got := list(t, out); files != 5 || !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
		t.Errorf("%d files: %q", files, got)
	}
	info, err := os.Stat(filepath.Join(out, "photos/a.jpg"))
	if err != nil || info.Mode().Perm() != 0o640 || !info.ModTime().Equal(changed) {
		t.Error(info.Mode(), info.ModTime(), err)
	}
	r := tar.NewReader(bytes.NewReader(text))
	for h, err := r.Next(); err == nil; h, err = r.Next() {
		if h.Uname+h.Gname != "" || h.Uid+h.Gid != 0 {
			t.Errorf("%s has an owner", h.Name)
		}
	}
}

func TestNotPacked(t *testing.T) {
	dir := t.TempDir()
	tree(t, dir, "a/x", "b/x", "deep/"+strings.Repeat("d/", maxDepth)+"x", "grows/y")
	for _, paths := range [][]string{{"/"}, {filepath.Join(dir, "missing")}, {filepath.Join(dir, "a/x"), filepath.Join(dir, "b/x")}, {filepath.Join(dir, "deep")}} {
		if _, err := Pack(ctx, paths...); err == nil {
			t.Errorf("%q is packed", paths)
		}
	}
	p, err := Pack(ctx, filepath.Join(dir, "grows"))
	check(t, err)
	check(t, os.WriteFile(filepath.Join(dir, "grows/y"), []byte("more than before"), 0o600))
	r, err := p.Open()
	check(t, err)
	if _, err := io.ReadAll(r); err == nil || !strings.Contains(err.Error(), "changes while it is read") {
		t.Error(err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := Pack(ended, dir); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if Name("x/photos/") != "photos.tar" || Name("a", "b") != "files.tar" {
		t.Error(Name("x/photos/"), Name("a", "b"))
	}
}

// made is a tar of headers; files have their size in zeros.
func made(t testing.TB, headers ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		if h.Mode == 0 {
			h.Mode = 0o644
		}
		check(t, w.WriteHeader(&h))
		if h.Typeflag == tar.TypeReg {
			_, err := w.Write(make([]byte, h.Size))
			check(t, err)
		}
	}
	check(t, w.Close())
	return b.Bytes()
}

func named(name string) tar.Header { return tar.Header{Typeflag: tar.TypeReg, Name: name, Size: 1} }
func linked(name, target string) tar.Header {
	return tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target}
}

// TestHostileArchives: nothing of them comes to lie outside, and nothing but files, directories and links inside is made.
func TestHostileArchives(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	for name, text := range map[string][]byte{
		"absolute":                   made(t, named(outside)),
		"above":                      made(t, named("../outside")),
		"above from within":          made(t, named("a/../../outside")),
		"link away":                  made(t, linked("l", outside)),
		"link above":                 made(t, linked("a/l", "../../outside")),
		"link down and up":           made(t, linked("a/b/l", "x/../../../../outside")),
		"link through a link":        made(t, linked("here", "."), linked("here/here/l", "../../outside")),
		"file through a link":        made(t, linked("here", "."), named("here/x")),
		"file over a link":           made(t, linked("x", "y"), named("x")),
		"file over a file":           made(t, named("x"), named("x")),
		"directory over a file":      made(t, named("x"), tar.Header{Typeflag: tar.TypeDir, Name: "x/"}),
		"file below a file":          made(t, named("x"), named("x/y")),
		"hard link away":             made(t, tar.Header{Typeflag: tar.TypeLink, Name: "l", Linkname: "../outside"}),
		"hard link to an absolute":   made(t, tar.Header{Typeflag: tar.TypeLink, Name: "l", Linkname: "/etc/passwd"}),
		"hard link to a link":        made(t, linked("x", "y"), tar.Header{Typeflag: tar.TypeLink, Name: "l", Linkname: "x"}),
		"hard link to nothing":       made(t, tar.Header{Typeflag: tar.TypeLink, Name: "l", Linkname: "x"}),
		"a character device":         made(t, tar.Header{Typeflag: tar.TypeChar, Name: "null", Devmajor: 1, Devminor: 3}),
		"a block device":             made(t, tar.Header{Typeflag: tar.TypeBlock, Name: "sda"}),
		"a pipe":                     made(t, tar.Header{Typeflag: tar.TypeFifo, Name: "pipe"}),
		"too deep":                   made(t, named(strings.Repeat("d/", maxDepth)+"x")),
		"a link without target":      made(t, linked("l", "")),
		"larger than it has bytes":   sparse(t, 1<<40),
		"cut off":                    made(t, named("x"))[:block],
		"damaged":                    append(made(t, named("x"))[:2*block], bytes.Repeat([]byte("x"), 3*block)...),
		"no archive":                 bytes.Repeat([]byte("text"), 1000),
		"empty":                      nil,
		"an archive without entries": make([]byte, 2*block),
	} {
		parent := t.TempDir()
		dir := filepath.Join(parent, "dir")
		check(t, os.Mkdir(dir, 0o700))
		if _, err := Unpack(ctx, bytes.NewReader(text), int64(len(text)), dir); err == nil || strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Lstat(outside); err == nil {
			t.Errorf("%s writes elsewhere", name)
		}
		if entries, err := os.ReadDir(parent); err != nil || len(entries) != 1 {
			t.Errorf("%s writes beside: %v", name, entries)
		}
		check(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type()&^(fs.ModeDir|fs.ModeSymlink) != 0 {
				err = fmt.Errorf("%s has made %s", name, path)
			}
			return err
		}))
	}
}

// sparse is a tar with a file that claims a size for which it has no bytes.
func sparse(t testing.TB, size int64) []byte {
	t.Helper()
	text := made(t, tar.Header{Typeflag: tar.TypeReg, Name: "x", Format: tar.FormatGNU})
	h := text[:block]
	h[156] = 'S'                     // GNU's sparse file
	copy(h[386:], "00000000000\x00") // one piece, at 0
	copy(h[398:], "00000000000\x00") // without bytes
	copy(h[483:], []byte{0x80})      // the real size, in base 256
	for i := range 8 {
		h[494-i] = byte(size >> (8 * i))
	}
	copy(h[148:156], "        ")
	sum := 0
	for _, c := range h {
		sum += int(c)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
	return text
}

// TestNamesInArchives: names that would show as others, or control a terminal, are made safe; hard links and links within
// are made.
func TestNamesInArchives(t *testing.T) {
	text := made(t, named("./d/gpj\u202eexe."), named("d/a\x1b[2Jb"), named(`d/c\d`), tar.Header{Typeflag: tar.TypeLink, Name: "same", Linkname: `d/c\d`},
		linked("d/l", "../same"), tar.Header{Typeflag: tar.TypeReg, Name: "s", Mode: 0o6755})
	dir := t.TempDir()
	files, err := Unpack(ctx, bytes.NewReader(text), int64(len(text)), dir)
	check(t, err)
	want := []string{"d/", "d/a_[2Jb=\x00", "d/c_d=\x00", "d/gpjexe.=\x00", "d/l → ../same", "s=", "same=\x00"}
	if got := list(t, dir); files != 5 || !slices.Equal(got, want) {
		t.Errorf("%d files: %q", files, got)
	}
	if info, err := os.Stat(filepath.Join(dir, "s")); err != nil || info.Mode() != 0o755 {
		t.Error(info.Mode(), err)
	}
}

func TestUnpackCanBeInterrupted(t *testing.T) {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	text := made(t, named("x"))
	if _, err := Unpack(ended, bytes.NewReader(text), int64(len(text)), t.TempDir()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(made(f, named("a/b"), linked("a/l", "b"), linked("l", "a"), tar.Header{Typeflag: tar.TypeDir, Name: "c/"}))
	f.Add(sparse(f, 100))
	f.Fuzz(func(t *testing.T, text []byte) {
		parent := t.TempDir()
		dir := filepath.Join(parent, "dir")
		check(t, os.Mkdir(dir, 0o700))
		Unpack(ctx, bytes.NewReader(text), int64(len(text)), dir)
		if entries, err := os.ReadDir(parent); err != nil || len(entries) != 1 {
			t.Fatalf("writes beside: %v", entries)
		}
		check(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.Type()&fs.ModeSymlink == 0 {
				return err
			}
			if there, err := filepath.EvalSymlinks(path); err == nil && !strings.HasPrefix(there, dir) {
				t.Fatalf("%s leads to %s", path, there)
			}
			return nil
		}))
	})
}
