package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"switchyard/box"
	"switchyard/xftp"
)

var root = &url.URL{Scheme: "https", Path: "/"}

// post sends a request and returns the body of its response, which the caller closes.
func (c *Conn) post(ctx context.Context, body io.Reader, size int64) (io.ReadCloser, error) {
	q := &http.Request{Method: http.MethodPost, URL: root, Host: c.host, Header: noHeader.Clone()}
	if size > 0 {
		q.Body, q.ContentLength = io.NopCloser(body), size
	}
	response, err := c.transport.RoundTrip(q.WithContext(ctx))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.host, err)
	}
	if response.StatusCode != http.StatusOK {
		response.Body.Close()
		return nil, fmt.Errorf("%s: status %d", c.host, response.StatusCode)
	}
	return response.Body, nil
}

// exchange sends a request, whose body may be nil, and reads the block of the response.
func (c *Conn) exchange(ctx context.Context, request, block []byte) error {
	body, err := c.post(ctx, bytes.NewReader(request), int64(len(request)))
	if err != nil {
		return err
	}
	defer body.Close()
	if _, err = io.ReadFull(body, block); err != nil {
		return err
	}
	return finish(body)
}

// finish reads the end of a response. A stream that is closed before would be reset, which routers of the reference
// take for a reason to close the connection.
func finish(body io.Reader) error {
	var more [1]byte
	if _, err := io.ReadFull(body, more[:]); !errors.Is(err, io.EOF) {
		return ErrPacketSize
	}
	return nil
}

// request makes the block of a command. key is nil for PING.
func (c *Conn) request(command *xftp.Command, key *box.PrivateKey, entity []byte) ([]byte, error) {
	signed := xftp.AppendSigned(nil, c.sessionID, nil, entity, xftp.AppendCommand(nil, command))
	var auth []byte
	if key != nil {
		var err error
		if auth, err = xftp.AppendAuthorization(nil, key, c.key, signed, nil); err != nil {
			return nil, err
		}
	}
	return xftp.AppendBlock(nil, auth, signed)
}

// judgeResponse parses a response block; the error of ERR is an xftp.Error.
func (c *Conn) judgeResponse(block []byte, want xftp.ResponseTag) (xftp.Response, error) {
	t, ok := xftp.ParseBlock(block)
	if !ok {
		if e, bare := xftp.ParseBareError(block); bare {
			return xftp.Response{}, e
		}
		return xftp.Response{}, ErrResponse
	}
	r, ok := xftp.ParseResponse(t.Command)
	switch {
	case !ok:
		return r, ErrResponse
	case r.Tag == xftp.ERR:
		return r, r.Err
	case r.Tag != want || !bytes.Equal(t.SessionID, c.sessionID):
		return r, ErrResponse
	}
	return r, nil
}

// do sends a command without packet and returns its response.
func (c *Conn) do(ctx context.Context, command *xftp.Command, key *box.PrivateKey, entity []byte, want xftp.ResponseTag) (xftp.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	request, err := c.request(command, key, entity)
	if err != nil {
		return xftp.Response{}, err
	}
	block := make([]byte, xftp.BlockSize)
	if err := c.exchange(ctx, request, block); err != nil {
		return xftp.Response{}, err
	}
	return c.judgeResponse(block, want)
}

// Packet is what FNEW says of a packet.
type Packet struct {
	Size       uint32
	Digest     []byte // SHA-256
	Recipients []box.PublicKey
	Password   string // empty: none
}

// Create makes the record of a packet. key becomes the sender's.
func (c *Conn) Create(ctx context.Context, key *box.PrivateKey, p Packet) (senderID []byte, recipientIDs [][]byte, err error) {
	command := xftp.Command{Tag: xftp.FNEW, SenderKey: key.Public(), Size: p.Size, Digest: p.Digest, Recipients: p.Recipients}
	if p.Password != "" {
		command.Password = []byte(p.Password)
	}
	r, err := c.do(ctx, &command, key, nil, xftp.SIDS)
	if err == nil && len(r.RecipientIDs) != len(p.Recipients) {
		err = ErrResponse
	}
	return r.SenderID, r.RecipientIDs, err
}

