package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"switchyard/box"
	"switchyard/smp"
	"switchyard/xftp/sealed"
)

// A journal is a file of JSON lines with what an upload has reached, so that another process can go on when this one
// ends, however it does. Each line is written before the next step begins. It holds all keys of the file: nobody but us
// can read it, and it is removed when it has served.
//
//	{"file":{…}}       first: what is sent, with which key, and what the encrypted form is
//	{"created":{…}}    a packet that is on a router, without its body
//	{"uploaded":{…}}   the same with its body, and what the recipients get
//
// A nil journal keeps nothing.
type journal struct {
	path string
	file *os.File // locked

	mu     sync.Mutex
	broken bool // nothing more can be written
}

const (
	journalFormat = 1
	// journalLife is how long a journal serves: packets expire, after two days as a rule, and recipients want time too.
	journalLife = 12 * time.Hour
	// maxJournal is more than a file of MaxFile takes with MaxRecipients.
	maxJournal = 64 << 20
)

type journalLine struct {
	File     *journalFile   `json:"file,omitempty"`
	Created  *journalPacket `json:"created,omitempty"`
	Uploaded *journalPacket `json:"uploaded,omitempty"`
}

type journalFile struct {
	Format     int    `json:"format"`
	Began      int64  `json:"began"` // Unix time
	Name       string `json:"name"`
	Size       int64  `json:"size"`
	Recipients int    `json:"recipients"`
	Key        []byte `json:"key"`
	Nonce      []byte `json:"nonce"`
	Digest     []byte `json:"digest"`
}

type journalPacket struct {
	Packet  int             `json:"packet"` // counted from 0
	KeyHash []byte          `json:"keyHash"`
	Hosts   []string        `json:"hosts"`
	Port    string          `json:"port,omitempty"`
	Sender  journalAccess   `json:"sender"`
	Readers []journalAccess `json:"readers,omitempty"`
}

type journalAccess struct {
	ID  []byte `json:"id"`
	Key []byte `json:"key"` // PKCS #8
}

// packetRecord is what is known of a packet on a router.
type packetRecord struct {
	server   smp.ServerAddress
	sender   *box.PrivateKey
	senderID []byte   // nil: not created yet
	readers  []reader // empty: not uploaded yet
}

// reader is the access of a recipient.
type reader struct {
	id  []byte
	key *box.PrivateKey
}

func (r *packetRecord) uploaded() bool { return len(r.readers) > 0 }

// past is what a journal tells of an earlier call.
type past struct {
	file    journalFile
	key     sealed.Key
	packets map[int]*packetRecord
}

// openJournal opens the journal, if one is wanted. It returns what an earlier call has left, nil when that is nothing, or
// cannot serve.
func (s *sending) openJournal(ctx context.Context) *past {
	if s.options.Journal == "" {
		return nil
	}
	j, err := openJournal(s.options.Journal)
	if err != nil {
		s.pool.log("what is uploaded is not remembered: %v", err)
		return nil
	}
	s.journal = j
	past := j.read()
	if past == nil {
		j.clear()
		return nil
	}
	age := time.Since(time.Unix(past.file.Began, 0))
	if s.options.Fresh || age < 0 || age > journalLife || past.file.Name != s.source.Name || past.file.Size != s.source.Size || past.file.Recipients != s.options.Recipients {
		s.pool.withdraw(ctx, past.all())
		j.clear()
		return nil
	}
	return past
}

