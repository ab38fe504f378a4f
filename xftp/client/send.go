package client

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"hash"
	"io"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"switchyard/box"
	"switchyard/smp"
	"switchyard/xftp"
	"switchyard/xftp/desc"
	"switchyard/xftp/sealed"
)

// MaxFile is how many bytes a file may have.
const MaxFile = 1 << 30

// recipientsAtOnce is how many keys go with one command.
const recipientsAtOnce = 200

// SendOptions say how to send a file. Servers is required.
type SendOptions struct {
	Servers    []smp.ServerAddress // with their passwords; one is drawn for each packet
	Recipients int                 // each gets keys of their own; 0 means 1
	TempDir    string              // of the encrypted file; empty: the system's
	Progress   func(done, total int64)
	Uploading  func() // called when the file is encrypted
}

// Sent is what a sender keeps, and what the recipients get.
type Sent struct {
	Sender     *desc.Description
	Recipients []*desc.Description
}

// Send encrypts the file at path and uploads its packets. When it fails it deletes what it has uploaded, if it can.
func (p *Pool) Send(ctx context.Context, path string, o SendOptions) (*Sent, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a file", path)
	case info.Size() > MaxFile:
		return nil, fmt.Errorf("Files bigger than %s are not supported", desc.SizeText(MaxFile))
	}
	return p.SendReader(ctx, file, filepath.Base(path), info.Size(), o)
}

// SendReader is Send for n bytes of src under a name.
func (p *Pool) SendReader(ctx context.Context, src io.Reader, name string, n int64, o SendOptions) (*Sent, error) {
	if len(o.Servers) == 0 {
		return nil, errors.New("no routers to send to")
	}
	temp, err := os.CreateTemp(o.TempDir, "xftp.encrypted.*")
	if err != nil {
		return nil, err
	}
	defer os.Remove(temp.Name())
	defer temp.Close()
	s := &sending{pool: p, options: o, file: temp}
	if err := s.encrypt(src, name, n); err != nil {
		return nil, err
	}
	if o.Uploading != nil {
		o.Uploading()
	}
	if err := s.upload(ctx); err != nil {
		s.withdraw(ctx)
		return nil, err
	}
	return s.describe(max(o.Recipients, 1)), nil
}

// sending is one file under way.
type sending struct {
	pool    *Pool
	options SendOptions
	file    *os.File // encrypted
	key     sealed.Key
	total   int64
	digest  []byte
	packets []sendingPacket
}

type sendingPacket struct {
	server   smp.ServerAddress
	size     uint32
	offset   int64
	digest   []byte
	sender   *box.PrivateKey
	senderID []byte
	readers  []*box.PrivateKey
	readIDs  [][]byte
}

// encrypt writes the sealed file, and takes the digests of it and of its packets on the way.
func (s *sending) encrypt(src io.Reader, name string, n int64) error {
	payload, err := sealed.PayloadSize(name, n)
	if err != nil {
		return err
	}
	for _, size := range xftp.SplitSizes(payload) {
		s.packets = append(s.packets, sendingPacket{size: size, offset: s.total})
		s.total += int64(size)
	}
	rand.Read(s.key.Key[:])
	rand.Read(s.key.Nonce[:])
	whole := sha512.New()
	parts := &partHash{packets: s.packets, hash: sha256.New()}
	if err := sealed.Encrypt(io.MultiWriter(s.file, whole, parts), src, name, n, s.total, &s.key); err != nil {
		return err
	}
	s.digest = whole.Sum(nil)
	return nil
}

// partHash takes the digest of each packet of what is written to it.
type partHash struct {
	packets []sendingPacket // from the current one on
	hash    hash.Hash
	filled  uint32
}

func (h *partHash) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		current := &h.packets[0]
		n := min(len(rest), int(current.size-h.filled))
		h.hash.Write(rest[:n])
		rest = rest[n:]
		if h.filled += uint32(n); h.filled == current.size {
			current.digest = h.hash.Sum(nil)
			h.hash.Reset()
			h.packets, h.filled = h.packets[1:], 0
		}
	}
	return len(p), nil
}