// AddRecipients gives more recipients access to a packet.
func (c *Conn) AddRecipients(ctx context.Context, key *box.PrivateKey, senderID []byte, recipients []box.PublicKey) (ids [][]byte, err error) {
	r, err := c.do(ctx, &xftp.Command{Tag: xftp.FADD, Recipients: recipients}, key, senderID, xftp.RIDS)
	if err == nil && len(r.RecipientIDs) != len(recipients) {
		err = ErrResponse
	}
	return r.RecipientIDs, err
}

// Delete deletes a packet.
func (c *Conn) Delete(ctx context.Context, key *box.PrivateKey, senderID []byte) error {
	_, err := c.do(ctx, &xftp.Command{Tag: xftp.FDEL}, key, senderID, xftp.OK)
	return err
}

// Acknowledge ends a recipient's access to a packet.
func (c *Conn) Acknowledge(ctx context.Context, key *box.PrivateKey, recipientID []byte) error {
	_, err := c.do(ctx, &xftp.Command{Tag: xftp.FACK}, key, recipientID, xftp.OK)
	return err
}

// Ping asks whether the router is there.
func (c *Conn) Ping(ctx context.Context) error {
	_, err := c.do(ctx, &xftp.Command{Tag: xftp.PING}, nil, nil, xftp.PONG)
	return err
}

// Upload sends the size bytes of packet. If that fails the connection is closed.
func (c *Conn) Upload(ctx context.Context, key *box.PrivateKey, senderID []byte, packet io.Reader, size uint32) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout+time.Duration(size/1024)*perKilobyte)
	defer cancel()
	request, err := c.request(&xftp.Command{Tag: xftp.FPUT}, key, senderID)
	if err != nil {
		return err
	}
	body, err := c.post(ctx, io.MultiReader(bytes.NewReader(request), packet), int64(len(request))+int64(size))
	if err != nil {
		c.Close()
		return err
	}
	defer body.Close()
	block := make([]byte, xftp.BlockSize)
	if _, err = io.ReadFull(body, block); err == nil {
		if _, err = c.judgeResponse(block, xftp.OK); err == nil {
			err = finish(body)
		}
	}
	if err != nil {
		c.Close()
	}
	return err
}

// Download writes a packet to dst. On an error what was written is worthless: size, digest (SHA-256) and tag are
// judged at the end.
func (c *Conn) Download(ctx context.Context, key *box.PrivateKey, recipientID []byte, size uint32, digest []byte, dst io.Writer) error {
	var private [box.KeySize]byte
	command := xftp.Command{Tag: xftp.FGET}
	if err := box.GenerateX25519(rand.Reader, &private, &command.DHKey); err != nil {
		return err
	}
	request, err := c.request(&command, key, recipientID)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, commandTimeout+answerTimeout+time.Duration(size/1024)*perKilobyte)
	defer cancel()
	body, err := c.post(ctx, bytes.NewReader(request), int64(len(request)))
	if err != nil {
		return err
	}
	defer body.Close()
	block := make([]byte, xftp.BlockSize)
	if _, err := io.ReadFull(body, block); err != nil {
		return err
	}
	r, err := c.judgeResponse(block, xftp.FILE)
	if err != nil {
		finish(body)
		return err
	}
	var subkey [box.KeySize]byte
	if err := box.DH(&subkey, &private, &r.DHKey); err != nil {
		return ErrPacketCrypto
	}
	box.Precompute(&subkey, &subkey)
	return receive(dst, body, box.NewStreamed(&r.Nonce, &subkey), size, digest)
}

// pieceSize is what a packet is decrypted by.
const pieceSize = 32 << 10

func receive(dst io.Writer, body io.Reader, stream *box.Streamed, size uint32, digest []byte) error {
	hash := sha256.New()
	piece := make([]byte, pieceSize)
	for left := int64(size); left > 0; {
		p := piece[:min(left, pieceSize)]
		if _, err := io.ReadFull(body, p); err != nil {
			return cut(err)
		}
		left -= int64(len(p))
		stream.Open(p)
		hash.Write(p)
		if _, err := dst.Write(p); err != nil {
			return err
		}
	}
	tag := piece[:box.TagSize]
	if _, err := io.ReadFull(body, tag); err != nil {
		return cut(err)
	}
	if err := finish(body); err != nil {
		return err
	}
	if !stream.Verify(tag) {
		return ErrPacketCrypto
	}
	if !bytes.Equal(hash.Sum(nil), digest) {
		return ErrPacketDigest
	}
	return nil
}

// cut: a body that ends early has another size.
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrPacketSize
	}
	return err
}
