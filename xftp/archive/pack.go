package archive

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"switchyard/xftp/client"
)

// Packed is an archive that is made while it is read. It is the same each time, unless files have changed, which is an
// error then.
type Packed struct {
	Size    int64 // bytes of the archive
	Files   int
	Left    []string // paths that are left out: sockets, devices, pipes, and links that lead elsewhere
	entries []entry
}

type entry struct {
	path   string
	header *tar.Header
}

// Pack looks at files and directories, with everything in them, under the last elements of their paths. Links in
// directories are packed as links.
func Pack(ctx context.Context, paths ...string) (*Packed, error) {
	p := &Packed{}
	names := make(map[string]string)
	for _, top := range paths {
		absolute, err := filepath.Abs(top)
		if err != nil {
			return nil, err
		}
		name := filepath.Base(absolute)
		if name == string(filepath.Separator) {
			return nil, errors.New("the root directory is not sent as a whole")
		}
		if other, there := names[name]; there {
			return nil, fmt.Errorf("%s and %s have the same name; send one of them by itself, or rename it", other, top)
		}
		names[name] = top
		if err := p.walk(ctx, top, name); err != nil {
			return nil, err
		}
	}
	p.Size += 2 * block // the end of a tar
	return p, nil
}

func (p *Packed) walk(ctx context.Context, top, name string) error {
	resolved, err := filepath.EvalSymlinks(top) // the one that was named is meant, not the link to it
	if err != nil {
		return err
	}
	return filepath.WalkDir(resolved, func(path string, d fs.DirEntry, err error) error {
		if err == nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		within, err := filepath.Rel(resolved, path)
		if err != nil {
			return err
		}
		return p.add(path, filepath.ToSlash(filepath.Join(name, within)))
	})
}

func (p *Packed) add(path, name string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	h := &tar.Header{Format: tar.FormatPAX, Name: name, Mode: int64(info.Mode().Perm()), ModTime: info.ModTime().Truncate(time.Second)}
	switch {
	case info.IsDir():
		h.Typeflag, h.Name = tar.TypeDir, name+"/"
	case info.Mode().IsRegular():
		h.Typeflag, h.Size = tar.TypeReg, info.Size()
		if err := readable(path); err != nil {
			return err
		}
		p.Files++
	case info.Mode()&fs.ModeSymlink != 0:
		h.Typeflag = tar.TypeSymlink
		if h.Linkname, err = os.Readlink(path); err != nil {
			return err
		}
		if leadsAway(name, h.Linkname) {
			p.Left = append(p.Left, path)
			return nil
		}
	default:
		p.Left = append(p.Left, path)
		return nil
	}
	if len(p.entries) >= MaxEntries {
		return errEntries
	}
	if strings.Count(name, "/") >= maxDepth {
		return fmt.Errorf("%s lies deeper than an archive may have it", path)
	}
	size, err := headerSize(h)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	p.Size += size + (h.Size+block-1)/block*block
	p.entries = append(p.entries, entry{path, h})
	return nil
}

func readable(path string) error {
	f, err := client.Open(path)
	if err != nil {
		return err
	}
	return f.Close()
}

// headerSize is how many bytes stand before the content.
func headerSize(h *tar.Header) (int64, error) {
	var n counter
	err := tar.NewWriter(&n).WriteHeader(h)
	return int64(n), err
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// Open makes the archive. Closing it before its end is no error.
func (p *Packed) Open() (io.ReadCloser, error) {
	r, w := io.Pipe()
	go func() { w.CloseWithError(p.write(w)) }()
	return r, nil
}

func (p *Packed) write(w io.Writer) error {
	t := tar.NewWriter(w)
	for _, e := range p.entries {
		if err := t.WriteHeader(e.header); err != nil {
			return err
		}
		if e.header.Typeflag != tar.TypeReg {
			continue
		}
		if err := e.copy(t); err != nil {
			return err
		}
	}
	return t.Close()
}

func (e *entry) copy(w io.Writer) error {
	f, err := client.Open(e.path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Size() != e.header.Size {
		return fmt.Errorf("%s changes while it is read", e.path)
	}
	n, err := io.Copy(w, io.LimitReader(f, e.header.Size))
	if err == nil && n != e.header.Size {
		err = fmt.Errorf("%s changes while it is read", e.path)
	}
	return err
}

// Name is what an archive of the paths is called.
func Name(paths ...string) string {
	if len(paths) == 1 {
		if absolute, err := filepath.Abs(paths[0]); err == nil {
			return path.Base(filepath.ToSlash(absolute)) + ".tar"
		}
	}
	return "files.tar"
}
