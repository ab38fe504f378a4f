package reference

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"

	"switchyard/box"
	"switchyard/shard"
	"switchyard/smp"
	"switchyard/wal"
)

// Exported tells what was written, and what was not, as the reference could not read it again.
type Exported struct {
	Counts
	EmptyBodies int64 // messages without a body: with one of them the reference does not start
	Notices     int64 // notices of blocked queues of a service: the reference loses such queues
	Links       int64 // links without data: the reference does not read the line of their queue
}

// Export writes the queues and messages of a store as the reference's files in a directory, which has none of them.
type Export struct {
	Store *wal.Store
	Dir   string
	Time  int64 // seconds since 1970, for services, of which no time is kept

	queues   atomic.Int64
	out      Exported
	store    *exportFile
	messages *exportFile
	ntfs     *exportFile
	line     []byte
	opened   [smp.DeliveredSize]byte
}

// exportFile is a file that is being written.
type exportFile struct {
	file *os.File
	*bufio.Writer
}

// exportBuffer is what gathers of a file before it is written.
const exportBuffer = 1 << 20

func newExportFile(dir, name string) (*exportFile, error) {
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &exportFile{f, bufio.NewWriterSize(f, exportBuffer)}, nil
}

// close makes the file durable.
func (f *exportFile) close() error {
	return errors.Join(f.Flush(), f.file.Sync(), f.file.Close())
}

// Queues is, for any goroutine, how many queues are written so far.
func (e *Export) Queues() int64 { return e.queues.Load() }

// Run writes everything.
func (e *Export) Run() (Exported, error) {
	files := []struct {
		to   **exportFile
		name string
	}{{&e.store, StoreLogName}, {&e.messages, MessageLogName}, {&e.ntfs, NtfLogName}}
	for i, f := range files {
		var err error
		if *f.to, err = newExportFile(e.Dir, f.name); err != nil {
			for _, made := range files[:i] {
				err = errors.Join(err, (*made.to).close())
			}
			return e.out, err
		}
	}
	err := e.Store.ScanServices(e.service)
	if err == nil {
		err = e.Store.Scan(e.queue)
	}
	for _, f := range files {
		err = errors.Join(err, (*f.to).close())
	}
	return e.out, err
}

// service writes a service. Its certificates are not kept, and the reference does not ask for them.
func (e *Export) service(fingerprint *[32]byte, r shard.ServiceRecord) error {
	e.out.Services++
	_, err := e.store.Write(appendServiceLine(nil, &Service{
		ID: r.ID, Role: r.Role, Fingerprint: *fingerprint, Created: e.Time / secondsOfDay * secondsOfDay,
	}))
	return err
}

// queue writes a queue with what waits in it.
func (e *Export) queue(q *wal.Scanned) error {
	e.queues.Add(1)
	e.out.Queues++
	own := Queue{Record: q.Record, Link: q.Link}
	e.allow(&own)
	e.line = appendCreateLine(e.line[:0], &own)
	if _, err := e.store.Write(e.line); err != nil {
		return err
	}
	if q.Record.Notifier != nil {
		for i := range q.Notifications {
			if err := e.notification(q.Record.Notifier, &q.Notifications[i]); err != nil {
				return err
			}
		}
	}
	return q.Messages(func(h *shard.MessageHeader, sealed []byte) error { return e.message(&q.Record, h, sealed) })
}

// allow takes from a queue what the reference could not read.
func (e *Export) allow(q *Queue) {
	r := &q.Record
	if r.LinkID != nil && (q.Link == nil || len(q.Link.Fixed) == 0 || len(q.Link.User) == 0) {
		e.out.Links++
		r.LinkID, q.Link = nil, nil
	}
	if r.Service != nil && r.Status == shard.StatusBlocked {
		if plain := withoutNotice(r.Blocked); len(plain) < len(r.Blocked) {
			e.out.Notices++
			r.Blocked = plain
		}
	}
}

func (e *Export) notification(q *shard.Notifier, n *shard.Notification) (err error) {
	var nonce [box.NonceSize]byte
	_, _ = rand.Read(nonce[:]) // never fails
	if e.line, err = appendNtfLine(e.line[:0], q, n, &nonce); err != nil {
		return err
	}
	e.out.Notifications++
	_, err = e.ntfs.Write(e.line)
	return err
}

func (e *Export) message(r *shard.Record, h *shard.MessageHeader, sealed []byte) error {
	m := Message{ID: h.ID, Time: h.Time, Quota: h.Kind == shard.KindQuota, Notify: h.Notify}
	if !m.Quota {
		body, ok := openBody(e.opened[:copy(e.opened[:], sealed)], &h.ID, &r.Secret)
		if !ok || body.Quota {
			return fmt.Errorf("a stored message does not open: %w", wal.ErrCorrupt)
		}
		if m.Body = body.Body; len(m.Body) == 0 {
			e.out.EmptyBodies++
			return nil
		}
	}
	e.out.Messages++
	e.line = appendMessageLine(e.line[:0], &r.RecipientID, &m)
	_, err := e.messages.Write(e.line)
	return err
}
