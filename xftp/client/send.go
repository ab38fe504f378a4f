package client

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"switchyard/box"
	"switchyard/smp"
	"switchyard/xftp"
	"switchyard/xftp/desc"
)

// MaxFile is how many bytes a file may have.
const MaxFile = 1 << 30

// MaxRecipients is how many recipients a file may have: each has keys of its own for each packet, which are in memory at once.
const MaxRecipients = 1000

// recipientsAtOnce is how many keys go with one command.
const recipientsAtOnce = 200

// Source is what is sent. Open gives the same Size bytes each time.
type Source struct {
	Name string // for the recipients
	Size int64
	Open func() (io.ReadCloser, error)
}

// SendOptions say how to send a file. Servers is required.
type SendOptions struct {
	Servers    []smp.ServerAddress // with their passwords; one is drawn for each packet
	Recipients int                 // each gets keys of their own; 0 means 1
	TempDir    string              // of the encrypted file; empty: the system's
	// Journal is a file that remembers what has been uploaded, so that the same call goes on where one has ended early;
	// empty: what an interrupted one has uploaded is deleted. It holds keys.
	Journal    string
	Fresh      bool // what the journal has is deleted, not gone on with
	Progress   func(done, total int64)
	Moved      func(done, total int64) // the same, in smaller steps
	Encrypting func()                  // called when the work begins
	Uploading  func()                  // called when the file is encrypted
	Resuming   func(done, total int64) // called when so much is on the routers already
}

// Sent is what a sender keeps, and what the recipients get.
type Sent struct {
	Sender     *desc.Description
	Recipients []*desc.Description

	journal *journal
}

// Forget removes the journal. Until then the same call of Send has the same result.
func (s *Sent) Forget() { s.journal.remove() }

// Close lets go of the journal, and leaves it where it is unless Forget was called.
func (s *Sent) Close() { s.journal.close() }

// ErrKind says that something is neither a file nor a directory.
var ErrKind = errors.New("a device, a socket, a pipe or a directory")

