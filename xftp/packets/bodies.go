package packets

import (
	"context"
	"io"
)

// Bodies is where bodies are: Dir or S3.
type Bodies interface {
	// Begin begins a body of size bytes under a temporary name with the tag.
	Begin(ctx context.Context, id ID, tag uint64, size uint32) (Body, error)
	// Open opens a body; fs.ErrNotExist when it is not there.
	Open(ctx context.Context, id ID) (io.ReadCloser, error)
	// Remove removes a body, which may not be there.
	Remove(ctx context.Context, id ID) error
	// Recover settles what a crash left under temporary names: a body whose record has its tag gets its final name,
	// others are removed.
	Recover(ctx context.Context, tagOf func(ID) (tag uint64, ok bool)) error
}

// Body is a body that is being written.
type Body interface {
	io.Writer
	// Settle makes what was written durable under its temporary name.
	Settle() error
	// Publish gives it the final name, after Settle and the commit of its record.
	Publish() error
	// Discard removes it. It may follow an error of any of the others.
	Discard()
}
