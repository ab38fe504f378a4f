package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"switchyard/xftp/archive"
	"switchyard/xftp/client"
)

// unpack unpacks the archive at a path into a new directory beside it, and removes it. When that fails the archive stays,
// and nothing else.
func (c *console) unpack(ctx context.Context, path string, to place) error {
	c.phase("unpacking")
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	draft, err := os.MkdirTemp(to.dir, ".xftp-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(draft)
	files, err := archive.Unpack(ctx, f, info.Size(), draft)
	if err != nil {
		return fmt.Errorf("cannot unpack %s, which stays as it is: %w", path, err)
	}
	if err := os.Chmod(draft, 0o755); err != nil {
		return err
	}
	name := to.name
	if name == "" {
		name = strings.TrimSuffix(filepath.Base(path), ".tar")
	}
	dir, err := client.UniquePath(to.dir, name)
	if err == nil {
		err = os.Rename(draft, dir)
	}
	if err == nil {
		err = os.Remove(path)
	}
	if err != nil {
		return err
	}
	if !c.event("unpacked", fields{"path": dir, "files": files}) {
		c.line("Unpacked: %s (%d files)", dir, files)
	}
	return nil
}
