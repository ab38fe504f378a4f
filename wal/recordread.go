package wal

import (
	"switchyard/shard"
	"switchyard/smp"
)

// recordReader takes fields from the front of a record. The first failure sticks, and what is read after it is zero.
// Byte strings are gathered in mem, which newRecordReader makes large enough for all of them, so that a record takes
// one allocation for its bytes.
type recordReader struct {
	b   []byte
	mem []byte
	bad bool
}

// parseRecord reads the record of the queue with the given recipient ID. r keeps no reference to b.
func parseRecord(recipient *smp.ID, b []byte, r *shard.Record) bool {
	rd := newRecordReader(b)
	head := rd.take(4)
	if rd.bad || head[0] != recordVersion || head[1]&^partsKnown != 0 ||
		head[2] > byte(shard.ModeContact) || head[3] > byte(shard.StatusBlocked) {
		return false
	}
	parts := head[1]
	if parts&partNotifierService != 0 && parts&partNotifier == 0 {
		return false
	}
	*r = shard.Record{RecipientID: *recipient, Mode: shard.Mode(head[2]), Status: shard.Status(head[3])}
	r.Updated = rd.u32()
	copy(r.SenderID[:], rd.take(idSize))
	copy(r.Secret[:], rd.take(len(r.Secret)))
	r.RecipientKeys = rd.keys()
	if parts&partSenderKey != 0 {
		r.SenderKey = rd.key()
	}
	if parts&partNotifier != 0 {
		r.Notifier = rd.notifier(parts&partNotifierService != 0)
	}
	if parts&partLink != 0 {
		r.LinkID = rd.short()
	}
	if parts&partService != 0 {
		r.Service = rd.short()
	}
	if parts&partBlocked != 0 {
		r.Blocked = rd.large()
	}
	return !rd.bad && len(rd.b) == 0
}

// newRecordReader sizes the memory of a record's strings. Each of them takes at least as many bytes in the encoding,
// but for the start of a DER encoding that a form stands for: a key of n bytes stands for at most n+12.
func newRecordReader(b []byte) recordReader {
	const smallestKey = 33 // form and 32 bytes
	longest := len(b) + (len(b)/smallestKey+1)*len(keyForms[0].prefix)
	return recordReader{b: b, mem: make([]byte, 0, longest)}
}

func (rd *recordReader) fail() { rd.b, rd.bad = nil, true }

// take returns the next n bytes, which alias the record; nil when there are fewer.
func (rd *recordReader) take(n int) []byte {
	if len(rd.b) < n {
		rd.fail()
		return nil
	}
	p := rd.b[:n]
	rd.b = rd.b[n:]
	return p
}

// keep copies p into the memory of the record.
func (rd *recordReader) keep(prefix, p []byte) []byte {
	start := len(rd.mem)
	rd.mem = append(append(rd.mem, prefix...), p...)
	return rd.mem[start:len(rd.mem):len(rd.mem)]
}

func (rd *recordReader) u32() uint32 {
	x, rest, ok := smp.ParseU32(rd.b)
	if !ok {
		rd.fail()
		return 0
	}
	rd.b = rest
	return x
}

func (rd *recordReader) short() []byte {
	s, rest, ok := smp.ParseShort(rd.b)
	if !ok {
		rd.fail()
		return nil
	}
	rd.b = rest
	return rd.keep(nil, s)
}

func (rd *recordReader) large() []byte {
	s, rest, ok := smp.ParseLarge(rd.b)
	if !ok {
		rd.fail()
		return nil
	}
	rd.b = rest
	return rd.keep(nil, s)
}

func (rd *recordReader) key() []byte {
	form := rd.take(1)
	switch {
	case form == nil || int(form[0]) > len(keyForms):
		rd.fail()
		return nil
	case form[0] == formDER:
		der := rd.short()
		if keyForm(der) != formDER {
			rd.fail()
		}
		return der
	}
	f := &keyForms[form[0]-1]
	raw := rd.take(f.size)
	if raw == nil {
		return nil
	}
	return rd.keep(f.prefix, raw)
}

func (rd *recordReader) keys() [][]byte {
	count := rd.take(1)
	// The shortest key is a form and an empty string.
	if count == nil || count[0] == 0 || 2*int(count[0]) > len(rd.b) {
		rd.fail()
		return nil
	}
	keys := make([][]byte, count[0])
	for i := range keys {
		keys[i] = rd.key()
	}
	return keys
}

func (rd *recordReader) notifier(service bool) *shard.Notifier {
	n := new(shard.Notifier)
	copy(n.ID[:], rd.take(idSize))
	copy(n.Secret[:], rd.take(len(n.Secret)))
	n.Key = rd.key()
	if service {
		n.Service = rd.short()
	}
	return n
}
