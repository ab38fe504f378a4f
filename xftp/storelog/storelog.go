// Package storelog reads the store log of the reference's XFTP router (file-server-store.log), so that a packets.Store
// can go on where it ended. One record a line, in the order of events (facts: section 4.7):
//
//	FNEW senderID senderKey size digest created [status]
//	FADD senderID recipientID:recipientKey[,…]
//	FPUT senderID path                           path of the body, in base64url as are IDs, keys and digests
//	FDEL senderID
//	FBLK senderID reason=…[,notice={json}]
//	FACK recipientID
//
// A line that does not fit is skipped and told, as the reference does; its content is not shown. The package does no
// I/O of its own and imports xftp, xftp/packets, smp and box.
package storelog

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"switchyard/box"
	"switchyard/smp"
	"switchyard/xftp"
	"switchyard/xftp/packets"
)

// Packet is one that is left at the end of the log.
type Packet struct {
	ID         packets.ID
	Record     packets.Record // Uploaded says that there was a body
	Recipients []packets.Recipient
}

// State is what a log tells.
type State struct {
	Packets []Packet // in the order of their creation
	Skipped []Skipped
}

// Skipped is a line that could not be used.
type Skipped struct {
	Line   int
	Reason string
}

func (s Skipped) String() string { return fmt.Sprintf("line %d: %s", s.Line, s.Reason) }

// maxLine is how long a line may be: a FADD of 255 recipients has some 20 KiB, one of a compacted log any number.
const maxLine = 64 << 20

// Read replays a log. The error is that of r.
func Read(r io.Reader) (State, error) { return read(r, maxLine) }

func read(r io.Reader, longest int) (State, error) {
	l := &replay{packets: make(map[packets.ID]*Packet), owners: make(map[packets.ID]packets.ID)}
	var s State
	lines := lines{r: bufio.NewReader(r), longest: longest}
	for n := 1; lines.next(); n++ {
		line := strings.TrimRight(string(lines.line), "\r")
		var err error
		switch {
		case lines.tooLong:
			err = errTooLong
		case line != "":
			err = l.apply(strings.Split(line, " "))
		}
		if err != nil {
			s.Skipped = append(s.Skipped, Skipped{n, err.Error()})
		}
	}
	for _, id := range l.order {
		if p := l.packets[id]; p != nil {
			s.Packets = append(s.Packets, *p)
			delete(l.packets, id) // an ID that was created twice stands in the order twice
		}
	}
	return s, lines.err
}

// lines reads lines, and passes over what is left of one that is too long.
type lines struct {
	r       *bufio.Reader
	longest int

	line    []byte // without its end
	tooLong bool   // and then not the whole
	err     error
}

func (l *lines) next() bool {
	l.line, l.tooLong = l.line[:0], false
	for {
		piece, err := l.r.ReadSlice('\n')
		if len(l.line)+len(piece) > l.longest {
			l.tooLong = true
		} else {
			l.line = append(l.line, piece...)
		}
		switch {
		case err == nil:
			l.line = bytes.TrimSuffix(l.line, []byte("\n"))
			return true
		case errors.Is(err, io.EOF):
			return len(l.line) > 0 || l.tooLong
		case !errors.Is(err, bufio.ErrBufferFull):
			l.err = err
			return false
		}
	}
}

// replay is the state between two lines.
type replay struct {
	packets map[packets.ID]*Packet
	owners  map[packets.ID]packets.ID // of recipients
	order   []packets.ID
}

var (
	errFields  = errors.New("another number of fields")
	errUnknown = errors.New("the packet is not known")
	errTooLong = errors.New("the line is too long")
)