// RemoveOldJournals removes those journals from a directory that cannot serve any more.
func RemoveOldJournals(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > journalLife {
			os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// errBusy says that another process sends the same.
var errBusy = errors.New("the same is being sent by another process")

// openJournal opens and locks a journal.
func openJournal(path string) (*journal, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err == nil && (!info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0):
		err = errors.New(path + " can be read by others")
	case err == nil && lock(f) != nil:
		err = errBusy
	case err == nil:
		// Whoever had the lock may have removed the file in the meantime.
		if there, gone := os.Stat(path); gone != nil || !os.SameFile(info, there) {
			err = errBusy
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &journal{path: path, file: f}, nil
}

// read reads what there is; nil when it is nothing, or not a journal of ours. A last line that was cut off counts as not
// written.
func (j *journal) read() *past {
	text, err := io.ReadAll(io.LimitReader(j.file, maxJournal+1))
	if err != nil || len(text) > maxJournal {
		return nil
	}
	var p *past
	whole := 0
	for line := range bytes.Lines(text) {
		var l journalLine
		if !bytes.HasSuffix(line, []byte("\n")) || json.Unmarshal(line, &l) != nil {
			break
		}
		whole += len(line)
		switch {
		case p == nil:
			if p = newPast(l.File); p == nil {
				return nil
			}
		case l.Created != nil:
			p.add(l.Created)
		case l.Uploaded != nil:
			p.add(l.Uploaded)
		}
	}
	if j.file.Truncate(int64(whole)) != nil {
		return nil
	}
	return p
}

func newPast(f *journalFile) *past {
	if f == nil || f.Format != journalFormat || len(f.Key) != box.KeySize || len(f.Nonce) != box.NonceSize {
		return nil
	}
	key := sealed.Key{Key: [box.KeySize]byte(f.Key), Nonce: [box.NonceSize]byte(f.Nonce)}
	return &past{file: *f, key: key, packets: make(map[int]*packetRecord)}
}

// add notes a packet, in place of what was said of it before. One that does not parse is left out.
func (p *past) add(l *journalPacket) {
	if len(l.KeyHash) != 32 || len(l.Hosts) == 0 {
		return
	}
	r := &packetRecord{senderID: l.Sender.ID}
	r.server = smp.ServerAddress{Scheme: smp.SchemeXFTP, KeyHash: [32]byte(l.KeyHash), Hosts: l.Hosts, Port: l.Port}
	var err error
	if r.sender, err = box.ParsePKCS8(l.Sender.Key); err != nil {
		return
	}
	for _, a := range l.Readers {
		key, err := box.ParsePKCS8(a.Key)
		if err != nil {
			return
		}
		r.readers = append(r.readers, reader{a.ID, key})
	}
	p.packets[l.Packet] = r
}

// describes tells whether the file, encrypted again, is still the same.
func (p *past) describes(s *sending) bool { return bytes.Equal(p.file.Digest, s.digest) }

// apply lets the sending have the packets that were uploaded, and returns those that have no body.
func (p *past) apply(s *sending) (unfinished []*packetRecord) {
	for i, r := range p.packets {
		if i < 0 || i >= len(s.packets) || len(r.readers) != s.options.Recipients {
			unfinished = append(unfinished, r)
			continue
		}
		s.packets[i].packetRecord = *r
	}
	return unfinished
}

// all are the packets that are on routers.
func (p *past) all() (all []*packetRecord) {
	for _, r := range p.packets {
		all = append(all, r)
	}
	return all
}

// begin writes what is sent.
func (j *journal) begin(s *sending) {
	j.write(journalLine{File: &journalFile{Format: journalFormat, Began: time.Now().Unix(), Name: s.source.Name, Size: s.source.Size,
		Recipients: s.options.Recipients, Key: s.key.Key[:], Nonce: s.key.Nonce[:], Digest: s.digest}})
}

func (j *journal) created(i int, r *packetRecord)  { j.write(journalLine{Created: r.line(i)}) }
func (j *journal) uploaded(i int, r *packetRecord) { j.write(journalLine{Uploaded: r.line(i)}) }

func (r *packetRecord) line(i int) *journalPacket {
	access := func(id []byte, key *box.PrivateKey) journalAccess { return journalAccess{id, key.AppendPKCS8(nil)} }
	l := &journalPacket{Packet: i, KeyHash: r.server.KeyHash[:], Hosts: r.server.Hosts, Port: r.server.Port, Sender: access(r.senderID, r.sender)}
	for _, reader := range r.readers {
		l.Readers = append(l.Readers, access(reader.id, reader.key))
	}
	return l
}

// write adds a line. A journal that cannot be written any more is no reason to stop.
func (j *journal) write(l journalLine) {
	if j == nil {
		return
	}
	text, err := json.Marshal(l)
	j.mu.Lock()
	defer j.mu.Unlock()
	if err == nil && !j.broken {
		_, err = j.file.Write(append(text, '\n'))
	}
	j.broken = j.broken || err != nil
}

// works tells whether the journal has everything.
func (j *journal) works() bool {
	if j == nil {
		return false
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return !j.broken
}

// clear lets the journal begin anew.
func (j *journal) clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.broken = j.file.Truncate(0) != nil
}

// remove removes the journal, which may be closed already.
func (j *journal) remove() {
	if j != nil {
		os.Remove(j.path)
		j.close()
	}
}

func (j *journal) close() {
	if j != nil {
		j.file.Close()
	}
}
