package reference

import (
	"io"
	"os"

	"switchyard/box"
	"switchyard/shard"
	"switchyard/smp"
)

// A line of the notifications log has the sealed metadata of a message, which tell nothing that its clear part does not
// (facts: ntf-and-ops, B3.3):
//
//	v1 <notifier ID> <message ID> <seconds> <nonce> <sealed metadata>

const ntfVersion = "v1 "

func parseNtfLine(line []byte, n *Notification) error {
	t := text{b: line}
	if !t.has(ntfVersion) {
		return versionFault(line, '1')
	}
	n.Notifier = t.id()
	n.MessageID = t.id()
	n.Time = t.number()
	t.bytes()
	t.bytes()
	t.end()
	return t.err
}

// appendNtfLine appends a line for a notification of a queue, sealed as for NMSG.
func appendNtfLine(b []byte, q *shard.Notifier, n *shard.Notification, nonce *[box.NonceSize]byte) ([]byte, error) {
	var sealed [smp.NtfMetaSize]byte
	padded := sealed[box.TagSize:]
	plain := smp.AppendNtfMeta(padded[2:2], n.MessageID[:], n.Time)
	if err := box.PadInPlace(padded, len(plain)); err != nil {
		return b, err
	}
	var subkey [box.KeySize]byte
	box.Precompute(&subkey, &q.Secret)
	box.Seal(sealed[:], nonce, &subkey)
	b = append(b, ntfVersion...)
	b = append(appendBase64(b, q.ID[:]), ' ')
	b = append(appendBase64(b, n.MessageID[:]), ' ')
	b = append(appendNumber(b, n.Time), ' ')
	b = append(appendBase64(b, nonce[:]), ' ')
	return append(appendBase64(b, sealed[:]), '\n'), nil
}

// Notifications implements Source.
func (s *Logs) Notifications(visit func(*Notification) error) error {
	if s.ntfs == "" {
		return nil
	}
	f, err := os.Open(s.ntfs)
	if err != nil {
		return err
	}
	defer f.Close()
	in := newLineReader(f, s.ntfs, &s.done)
	bad := int64(0)
	for {
		line, err := in.next()
		if err == io.EOF {
			break
		}
		n := Notification{At: in.at}
		if err == nil {
			err = parseNtfLine(line, &n)
		} else if err != errLong {
			return err
		}
		switch {
		case err == errNewer:
			return newerRefusal(in.at)
		case err != nil:
			bad++
			s.o.Skip(in.at, err)
			continue
		}
		if err := visit(&n); err != nil {
			return err
		}
	}
	if bad > 0 && bad == in.at.Line {
		return foreignRefusal(s.ntfs, "notifications log")
	}
	return nil
}