func (l *replay) apply(f []string) error {
	if len(f) < 2 {
		return errFields
	}
	id, err := parseID(f[1])
	if err != nil {
		return err
	}
	if f[0] == "FACK" {
		return l.acknowledge(id)
	}
	if f[0] == "FNEW" {
		return l.create(id, f)
	}
	p := l.packets[id]
	if p == nil {
		return errUnknown
	}
	switch f[0] {
	case "FDEL":
		l.delete(p)
		return nil
	case "FADD", "FPUT", "FBLK":
		if len(f) != 3 {
			return errFields
		}
	}
	switch f[0] {
	case "FADD":
		return l.add(p, f[2])
	case "FPUT":
		if p.Record.Status != packets.Active || p.Record.Uploaded {
			return errors.New("a body where there can be none")
		}
		p.Record.Uploaded = true
		return nil
	case "FBLK":
		return block(&p.Record, f[2])
	}
	return errors.New("an unknown record")
}

func decode(s string) ([]byte, error) {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
	if err != nil || len(b) == 0 {
		return nil, errors.New("a field is not base64url")
	}
	return b, nil
}

func parseID(s string) (packets.ID, error) {
	b, err := decode(s)
	id, ok := packets.ParseID(b)
	if err == nil && !ok {
		err = errors.New("an ID has not 16 bytes")
	}
	return id, err
}

func parseKey(s string) (box.PublicKey, error) {
	b, err := decode(s)
	if err != nil {
		return box.PublicKey{}, err
	}
	return box.ParseAuthKey(b)
}

func (l *replay) create(id packets.ID, f []string) (err error) {
	if len(f) != 6 && len(f) != 7 {
		return errFields
	}
	p := &Packet{ID: id}
	if p.Record.Sender, err = parseKey(f[2]); err != nil {
		return err
	}
	size, err := strconv.ParseUint(f[3], 10, 32)
	if err != nil || size == 0 {
		return errors.New("the size is not one")
	}
	p.Record.Size = uint32(size)
	if p.Record.Digest, err = decode(f[4]); err != nil || len(p.Record.Digest) > smp.MaxShort {
		return errors.New("the digest is not one")
	}
	if p.Record.Created, err = strconv.ParseInt(f[5], 10, 64); err != nil || p.Record.Created < 0 {
		return errors.New("the time is not one")
	}
	if len(f) == 7 {
		if err := status(&p.Record, f[6]); err != nil {
			return err
		}
	}
	if l.packets[id] != nil {
		return errors.New("the packet is there already")
	}
	l.packets[id] = p
	l.order = append(l.order, id)
	return nil
}

func status(r *packets.Record, s string) error {
	info, blocked := strings.CutPrefix(s, "blocked,")
	switch {
	case s == "active":
	case s == "off":
		r.Status = packets.Off
	case blocked:
		return block(r, info)
	default:
		return errors.New("an unknown status")
	}
	return nil
}

// block also takes the body away, as the router did when it wrote the record.
func block(r *packets.Record, info string) error {
	e, ok := xftp.ParseBlockingInfo(info)
	if !ok {
		return errors.New("an unknown reason")
	}
	r.Status, r.Blocking, r.Uploaded = packets.Blocked, e.BlockingInfo(), false
	return nil
}

func (l *replay) add(p *Packet, list string) error {
	for item := range strings.SplitSeq(list, ",") {
		idText, keyText, _ := strings.Cut(item, ":")
		id, err := parseID(idText)
		if err != nil {
			return err
		}
		key, err := parseKey(keyText)
		if err != nil {
			return err
		}
		if _, there := l.owners[id]; there {
			return errors.New("the recipient is there already")
		}
		p.Recipients = append(p.Recipients, packets.Recipient{ID: id, Key: key})
		l.owners[id] = p.ID
	}
	return nil
}

func (l *replay) acknowledge(recipient packets.ID) error {
	owner, there := l.owners[recipient]
	if !there {
		return errUnknown
	}
	delete(l.owners, recipient)
	p := l.packets[owner]
	p.Recipients = slices.DeleteFunc(p.Recipients, func(r packets.Recipient) bool { return r.ID == recipient })
	return nil
}

func (l *replay) delete(p *Packet) {
	for _, r := range p.Recipients {
		delete(l.owners, r.ID)
	}
	delete(l.packets, p.ID)
}
