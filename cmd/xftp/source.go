package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"switchyard/xftp/archive"
	"switchyard/xftp/client"
	"switchyard/xftp/desc"
)

// source is what is sent, and what it is made of.
type source struct {
	client.Source
	paths []string
	Close func()
}

// source finds out what the paths are: a file, standard input, or what goes as an archive.
func (c *console) source(ctx context.Context, paths []string, o *sendOptions) (*source, error) {
	s := &source{paths: paths, Close: func() {}}
	var err error
	switch {
	case len(paths) == 1 && paths[0] == "-":
		s.Source, s.Close, err = c.input(ctx, o)
	case len(paths) == 1 && !isDir(paths[0]):
		s.Source, err = client.FileSource(paths[0])
		if err == nil && o.name != "" {
			s.Name = o.name
		}
	default:
		s.Source, err = c.packed(ctx, paths, o.name)
	}
	if err == nil && s.Size > client.MaxFile {
		s.Close()
		err = fmt.Errorf("Files bigger than %s are not supported", desc.SizeText(client.MaxFile))
	}
	return s, err
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// packed makes an archive of the paths.
func (c *console) packed(ctx context.Context, paths []string, name string) (client.Source, error) {
	c.phase("packing")
	for _, path := range paths {
		if path == "-" {
			return client.Source{}, errors.New("standard input (-) is sent by itself only")
		}
	}
	p, err := archive.Pack(ctx, paths...)
	if err != nil {
		return client.Source{}, err
	}
	for i, path := range p.Left {
		if i == 10 {
			c.note("… and %d more are left out", len(p.Left)-i)
			break
		}
		c.note("%s is left out: it is neither a file nor a directory nor a link within", path)
	}
	if name == "" {
		name = archive.Name(paths...)
	}
	c.note("%d files go as one archive, %s; recipients unpack it with xftp recv --unpack", p.Files, name)
	return client.Source{Name: name, Size: p.Size, Open: p.Open}, nil
}

// input keeps standard input in a file that has no name, as its size has to be known before the first byte is encrypted.
func (c *console) input(ctx context.Context, o *sendOptions) (client.Source, func(), error) {
	if o.name == "" {
		return client.Source{}, nil, errors.New("standard input has no name; give one for the recipients with --name")
	}
	f, err := os.CreateTemp(o.temp, "xftp.input.*")
	if err != nil {
		return client.Source{}, nil, err
	}
	os.Remove(f.Name())
	size, err := await(ctx, func() (int64, error) { return io.Copy(f, io.LimitReader(c.in, client.MaxFile+1)) })
	if err != nil {
		f.Close()
		return client.Source{}, nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(io.NewSectionReader(f, 0, size)), nil }
	return client.Source{Name: o.name, Size: size, Open: open}, func() { f.Close() }, nil
}

// journal is where the state of an upload of this source is kept; empty: nowhere. What cannot serve any more goes.
func (s *source) journal(recipients int) string {
	state := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(state) {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		state = filepath.Join(home, ".local", "state")
	}
	dir := filepath.Join(state, "xftp")
	client.RemoveOldJournals(dir)
	what := []string{s.Name, fmt.Sprint(s.Size), fmt.Sprint(recipients)}
	for _, path := range s.paths {
		if absolute, err := filepath.Abs(path); err == nil && path != "-" {
			path = absolute
		}
		what = append(what, path)
	}
	sum := sha256.Sum256([]byte(strings.Join(what, "\x00")))
	return filepath.Join(dir, "send-"+hex.EncodeToString(sum[:12]))
}
