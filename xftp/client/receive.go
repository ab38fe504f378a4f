package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"switchyard/xftp/desc"
	"switchyard/xftp/sealed"
)

// Errors of files, besides those of packets and of package sealed.
var (
	ErrFileDigest   = errors.New("File digest mismatch")
	ErrFileSize     = errors.New("File size mismatch")
	ErrRedirect     = errors.New("Redirect chain too long")
	ErrRedirectFile = errors.New("Redirect: the file is another one than it says")
	ErrNoReplica    = errors.New("chunk has no replicas")
)

// ReceiveOptions say how to receive a file. Destination is required.
type ReceiveOptions struct {
	// Destination says where the file of a name goes; it must not exist. The name is the sender's choice (SafeName). It is
	// asked again when the path has been taken meanwhile.
	Destination func(name string) (string, error)
	// Dir is where Destination puts the file, whatever its name: that it can be written to, and has room, is found out
	// before anything is downloaded. Empty: unknown until the name is.
	Dir        string
	TempDir    string // of the packets; empty: the system's
	Progress   func(done, total int64)
	Moved      func(done, total int64) // the same, in smaller steps
	Resuming   func(done, total int64) // called when so much is there already
	Decrypting func()                  // called when all packets are there
	// Acknowledge is called when the file is there, and says whether to tell the routers, which then give it to nobody
	// by this description again; nil: yes.
	Acknowledge func(path string) bool
}

// Receive downloads, decrypts and acknowledges the file that d describes, or that the description which d describes
// does, and returns its path. Packets that an earlier call has left in TempDir are not downloaded again; an *Interrupted
// says that this one has left some. When the path is returned together with an error, the file is whole and only
// acknowledging it failed.
func (p *Pool) Receive(ctx context.Context, d *desc.Description, o ReceiveOptions) (path string, err error) {
	r := &receiving{pool: p, options: o}
	if o.Dir != "" {
		probe, err := newDraft(o.Dir)
		if err != nil {
			return "", err
		}
		probe.discard()
	}
	if d.Redirect == nil {
		path, err = r.file(ctx, d)
	} else {
		path, err = r.redirect(ctx, d)
	}
	if err != nil {
		return "", err
	}
	if o.Acknowledge != nil && !o.Acknowledge(path) {
		return path, nil
	}
	for _, d := range r.descriptions {
		if err := p.acknowledge(ctx, d); err != nil {
			return path, fmt.Errorf("cannot acknowledge the file: %w", err)
		}
	}
	return path, nil
}

// receiving is one file under way.
type receiving struct {
	pool         *Pool
	options      ReceiveOptions
	descriptions []*desc.Description // whose packets were downloaded
}

// redirect receives the description that d describes, and the file that it describes.
func (r *receiving) redirect(ctx context.Context, d *desc.Description) (string, error) {
	if err := r.hasRoom(d.Redirect.Size, 0); err != nil {
		return "", err
	}
	var text bytes.Buffer
	outer := *r
	outer.options.Decrypting, outer.options.Resuming = nil, nil
	ofInner := func(tell func(done, total int64)) func(done, total int64) {
		if tell == nil {
			return nil
		}
		return func(done, _ int64) { tell(done, d.Redirect.Size) }
	}
	outer.options.Progress, outer.options.Moved = ofInner(outer.options.Progress), ofInner(outer.options.Moved)
	err := outer.fetch(ctx, d, func(opener *sealed.Opener) error {
		if opener.Size > desc.MaxText {
			return ErrFileSize
		}
		_, err := opener.WriteTo(&text)
		return err
	})
	if err != nil {
		return "", err
	}
	r.descriptions = outer.descriptions
	inner, err := desc.Parse(text.Bytes())
	if err == nil {
		inner, err = inner.For(desc.Recipient)
	}
	switch {
	case err != nil:
		return "", fmt.Errorf("Redirect: invalid file description: %w", err)
	case inner.Redirect != nil:
		return "", ErrRedirect
	case inner.Size != d.Redirect.Size || !bytes.Equal(inner.Digest, d.Redirect.Digest):
		return "", ErrRedirectFile
	}
	return r.file(ctx, inner)
}

func (r *receiving) file(ctx context.Context, d *desc.Description) (path string, err error) {
	err = r.fetch(ctx, d, func(opener *sealed.Opener) error {
		choose := func() (string, error) { return r.options.Destination(opener.Name) }
		if path, err = choose(); err != nil {
			return err
		}
		draft, err := newDraft(filepath.Dir(path))
		if err != nil {
			return err
		}
		defer draft.discard()
		if _, err := opener.WriteTo(draft); err != nil {
			return err
		}
		path, err = draft.publish(choose)
		return err
	})
	return path, err
}

// draft is a file under a hidden name, which gets its own only when its content is proved.
type draft struct{ *os.File }

func newDraft(dir string) (*draft, error) {
	f, err := os.CreateTemp(dir, ".xftp-*")
	if err != nil {
		if hidden := new(fs.PathError); errors.As(err, &hidden) {
			err = &fs.PathError{Op: "write into", Path: dir, Err: hidden.Err}
		}
		return nil, err
	}
	return &draft{f}, nil
}

// publish gives the draft the name that choose chooses. Nothing is replaced: an empty file takes the name first.
func (d *draft) publish(choose func() (string, error)) (path string, err error) {
	if err := errors.Join(d.Chmod(0o644), d.Sync(), d.Close()); err != nil {
		return "", err
	}
	for range maxNumber {
		if path, err = choose(); err != nil {
			return "", err
		}
		place, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		if err := errors.Join(place.Close(), os.Rename(d.Name(), path)); err != nil {
			os.Remove(path)
			return "", err
		}
		return path, nil
	}
	return "", ErrExists
}

// discard removes the draft, unless it has been published.
func (d *draft) discard() {
	d.Close()
	os.Remove(d.Name())
}
