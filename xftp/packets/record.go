package packets

import (
	"encoding/binary"
	"errors"

	"switchyard/box"
	"switchyard/smp"
)

// Status of a packet.
type Status uint8

// The statuses. Off is known to the store log of the reference; no command sets it.
const (
	Active Status = iota
	Off
	Blocked
)

// Record is what the store knows of a packet.
type Record struct {
	Sender   box.PublicKey
	Size     uint32
	Digest   []byte // as FNEW gave it
	Created  int64  // Unix seconds, whole hours
	Status   Status
	Blocking string // operator's reason, of a blocked packet (xftp.Error.BlockingInfo)
	Uploaded bool   // there is a body
	tag      uint64 // of the body's temporary name
}

// Recipient is a recipient's access to a packet.
type Recipient struct {
	ID  ID
	Key box.PublicKey
}

var errRecord = errors.New("packets: a record in the store does not parse")

const recordFormat = 1

// u8 format ‖ u8 status ‖ bool uploaded ‖ u64 tag ‖ u32 size ‖ i64 created ‖ short digest ‖ short key ‖ large blocking
func appendRecord(b []byte, r *Record) []byte {
	b = smp.AppendBool(append(b, recordFormat, byte(r.Status)), r.Uploaded)
	b = binary.BigEndian.AppendUint64(b, r.tag)
	b = smp.AppendShort(smp.AppendI64(smp.AppendU32(b, r.Size), r.Created), r.Digest)
	return smp.AppendLarge(smp.AppendShort(b, r.Sender.AppendSPKI(nil)), []byte(r.Blocking))
}

func parseRecord(b []byte) (r Record, err error) {
	if len(b) < 2 || b[0] != recordFormat || b[1] > byte(Blocked) {
		return r, errRecord
	}
	r.Status = Status(b[1])
	ok := false
	if r.Uploaded, b, ok = smp.ParseBool(b[2:]); !ok || len(b) < 8 {
		return r, errRecord
	}
	r.tag, b = binary.BigEndian.Uint64(b), b[8:]
	if r.Size, b, ok = smp.ParseU32(b); !ok {
		return r, errRecord
	}
	if r.Created, b, ok = smp.ParseI64(b); !ok {
		return r, errRecord
	}
	digest, b, ok := smp.ParseShort(b)
	if !ok {
		return r, errRecord
	}
	key, b, ok := smp.ParseShort(b)
	if !ok {
		return r, errRecord
	}
	blocking, b, ok := smp.ParseLarge(b)
	if !ok || len(b) > 0 {
		return r, errRecord
	}
	r.Digest, r.Blocking = append([]byte(nil), digest...), string(blocking)
	if r.Sender, err = box.ParseAuthKey(key); err != nil {
		return r, errRecord
	}
	return r, nil
}

func parseAccess(b []byte) (sender ID, key box.PublicKey, err error) {
	if len(b) < len(sender) {
		return sender, key, errRecord
	}
	if key, err = box.ParseAuthKey(b[len(sender):]); err != nil {
		return sender, key, errRecord
	}
	return ID(b[:len(sender)]), key, nil
}

// The keys of the package comment.

func senderKey(id ID) []byte    { return append([]byte{'s'}, id[:]...) }
func recipientKey(id ID) []byte { return append([]byte{'r'}, id[:]...) }

// markKey is of what the store says about itself.
var markKey = []byte{'v'}

func removalKey(id ID) []byte { return append([]byte{'d'}, id[:]...) }

func memberKey(sender, recipient ID) []byte {
	return append(append([]byte{'m'}, sender[:]...), recipient[:]...)
}

func ageKey(created int64, id ID) []byte {
	return append(binary.BigEndian.AppendUint64([]byte{'e'}, uint64(created)), id[:]...)
}

// afterMembers is the first key after all memberKeys of a sender.
func afterMembers(sender ID) []byte {
	b := append([]byte{'m'}, sender[:]...)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i]++; b[i] != 0 {
			return b[:i+1]
		}
	}
	return b
}

// Usage is what is stored.
type Usage struct {
	Bytes int64
	Count int64
}

var usageKey = []byte{'c'}

func (u Usage) append(b []byte) []byte {
	return smp.AppendI64(smp.AppendI64(b, u.Bytes), u.Count)
}

func parseUsage(b []byte) (u Usage, err error) {
	if len(b) != 16 {
		return u, errRecord
	}
	return Usage{int64(binary.BigEndian.Uint64(b)), int64(binary.BigEndian.Uint64(b[8:]))}, nil
}
