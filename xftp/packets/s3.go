package packets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// S3 keeps bodies as objects of a bucket, named as Dir names files; uploads under way have the prefix "uploads/". An
// upload streams to the object store as it arrives: nothing of it touches the local disk.
type S3 struct {
	core   minio.Core
	bucket string
	prefix string
	counts *s3Counts
}

// S3Config says where the bucket is.
type S3Config struct {
	Endpoint             string // host[:port]
	TLS                  bool
	Region               string // empty: found out
	Bucket               string
	Prefix               string // of object names, such as "xftp/"; may be empty
	AccessKey, SecretKey string
}

// OpenS3 checks that the bucket is there.
func OpenS3(ctx context.Context, cfg S3Config) (*S3, error) {
	counts, err := newS3Counts(cfg.TLS)
	if err != nil {
		return nil, fmt.Errorf("the object store: %w", err)
	}
	c, err := minio.New(cfg.Endpoint, &minio.Options{
		Transport: counts,
		Creds:     credentials.NewStaticV4(cfg.AccessKey, cfg.SecretKey, ""),
		Secure:    cfg.TLS, Region: cfg.Region, MaxRetries: maxRetries,
	})
	if err != nil {
		return nil, fmt.Errorf("the object store: %w", err)
	}
	switch there, err := c.BucketExists(ctx, cfg.Bucket); {
	case err != nil:
		return nil, fmt.Errorf("the object store at %s: %w", cfg.Endpoint, err)
	case !there:
		return nil, fmt.Errorf("the object store at %s has no bucket %s", cfg.Endpoint, cfg.Bucket)
	}
	return &S3{core: minio.Core{Client: c}, bucket: cfg.Bucket, prefix: cfg.Prefix, counts: counts}, nil
}

const uploadsPrefix = "uploads/"

// maxRetries is how often a request that may be repeated is tried: clients wait for the answer meanwhile.
const maxRetries = 3

func (s *S3) object(id ID) string          { return s.prefix + fileName(id) }
func (s *S3) temporary(name string) string { return s.prefix + uploadsPrefix + name }
func (s *S3) remove(ctx context.Context, object string) error {
	return s.core.RemoveObject(ctx, s.bucket, object, minio.RemoveObjectOptions{})
}

// notExist tells the error of an object that is not there.
func notExist(err error) bool { return minio.ToErrorResponse(err).Code == minio.NoSuchKey }

// Begin begins to send the object.
func (s *S3) Begin(ctx context.Context, id ID, tag uint64, size uint32) (Body, error) {
	r, w := io.Pipe()
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	b := &s3Body{store: s, name: temporaryName(id, tag), w: w, sent: make(chan error, 1), cancel: cancel}
	go func() {
		_, err := s.core.Client.PutObject(ctx, s.bucket, s.temporary(b.name), r, int64(size), minio.PutObjectOptions{
			ContentType: "application/octet-stream", DisableMultipart: true,
		})
		r.CloseWithError(err) // whoever still writes hears of it
		b.sent <- err
	}()
	return b, nil
}

// Open opens the object.
func (s *S3) Open(ctx context.Context, id ID) (io.ReadCloser, error) { return s.get(ctx, s.object(id)) }

// OpenUpload opens an upload.
func (s *S3) OpenUpload(ctx context.Context, name string) (io.ReadCloser, error) {
	return s.get(ctx, s.temporary(name))
}

func (s *S3) get(ctx context.Context, object string) (io.ReadCloser, error) {
	body, _, _, err := s.core.GetObject(ctx, s.bucket, object, minio.GetObjectOptions{})
	if notExist(err) {
		return nil, fs.ErrNotExist
	}
	return body, err
}

// Publish gives an upload its final name, if it is still to get it: the object store copies it on its side.
func (s *S3) Publish(ctx context.Context, id ID, name string) error {
	_, err := s.core.Client.CopyObject(ctx,
		minio.CopyDestOptions{Bucket: s.bucket, Object: s.object(id)},
		minio.CopySrcOptions{Bucket: s.bucket, Object: s.temporary(name)})
	if notExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.RemoveUpload(ctx, name)
}

// Remove removes the object.
func (s *S3) Remove(ctx context.Context, id ID) error { return s.remove(ctx, s.object(id)) }

// Uploads lists the uploads.
func (s *S3) Uploads(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		list := minio.ListObjectsOptions{Prefix: s.temporary(""), Recursive: true}
		ctx, cancel := context.WithCancel(ctx) // ends the listing when it is left early
		defer cancel()
		for o := range s.core.Client.ListObjects(ctx, s.bucket, list) {
			if !yield(strings.TrimPrefix(o.Key, s.temporary("")), o.Err) {
				return
			}
		}
	}
}

// RemoveUpload removes an upload.
func (s *S3) RemoveUpload(ctx context.Context, name string) error {
	return s.remove(ctx, s.temporary(name))
}

// settleTimeout bounds what is done after the last byte of an upload.
const settleTimeout = time.Minute

// s3Body is an object that is being sent.
type s3Body struct {
	store  *S3
	name   string
	w      *io.PipeWriter
	sent   chan error // the result of sending; once
	ended  bool       // and taken
	cancel context.CancelFunc
}

func (b *s3Body) Write(p []byte) (int, error) { return b.w.Write(p) }

func (b *s3Body) Settle() error {
	b.w.Close()
	return b.result()
}

func (b *s3Body) result() error {
	if b.ended {
		return nil
	}
	defer b.cancel()
	b.ended = true
	t := time.NewTimer(settleTimeout)
	defer t.Stop()
	select {
	case err := <-b.sent:
		return err
	case <-t.C:
		return errors.New("the object store does not answer")
	}
}

func (b *s3Body) Discard() error {
	b.w.CloseWithError(context.Canceled)
	b.cancel()
	b.result() // it was cut
	ctx, cancel := context.WithTimeout(context.Background(), settleTimeout)
	defer cancel()
	return b.store.RemoveUpload(ctx, b.name)
}
