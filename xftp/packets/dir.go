package packets

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Dir keeps bodies as files, named as the reference names them: base64url of the sender ID, with padding.
type Dir struct {
	path    string
	uploads *os.Root // the temporary names: base64url of the sender ID '.' tag in hexadecimal
}

// uploadsName begins with a dot, as no ID does.
const uploadsName = ".uploads"

// Uploads is where uploads are in the directory of a router's packets.
func Uploads(path string) string { return filepath.Join(path, uploadsName) }

// OpenDir opens the directory, and makes it when it is not there.
func OpenDir(path string) (*Dir, error) {
	uploads := Uploads(path)
	if err := os.MkdirAll(uploads, 0o700); err != nil {
		return nil, fmt.Errorf("cannot make the directory of packets: %w", err)
	}
	root, err := os.OpenRoot(uploads)
	if err != nil {
		return nil, fmt.Errorf("cannot open the directory of uploads: %w", err)
	}
	return &Dir{path: path, uploads: root}, nil
}

// Close gives the directory back.
func (d *Dir) Close() error { return d.uploads.Close() }

func fileName(id ID) string { return base64.URLEncoding.EncodeToString(id[:]) }

func temporaryName(id ID, tag uint64) string {
	return fileName(id) + "." + strconv.FormatUint(tag, 16)
}

func parseTemporaryName(name string) (id ID, tag uint64, ok bool) {
	text, hex, ok := strings.Cut(name, ".")
	raw, err := base64.URLEncoding.DecodeString(text)
	tag, bad := strconv.ParseUint(hex, 16, 64)
	if !ok || err != nil || bad != nil {
		return id, 0, false
	}
	id, ok = ParseID(raw)
	return id, tag, ok && temporaryName(id, tag) == name
}

func (d *Dir) file(id ID) string { return filepath.Join(d.path, fileName(id)) }

// Begin makes the file. A disk without room for size bytes is an error at once.
func (d *Dir) Begin(_ context.Context, id ID, tag uint64, size uint32) (Body, error) {
	name := temporaryName(id, tag)
	f, err := d.uploads.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	b := &dirBody{File: f, dir: d, name: name}
	if err := allocate(f, size); err != nil {
		return nil, errors.Join(err, b.Discard())
	}
	return b, nil
}

// Open opens the file.
func (d *Dir) Open(_ context.Context, id ID) (io.ReadCloser, error) { return os.Open(d.file(id)) }

// OpenUpload opens a file under its temporary name.
func (d *Dir) OpenUpload(_ context.Context, name string) (io.ReadCloser, error) {
	return d.uploads.Open(name)
}

// Publish renames the file, if it is still to be.
func (d *Dir) Publish(_ context.Context, id ID, name string) error {
	return there(os.Rename(filepath.Join(d.path, uploadsName, name), d.file(id)))
}

// Remove removes the file.
func (d *Dir) Remove(_ context.Context, id ID) error { return there(os.Remove(d.file(id))) }

// Uploads lists the temporary names.
func (d *Dir) Uploads(context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		entries, err := fs.ReadDir(d.uploads.FS(), ".")
		if err != nil {
			yield("", err)
			return
		}
		for _, e := range entries {
			if !yield(e.Name(), nil) {
				return
			}
		}
	}
}

// RemoveUpload removes what has a temporary name.
func (d *Dir) RemoveUpload(_ context.Context, name string) error { return d.uploads.RemoveAll(name) }

// there is err, unless what was to be done was done before.
func there(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// sync makes the temporary names durable.
func (d *Dir) sync() error {
	f, err := d.uploads.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// dirBody is a file that is being written.
type dirBody struct {
	*os.File
	dir  *Dir
	name string
}

func (b *dirBody) Settle() error {
	err := b.Sync()
	if err := errors.Join(err, b.Close()); err != nil {
		return err
	}
	return b.dir.sync()
}

func (b *dirBody) Discard() error {
	b.Close() // it may be closed already
	return there(b.dir.uploads.Remove(b.name))
}
