package client

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

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
	// Destination says where the file of a name goes; it must not exist. The name is the sender's choice (SafeName).
	Destination func(name string) (string, error)
	TempDir     string // of the packets; empty: the system's
	Progress    func(done, total int64)
	Decrypting  func() // called when all packets are there
}

// Receive downloads, decrypts and acknowledges the file that d describes, or that the description which d describes
// does, and returns its path. Packets that an earlier call has left in TempDir are not downloaded again. When the path
// is returned together with an error, the file is whole and only acknowledging it failed.
func (p *Pool) Receive(ctx context.Context, d *desc.Description, o ReceiveOptions) (path string, err error) {
	if d.Redirect == nil {
		return p.receiveFile(ctx, d, &o)
	}
	var text bytes.Buffer
	redirect := o
	redirect.Decrypting = nil
	if o.Progress != nil { // of the file behind it
		redirect.Progress = func(done, _ int64) { o.Progress(done, d.Redirect.Size) }
	}
	err = p.fetch(ctx, d, &redirect, func(opener *sealed.Opener) error {
		if opener.Size > desc.MaxText {
			return ErrFileSize
		}
		_, err := opener.WriteTo(&text)
		return err
	})
	if err != nil {
		return "", err
	}
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
	return p.receiveFile(ctx, inner, &o)
}

func (p *Pool) receiveFile(ctx context.Context, d *desc.Description, o *ReceiveOptions) (path string, err error) {
	err = p.fetch(ctx, d, o, func(opener *sealed.Opener) (err error) {
		path, err = save(opener, o.Destination)
		return err
	})
	return path, err
}

// save writes a file under a hidden name beside its destination, and gives it its own when the tag has proved it.
func save(opener *sealed.Opener, destination func(string) (string, error)) (path string, err error) {
	if path, err = destination(opener.Name); err != nil {
		return "", err
	}
	draft, err := os.CreateTemp(filepath.Dir(path), ".xftp-*")
	if err != nil {
		return "", err
	}
	defer os.Remove(draft.Name()) // when it has its own name there is nothing to remove
	_, err = opener.WriteTo(draft)
	if err := errors.Join(err, draft.Chmod(0o644), draft.Close()); err != nil {
		return "", err
	}
	if _, err := os.Lstat(path); err == nil {
		return "", ErrExists
	}
	return path, os.Rename(draft.Name(), path)
}

// fetch downloads the packets of a file, lets use open it, and acknowledges the packets.
func (p *Pool) fetch(ctx context.Context, d *desc.Description, o *ReceiveOptions, use func(*sealed.Opener) error) error {
	dir, err := packetDir(o.TempDir, d)
	if err != nil {
		return err
	}
	paths, err := p.download(ctx, d, dir, o.Progress)
	if err != nil {
		return err
	}
	if err := judgeFile(d, paths); err != nil {
		os.RemoveAll(dir) // the packets are what the description says, so others would be no better
		return err
	}
	if o.Decrypting != nil {
		o.Decrypting()
	}
	files := &sequence{paths: paths}
	defer files.Close()
	opener, err := sealed.NewOpener(files, d.Size, &sealed.Key{Key: d.Key, Nonce: d.Nonce})
	if err == nil {
		err = use(opener)
	}
	if err != nil {
		return err
	}
	os.RemoveAll(dir)
	return p.acknowledge(ctx, d)
}

// packetDir is where the packets of a file are gathered; the same for each attempt, so that it can go on.
func packetDir(temp string, d *desc.Description) (string, error) {
	if temp == "" {
		temp = os.TempDir()
	}
	name := sha256.Sum256(append(bytes.Clone(d.Digest), d.Key[:]...))
	dir := filepath.Join(temp, "xftp.encrypted."+hex.EncodeToString(name[:8]))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	return dir, nil
}

func (p *Pool) download(ctx context.Context, d *desc.Description, dir string, progress func(done, total int64)) (paths []string, err error) {
	done := &counter{total: d.Size, progress: progress}
	var tasks []task
	for i := range d.Chunks {
		chunk := &d.Chunks[i]
		if len(chunk.Replicas) == 0 {
			return nil, ErrNoReplica
		}
		path := filepath.Join(dir, strconv.Itoa(i+1))
		paths = append(paths, path)
		if present(path, chunk) {
			done.add(int64(chunk.Size))
			continue
		}
		tasks = append(tasks, task{chunk.Replicas[0].Server, func(ctx context.Context) error {
			if err := p.downloadPacket(ctx, chunk, path); err != nil {
				return fmt.Errorf("packet %d: %w", i+1, err)
			}
			done.add(int64(chunk.Size))
			return nil
		}})
	}
	return paths, parallel(ctx, tasks)
}

// present tells whether a packet has been downloaded before.
func present(path string, chunk *desc.Chunk) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	hash := sha256.New()
	n, err := io.Copy(hash, f)
	return err == nil && n == int64(chunk.Size) && bytes.Equal(hash.Sum(nil), chunk.Digest)
}

func (p *Pool) downloadPacket(ctx context.Context, chunk *desc.Chunk, path string) error {
	r := &chunk.Replicas[0]
	return p.with(ctx, &r.Server, func(c *Conn) error {
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		err = c.Download(ctx, r.Key, r.ID, chunk.Size, chunk.Digest, f)
		if err = errors.Join(err, f.Close()); err != nil {
			os.Remove(path)
		}
		return err
	})
}

// judgeFile checks size and digest of the whole.
func judgeFile(d *desc.Description, paths []string) error {
	files := &sequence{paths: paths}
	defer files.Close()
	hash := sha512.New()
	n, err := io.Copy(hash, files)
	switch {
	case err != nil:
		return err
	case !bytes.Equal(hash.Sum(nil), d.Digest):
		return ErrFileDigest
	case n != d.Size:
		return ErrFileSize
	}
	return nil
}

// sequence reads files one after the other.
type sequence struct {
	paths []string
	open  *os.File
}

func (s *sequence) Read(p []byte) (int, error) {
	for {
		if s.open == nil {
			if len(s.paths) == 0 {
				return 0, io.EOF
			}
			f, err := os.Open(s.paths[0])
			if err != nil {
				return 0, err
			}
			s.open, s.paths = f, s.paths[1:]
		}
		n, err := s.open.Read(p)
		if n > 0 || !errors.Is(err, io.EOF) {
			return n, err
		}
		s.Close()
	}
}

func (s *sequence) Close() error {
	if s.open == nil {
		return nil
	}
	err := s.open.Close()
	s.open = nil
	return err
}

// acknowledge ends our access to the packets.
func (p *Pool) acknowledge(ctx context.Context, d *desc.Description) error {
	var tasks []task
	for i := range d.Chunks {
		r := &d.Chunks[i].Replicas[0]
		tasks = append(tasks, task{r.Server, func(ctx context.Context) error {
			return p.with(ctx, &r.Server, func(c *Conn) error { return c.Acknowledge(ctx, r.Key, r.ID) })
		}})
	}
	if err := parallel(ctx, tasks); err != nil {
		return fmt.Errorf("cannot acknowledge the file: %w", err)
	}
	return nil
}

// Delete deletes the packets of a sender's description.
func (p *Pool) Delete(ctx context.Context, d *desc.Description) error {
	for i, chunk := range d.Chunks {
		if len(chunk.Replicas) == 0 {
			return ErrNoReplica
		}
		r := &chunk.Replicas[0]
		err := p.with(ctx, &r.Server, func(c *Conn) error { return c.Delete(ctx, r.Key, r.ID) })
		if err != nil {
			return fmt.Errorf("packet %d: %w", i+1, err)
		}
	}
	return nil
}
