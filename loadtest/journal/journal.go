package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"switchyard/loadtest/history"
	"switchyard/smp/client"
)

// Entry is a line of a journal: something that a client is about to do, or that it was told. It goes through JSON.
type Entry struct {
	Kind     entryKind        `json:"k"`
	At       time.Duration    `json:"t"`           // clock
	Queue    uint32           `json:"q,omitempty"` // in the journal of a client
	Epoch    uint32           `json:"e,omitempty"`
	Session  uint32           `json:"s,omitempty"`
	Message  uint32           `json:"m,omitempty"`
	Position uint32           `json:"p,omitempty"`
	Delivery int              `json:"d,omitempty"` // which, counted from 0
	Outcome  history.Outcome  `json:"o,omitempty"`
	ID       []byte           `json:"id,omitempty"` // of the message
	Rcv      *client.RcvQueue `json:"rcv,omitempty"`
	Snd      *client.SndQueue `json:"snd,omitempty"`
	Err      string           `json:"err,omitempty"`
}

type entryKind string

const (
	EntryNew        entryKind = "NEW"     // is sent
	EntryIDs        entryKind = "IDS"     // came
	EntrySecured    entryKind = "KEY OK"  // or SKEY
	EntryUnsecured  entryKind = "no KEY"  // the router has forgotten the key
	EntrySend       entryKind = "SEND"    // is sent
	EntryUnsent     entryKind = "no SEND" // the last one was not, after all
	EntryAnswer     entryKind = "SEND OK" // or an error; what no answer came to is uncertain as it was
	EntryMessage    entryKind = "MSG"     // came
	EntryCorrupt    entryKind = "bad MSG" // came
	EntryACK        entryKind = "ACK OK"
	EntryMark       entryKind = "mark ACK OK" // of a quota mark
	EntryComplete   entryKind = "complete"    // the sender has nothing more to send, and the last of it has arrived
	EntryDEL        entryKind = "DEL"         // is sent
	EntryGone       entryKind = "DEL OK"
	EntryMissing    entryKind = "gone"     // the router does not know the queue
	EntryKnownAgain entryKind = "back"     // the router knows a queue that was deleted
	entryFinished   entryKind = "finished" // the client does nothing more with the queue
	entryFault      entryKind = "fault"    // something that a router should not have answered
)

// Writer adds to a journal, a file of entries. Each is written before the client acts on it, so that a client
// that is killed loses nothing that anybody has seen; the system keeps what was written. Its user has a lock.
type Writer struct{ file *os.File }

// Open reads the entries of a journal, those that there are, and lets it be added to. A last line that a kill has
// cut off was not acted on and is dropped.
func Open(path string, take func(Entry)) (*Writer, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(f)
	if err == nil {
		var whole int
		if whole, err = takeEntries(text, take); err == nil {
			err = f.Truncate(int64(whole))
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return &Writer{f}, nil
}

// takeEntries returns how long the whole lines are.
func takeEntries(text []byte, take func(Entry)) (whole int, err error) {
	for {
		line, rest, found := bytes.Cut(text[whole:], []byte("\n"))
		if !found {
			return whole, nil
		}
		var e Entry
		if err := json.Unmarshal(line, &e); err != nil {
			return whole, err
		}
		take(e)
		whole = len(text) - len(rest)
	}
}

// Write adds an entry and gives it its time.
func (j *Writer) Write(e Entry) error {
	e.At = history.Clock()
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = j.file.Write(append(line, '\n'))
	return err
}

// Close closes the file.
func (j *Writer) Close() error { return j.file.Close() }
