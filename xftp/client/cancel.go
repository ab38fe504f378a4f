package client

import (
	"context"
	"io"
	"os"
	"syscall"
)

// Until reads src until ctx ends: what takes long on files, such as encryption, has no other end.
func Until(ctx context.Context, src io.Reader) io.Reader { return cancellable{ctx, src} }

type cancellable struct {
	ctx context.Context
	src io.Reader
}

func (c cancellable) Read(p []byte) (int, error) {
	if err := context.Cause(c.ctx); err != nil {
		return 0, err
	}
	return c.src.Read(p)
}

// Open opens a file for reading. Unlike os.Open it does not wait for whoever writes into a pipe.
func Open(path string) (*os.File, error) { return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) }