func (s *sending) upload(ctx context.Context) error {
	done := &counter{total: s.total, progress: s.options.Progress}
	var tasks []task
	for i := range s.packets {
		packet := &s.packets[i]
		packet.server = s.options.Servers[mathrand.IntN(len(s.options.Servers))]
		tasks = append(tasks, task{packet.server, func(ctx context.Context) error {
			if err := s.uploadPacket(ctx, packet); err != nil {
				return fmt.Errorf("packet %d: %w", i+1, err)
			}
			done.add(int64(packet.size))
			return nil
		}})
	}
	return parallel(ctx, tasks)
}

func newKeys(n int) (keys []*box.PrivateKey, public []box.PublicKey, err error) {
	for range n {
		k, err := box.GenerateKey(box.Ed25519, rand.Reader)
		if err != nil {
			return nil, nil, err
		}
		keys, public = append(keys, k), append(public, k.Public())
	}
	return keys, public, nil
}

func (s *sending) uploadPacket(ctx context.Context, packet *sendingPacket) error {
	sender, _, err := newKeys(1)
	if err != nil {
		return err
	}
	packet.sender = sender[0]
	readers, public, err := newKeys(max(s.options.Recipients, 1))
	if err != nil {
		return err
	}
	first := public[:min(len(public), recipientsAtOnce)]
	p := Packet{Size: packet.size, Digest: packet.digest, Recipients: first, Password: packet.server.BasicAuth}
	err = s.pool.with(ctx, &packet.server, func(c *Conn) (err error) {
		packet.senderID, packet.readIDs, err = c.Create(ctx, packet.sender, p)
		return err
	})
	packet.readers = readers
	for err == nil && len(packet.readIDs) < len(public) {
		more := public[len(packet.readIDs):]
		err = s.pool.with(ctx, &packet.server, func(c *Conn) error {
			ids, err := c.AddRecipients(ctx, packet.sender, packet.senderID, more[:min(len(more), recipientsAtOnce)])
			packet.readIDs = append(packet.readIDs, ids...)
			return err
		})
	}
	if err != nil {
		return err
	}
	return s.pool.with(ctx, &packet.server, func(c *Conn) error {
		return c.Upload(ctx, packet.sender, packet.senderID, io.NewSectionReader(s.file, packet.offset, int64(packet.size)), packet.size)
	})
}

// withdrawTimeout bounds the tidying up after a failure.
const withdrawTimeout = 10 * time.Second

// withdraw deletes packets of a file that could not be sent; those that cannot be deleted expire.
func (s *sending) withdraw(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), withdrawTimeout)
	defer cancel()
	for i := range s.packets {
		if p := &s.packets[i]; p.senderID != nil {
			s.pool.once(ctx, &p.server, func(c *Conn) error { return c.Delete(ctx, p.sender, p.senderID) })
		}
	}
}

func (s *sending) describe(recipients int) *Sent {
	base := desc.Description{Size: s.total, Digest: s.digest, Key: s.key.Key, Nonce: s.key.Nonce, ChunkSize: s.packets[0].size}
	with := func(party desc.Party, replica func(*sendingPacket) ([]byte, *box.PrivateKey)) *desc.Description {
		d := base
		d.Party = party
		for i := range s.packets {
			p := &s.packets[i]
			id, key := replica(p)
			server := p.server
			server.BasicAuth = ""
			d.Chunks = append(d.Chunks, desc.Chunk{Size: p.size, Digest: p.digest,
				Replicas: []desc.Replica{{Server: server, ID: id, Key: key}}})
		}
		return &d
	}
	sent := &Sent{Sender: with(desc.Sender, func(p *sendingPacket) ([]byte, *box.PrivateKey) { return p.senderID, p.sender })}
	for i := range recipients {
		sent.Recipients = append(sent.Recipients,
			with(desc.Recipient, func(p *sendingPacket) ([]byte, *box.PrivateKey) { return p.readIDs[i], p.readers[i] }))
	}
	return sent
}
