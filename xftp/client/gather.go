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

	"switchyard/xftp"
	"switchyard/xftp/desc"
	"switchyard/xftp/sealed"
)

// fetch downloads the packets of a file and lets use open it. What it leaves behind, when it fails, serves another try.
func (r *receiving) fetch(ctx context.Context, d *desc.Description, use func(*sealed.Opener) error) error {
	dir, err := packetDir(r.options.TempDir, d)
	if err != nil {
		return err
	}
	have, err := r.gather(ctx, d, dir, use)
	if err == nil {
		r.descriptions = append(r.descriptions, d)
	}
	if err == nil || have == 0 || hopeless(err) {
		os.RemoveAll(dir)
		return err
	}
	return &Interrupted{Kept: dir, Done: have, Total: d.Size, Err: err}
}

// gather is fetch with the packets in a directory; have is how many bytes of them are there in the end.
func (r *receiving) gather(ctx context.Context, d *desc.Description, dir string, use func(*sealed.Opener) error) (have int64, err error) {
	done := &counter{total: d.Size, progress: r.options.Progress, moved: r.options.Moved}
	paths, tasks, err := r.tasks(ctx, d, dir, done)
	if err != nil {
		return done.done, err
	}
	if err := r.hasRoom(d.Size, done.done); err != nil {
		return done.done, err
	}
	if done.done > 0 && r.options.Resuming != nil {
		r.options.Resuming(done.done, d.Size)
	}
	if err := parallel(ctx, tasks); err != nil {
		return done.done, err
	}
	if err := judgeFile(ctx, d, paths); err != nil {
		return done.done, err
	}
	if r.options.Decrypting != nil {
		r.options.Decrypting()
	}
	files := &sequence{paths: paths}
	defer files.Close()
	opener, err := sealed.NewOpener(Until(ctx, files), d.Size, &sealed.Key{Key: d.Key, Nonce: d.Nonce})
	if err == nil {
		err = use(opener)
	}
	return done.done, err
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
	// Others who know the link may have made it, with links in it to files of ours.
	if info, err := os.Lstat(dir); err != nil || !info.IsDir() || !ours(info) {
		return "", errors.Join(err, fmt.Errorf("%s belongs to somebody else, or others may write there", dir))
	}
	return dir, nil
}

// room is how many bytes are free where a directory is, and on which device that is, if the system tells. Tests replace it.
var room = systemRoom

// hasRoom tells whether so much more can be downloaded, and decrypted where the file goes.
func (r *receiving) hasRoom(size, have int64) error {
	temp, dir := r.options.TempDir, r.options.Dir
	if temp == "" {
		temp = os.TempDir()
	}
	free, device, known := room(temp)
	need := size - have
	if !known || dir == "" {
		if known && free < need {
			return &RoomError{temp, need, free}
		}
		return nil
	}
	freeThere, deviceThere, known := room(dir)
	switch {
	case !known:
	case device == deviceThere && free < need+size:
		return &RoomError{dir, need + size, free}
	case free < need:
		return &RoomError{temp, need, free}
	case freeThere < size:
		return &RoomError{dir, size, freeThere}
	}
	return nil
}

// tasks are the downloads of packets that are not there yet.
func (r *receiving) tasks(ctx context.Context, d *desc.Description, dir string, done *counter) (paths []string, tasks []task, err error) {
	for i := range d.Chunks {
		chunk := &d.Chunks[i]
		if len(chunk.Replicas) == 0 {
			return nil, nil, ErrNoReplica
		}
		path := filepath.Join(dir, strconv.Itoa(i+1))
		paths = append(paths, path)
		if present(ctx, path, chunk) {
			done.add(int64(chunk.Size))
			continue
		}
		tasks = append(tasks, task{chunk.Replicas[0].Server, func(ctx context.Context) error {
			if err := r.pool.downloadPacket(ctx, chunk, path, done); err != nil {
				return fmt.Errorf("packet %d: %w", i+1, err)
			}
			done.add(int64(chunk.Size))
			return nil
		}})
	}
	return paths, tasks, context.Cause(ctx)
}

// present tells whether a packet has been downloaded before.
func present(ctx context.Context, path string, chunk *desc.Chunk) bool {
	f, err := Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Size() != int64(chunk.Size) {
		return false
	}
	hash := sha256.New()
	_, err = io.Copy(hash, Until(ctx, f))
	return err == nil && bytes.Equal(hash.Sum(nil), chunk.Digest)
}

func (p *Pool) downloadPacket(ctx context.Context, chunk *desc.Chunk, path string, done *counter) error {
	r := &chunk.Replicas[0]
	return p.with(ctx, Downloading, &r.Server, func(c *Conn) error {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return err
		}
		attempt := done.attempt()
		defer attempt.end()
		err = c.Download(ctx, r.Key, r.ID, chunk.Size, chunk.Digest, attempt.to(f))
		if err = errors.Join(err, f.Close()); err != nil {
			os.Remove(path)
		}
		return err
	})
}

// judgeFile checks size and digest of the whole.
func judgeFile(ctx context.Context, d *desc.Description, paths []string) error {
	files := &sequence{paths: paths}
	defer files.Close()
	hash := sha512.New()
	n, err := io.Copy(hash, Until(ctx, files))
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
			f, err := Open(s.paths[0])
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
			return p.with(ctx, Acknowledging, &r.Server, func(c *Conn) error { return c.Acknowledge(ctx, r.Key, r.ID) })
		}})
	}
	return parallel(ctx, tasks)
}

// Delete deletes the packets of a sender's description. Those that are gone already are no fault, unless all are.
func (p *Pool) Delete(ctx context.Context, d *desc.Description) error {
	deleted := false
	var gone error
	for i, chunk := range d.Chunks {
		if len(chunk.Replicas) == 0 {
			return ErrNoReplica
		}
		r := &chunk.Replicas[0]
		err := p.with(ctx, Deleting, &r.Server, func(c *Conn) error { return c.Delete(ctx, r.Key, r.ID) })
		switch {
		case err == nil:
			deleted = true
		case errors.Is(err, xftp.ErrAuth):
			gone = err
		default:
			return fmt.Errorf("packet %d: %w", i+1, err)
		}
	}
	if deleted {
		return nil
	}
	return gone
}
