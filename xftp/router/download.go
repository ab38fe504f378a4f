package router

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"

	"switchyard/box"
	"switchyard/xftp"
)

// The pieces of a download. Each goes through three buffers, all of which a slow reader holds: ours, that of
// golang.org/x/net and that of TLS. So pieces are small when there are many downloads; when there are few, larger ones
// save switches between goroutines and system calls.
const (
	smallFrame  = 16384 - 9   // with the header of its HTTP/2 frame it fills a record of TLS
	largeFrame  = 2*16384 - 9 // two records; the largest frame that the reference's clients take
	largeFrames = 16          // downloads under way that may be written by them
)

// frames gives the buffer that a download is written by, and takes it back. Browsers take no large frames.
func (r *Router) frames(web bool) (buffer []byte, release func()) {
	pool := &r.small
	if n := r.downloads.Add(1); n <= largeFrames && !web {
		pool = &r.large
	}
	b := pool.Get().(*[]byte)
	return *b, func() {
		pool.Put(b)
		r.downloads.Add(-1)
	}
}

// download answers FGET: the block of FILE, the packet encrypted for this download, and the tag.
func (x *exchange) download() (xftp.Response, bool) {
	if !x.record.Uploaded {
		return failed(xftp.ErrNoFile)
	}
	body, err := x.router.openBody(x.q.Context(), x.sender)
	switch {
	case errors.Is(err, errNoFiles):
		return failed(xftp.ErrTimeout)
	case errors.Is(err, fs.ErrNotExist):
		x.router.cfg.Log.Error("the body of a packet is missing")
		return failed(xftp.ErrAuth)
	case err != nil:
		return x.broken(err)
	}
	response := xftp.Response{Tag: xftp.FILE}
	subkey, ok := x.agree(&response)
	if !ok {
		body.Close()
		return failed(xftp.ErrAuth)
	}
	x.router.Stats.download(x.sender, x.router.cfg.Now())
	x.send = func() error {
		defer body.Close()
		return x.sendPacket(responseBlock(x.session, &x.t, &response), body, box.NewStreamed(&response.Nonce, &subkey))
	}
	return response, false
}

// agree makes the key and nonce of one download.
func (x *exchange) agree(response *xftp.Response) (subkey [box.KeySize]byte, ok bool) {
	var private [box.KeySize]byte
	if err := box.GenerateX25519(rand.Reader, &private, &response.DHKey); err != nil {
		panic("router: no random bytes: " + err.Error())
	}
	rand.Read(response.Nonce[:])
	if err := box.DH(&subkey, &private, &x.c.DHKey); err != nil {
		return subkey, false // a key that would give the packet away to everybody
	}
	box.Precompute(&subkey, &subkey)
	return subkey, true
}

// sendPacket writes block, packet and tag as one stream of full frames.
func (x *exchange) sendPacket(block []byte, packet io.Reader, stream *box.Streamed) error {
	buffer, release := x.router.frames(x.session.web)
	defer release()
	o := output{w: x.body, buf: buffer}
	if err := o.append(block); err != nil {
		return err
	}
	block = nil // what follows may take long
	for left := int64(x.record.Size); left > 0; {
		p := o.free()
		p = p[:min(int64(len(p)), left)]
		if _, err := io.ReadFull(packet, p); err != nil {
			x.router.cfg.Log.Error("cannot read the body of a packet", "cause", cause(err))
			return err
		}
		stream.Seal(p)
		left -= int64(len(p))
		if err := o.advance(len(p)); err != nil {
			return err
		}
	}
	tag := stream.Tag()
	if err := o.append(tag[:]); err != nil {
		return err
	}
	return o.flush()
}

// output gathers what is written into frames.
type output struct {
	w   io.Writer
	buf []byte
	n   int
}

func (o *output) free() []byte { return o.buf[o.n:] }

// advance takes n bytes that stand in free.
func (o *output) advance(n int) error {
	if o.n += n; o.n < len(o.buf) {
		return nil
	}
	return o.flush()
}

func (o *output) append(p []byte) error {
	for len(p) > 0 {
		n := copy(o.free(), p)
		p = p[n:]
		if err := o.advance(n); err != nil {
			return err
		}
	}
	return nil
}

func (o *output) flush() error {
	_, err := o.w.Write(o.buf[:o.n])
	o.n = 0
	return err
}
