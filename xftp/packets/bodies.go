package packets

import (
	"context"
	"io"
	"iter"
)

// Bodies is where bodies are: Dir or S3. Any of its methods may be called again after an error.
type Bodies interface {
	// Begin begins a body of size bytes under the temporary name of the packet and the tag.
	Begin(ctx context.Context, id ID, tag uint64, size uint32) (Body, error)
	// Open opens a body; fs.ErrNotExist when it is not there.
	Open(ctx context.Context, id ID) (io.ReadCloser, error)
	// OpenUpload opens one under its temporary name.
	OpenUpload(ctx context.Context, name string) (io.ReadCloser, error)
	// Publish gives what has a temporary name its final name.
	Publish(ctx context.Context, id ID, name string) error
	// Remove removes a body, which may not be there.
	Remove(ctx context.Context, id ID) error
	// Uploads are the temporary names that there are.
	Uploads(ctx context.Context) iter.Seq2[string, error]
	// RemoveUpload removes what has a temporary name, which may not be there.
	RemoveUpload(ctx context.Context, name string) error
}

// Body is a body that is being written.
type Body interface {
	io.Writer
	// Settle makes what was written durable under its temporary name.
	Settle() error
	// Discard removes it. It may follow an error of the others, and come while Write is called.
	Discard() error
}
