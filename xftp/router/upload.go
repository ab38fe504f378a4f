package router

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"

	"switchyard/xftp"
	"switchyard/xftp/packets"
)

// upload takes the packet of FPUT. The body must end where the packet's size says. Its place is reserved before the
// first byte; whatever goes wrong frees it and leaves nothing on the disk.
func (x *exchange) upload() (xftp.Response, bool) {
	if x.record.Uploaded {
		return x.drain()
	}
	if !x.router.cfg.Gate.Borrow() {
		return failed(xftp.ErrTimeout)
	}
	defer x.router.cfg.Gate.Return()
	x.router.traffic.uploads.Add(1)
	defer x.router.traffic.uploads.Add(-1)
	u, err := x.router.store.Upload(x.q.Context(), x.sender, x.record.Size)
	switch {
	case errors.Is(err, packets.ErrQuota):
		return failed(xftp.ErrQuota)
	case err != nil:
		return x.broken(err)
	}
	if fault, err := x.receive(u); err != nil || !fault.IsZero() {
		u.Abort()
		if err != nil {
			return x.broken(err)
		}
		return failed(fault)
	}
	if err := u.Commit(); err != nil {
		return x.broken(err)
	}
	x.router.Stats.Uploaded.Add(1)
	return done, true
}

// receive writes the body to u and judges its size and digest. A fault is the client's, an error the disk's.
func (x *exchange) receive(u *packets.Upload) (fault xftp.Error, err error) {
	want := append([]byte(nil), x.record.Digest...)
	hash := sha256.New()
	left := int64(x.record.Size)
	for {
		n, err := x.body.fill(x.block)
		if int64(n) > left {
			return xftp.ErrSize, nil
		}
		left -= int64(n)
		hash.Write(x.block[:n])
		if _, err := u.Write(x.block[:n]); err != nil {
			return fault, err
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return xftp.ErrTimeout, nil
		}
	}
	switch {
	case left > 0:
		return xftp.ErrSize, nil
	case !bytes.Equal(hash.Sum(nil), want):
		return xftp.ErrDigest, nil
	}
	return fault, nil
}

// drain reads the packet of an upload that has been done before. Its bytes do not matter, but clients send them all
// before they read the answer.
func (x *exchange) drain() (xftp.Response, bool) {
	for left := int64(x.record.Size); left > 0; {
		n, err := x.body.fill(x.block[:min(left, int64(len(x.block)))])
		if left -= int64(n); err != nil && left > 0 {
			if err == io.EOF {
				return failed(xftp.ErrSize)
			}
			return failed(xftp.ErrTimeout)
		}
	}
	return done, true
}