// FileSource is the file at a path, which is opened at once.
func FileSource(path string) (Source, error) {
	file, err := Open(path)
	if err != nil {
		return Source{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return Source{}, err
	case !info.Mode().IsRegular():
		return Source{}, fmt.Errorf("%s is not a file: %w", path, ErrKind)
	}
	return Source{filepath.Base(path), info.Size(), func() (io.ReadCloser, error) { return Open(path) }}, nil
}

// Send encrypts the file at path and uploads its packets. What a call that fails has uploaded is deleted, if that can be
// done, or is kept with the journal, which an *Interrupted says.
func (p *Pool) Send(ctx context.Context, path string, o SendOptions) (*Sent, error) {
	src, err := FileSource(path)
	if err != nil {
		return nil, err
	}
	return p.SendSource(ctx, src, o)
}

// SendReader is Send for n bytes of src under a name, without a journal.
func (p *Pool) SendReader(ctx context.Context, src io.Reader, name string, n int64, o SendOptions) (*Sent, error) {
	o.Journal = ""
	return p.SendSource(ctx, Source{name, n, func() (io.ReadCloser, error) { return io.NopCloser(src), nil }}, o)
}

// SendSource is Send for what is not a file, or not yet.
func (p *Pool) SendSource(ctx context.Context, src Source, o SendOptions) (*Sent, error) {
	if len(o.Servers) == 0 {
		return nil, errors.New("no routers to send to")
	}
	if src.Size > MaxFile {
		return nil, fmt.Errorf("Files bigger than %s are not supported", desc.SizeText(MaxFile))
	}
	if o.Recipients > MaxRecipients {
		return nil, fmt.Errorf("more than %d recipients are not supported", MaxRecipients)
	}
	o.Recipients = max(o.Recipients, 1)
	s := &sending{pool: p, options: o, source: src}
	if err := s.openTemp(); err != nil {
		return nil, err
	}
	defer s.closeTemp()
	past := s.openJournal(ctx)
	if o.Encrypting != nil {
		o.Encrypting()
	}
	if err := s.seal(ctx, past); err != nil {
		s.journal.close()
		if past != nil && ctx.Err() != nil {
			past.apply(s)
			err = &Interrupted{Kept: s.journal.path, Done: s.uploaded(), Total: s.total, Err: err}
		}
		return nil, err
	}
	if o.Uploading != nil {
		o.Uploading()
	}
	if err := s.upload(ctx); err != nil {
		return nil, s.giveUp(ctx, err)
	}
	return s.describe(), nil
}

// sending is one file under way.
type sending struct {
	pool    *Pool
	options SendOptions
	source  Source
	file    *os.File // encrypted
	journal *journal // nil: none is kept
	sealing
	packets []sendingPacket
}

type sendingPacket struct {
	packetRecord
	size   uint32
	offset int64
	digest []byte
}

func (s *sending) upload(ctx context.Context) error {
	done := &counter{total: s.total, progress: s.options.Progress, moved: s.options.Moved}
	if have := s.uploaded(); have > 0 && s.options.Resuming != nil {
		s.options.Resuming(have, s.total)
	}
	var tasks []task
	for i := range s.packets {
		packet := &s.packets[i]
		run := s.uploadPacket
		if packet.uploaded() {
			run = s.uploadIfGone
		} else {
			packet.server = s.options.Servers[mathrand.IntN(len(s.options.Servers))]
		}
		tasks = append(tasks, task{packet.server, func(ctx context.Context) error {
			if err := run(ctx, i, done); err != nil {
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

func (s *sending) uploadPacket(ctx context.Context, i int, done *counter) error {
	packet := &s.packets[i]
	sender, _, err := newKeys(1)
	if err != nil {
		return err
	}
	readers, public, err := newKeys(s.options.Recipients)
	if err != nil {
		return err
	}
	packet.sender, packet.readers = sender[0], nil
	first := public[:min(len(public), recipientsAtOnce)]
	p := Packet{Size: packet.size, Digest: packet.digest, Recipients: first, Password: packet.server.BasicAuth}
	var readIDs [][]byte
	err = s.pool.with(ctx, Uploading, &packet.server, func(c *Conn) (err error) {
		packet.senderID, readIDs, err = c.Create(ctx, packet.sender, p)
		return err
	})
	if err == nil {
		s.journal.created(i, &packet.packetRecord)
	}
	for err == nil && len(readIDs) < len(public) {
		more := public[len(readIDs):]
		err = s.pool.with(ctx, Uploading, &packet.server, func(c *Conn) error {
			ids, err := c.AddRecipients(ctx, packet.sender, packet.senderID, more[:min(len(more), recipientsAtOnce)])
			readIDs = append(readIDs, ids...)
			return err
		})
	}
	if err != nil {
		return err
	}
	err = s.pool.with(ctx, Uploading, &packet.server, func(c *Conn) error {
		attempt := done.attempt()
		defer attempt.end()
		body := attempt.from(io.NewSectionReader(s.file, packet.offset, int64(packet.size)))
		return c.Upload(ctx, packet.sender, packet.senderID, body, packet.size)
	})
	if err != nil {
		return err
	}
	for i, key := range readers {
		packet.readers = append(packet.readers, reader{readIDs[i], key})
	}
	s.journal.uploaded(i, &packet.packetRecord)
	return nil
}

// uploadIfGone asks for a packet that was uploaded before, and uploads it again when the router does not have it any
// more. There is no question in the protocol; adding a recipient, whose key nobody keeps, is answered by routers that
// have the packet.
func (s *sending) uploadIfGone(ctx context.Context, i int, done *counter) error {
	packet := &s.packets[i]
	_, public, err := newKeys(1)
	if err != nil {
		return err
	}
	err = s.pool.with(ctx, Uploading, &packet.server, func(c *Conn) error {
		_, err := c.AddRecipients(ctx, packet.sender, packet.senderID, public)
		return err
	})
	if !permanent(err) {
		return err
	}
	packet.server = s.options.Servers[mathrand.IntN(len(s.options.Servers))]
	return s.uploadPacket(ctx, i, done)
}

// giveUp keeps what was uploaded for another try, or deletes it when none will be, and says which.
func (s *sending) giveUp(ctx context.Context, err error) error {
	defer s.journal.close()
	if have := s.uploaded(); have > 0 && s.journal.works() && (ctx.Err() != nil || !permanent(err) || errors.Is(err, xftp.ErrQuota)) {
		return &Interrupted{Kept: s.journal.path, Done: have, Total: s.total, Err: err}
	}
	var records []*packetRecord
	for i := range s.packets {
		records = append(records, &s.packets[i].packetRecord)
	}
	s.pool.withdraw(context.WithoutCancel(ctx), records)
	s.journal.remove()
	return err
}

// uploaded is how many bytes are on the routers.
func (s *sending) uploaded() (n int64) {
	for i := range s.packets {
		if s.packets[i].uploaded() {
			n += int64(s.packets[i].size)
		}
	}
	return n
}

// withdrawTimeout bounds the tidying up after a failure.
const withdrawTimeout = 10 * time.Second

// withdraw deletes packets of a file that could not be sent; those that cannot be deleted expire.
func (p *Pool) withdraw(ctx context.Context, packets []*packetRecord) {
	ctx, cancel := context.WithTimeout(ctx, withdrawTimeout)
	defer cancel()
	for _, r := range packets {
		if r.senderID != nil {
			p.once(ctx, &r.server, func(c *Conn) error { return c.Delete(ctx, r.sender, r.senderID) })
		}
	}
}

func (s *sending) describe() *Sent {
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
	sent := &Sent{journal: s.journal,
		Sender: with(desc.Sender, func(p *sendingPacket) ([]byte, *box.PrivateKey) { return p.senderID, p.sender })}
	for i := range s.options.Recipients {
		sent.Recipients = append(sent.Recipients,
			with(desc.Recipient, func(p *sendingPacket) ([]byte, *box.PrivateKey) { return p.readers[i].id, p.readers[i].key }))
	}
	return sent
}
