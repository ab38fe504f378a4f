package smp

import (
	"bytes"
	"encoding/binary"
)

// Sizes of what a router encrypts for the recipient, in bytes, equal in every version.
const (
	MessagePadded = 16106              // what AppendMessageBody gives, padded
	DeliveredSize = MessagePadded + 16 // body of MSG
	NtfMetaPadded = 128                // what AppendNtfMeta gives, padded
	NtfMetaSize   = NtfMetaPadded + 16 // metadata in NMSG
)

const quotaWord = "QUOTA"

// MessageBody is what the recipient finds in the box of MSG.
type MessageBody struct {
	Time   int64  // Unix seconds at which the router took it
	Quota  bool   // not a message: here the queue was full, and the sender was refused
	Notify bool   // flag of SEND
	Body   []byte // body of SEND
}

// AppendMessageBody appends the plaintext of a message: 10 bytes and the body of SEND.
func AppendMessageBody(b []byte, unixSeconds int64, notify bool, body []byte) []byte {
	return append(append(AppendBool(AppendI64(b, unixSeconds), notify), ' '), body...)
}

// AppendQuotaBody appends the plaintext of the marker that ends a full queue.
func AppendQuotaBody(b []byte, unixSeconds int64) []byte {
	return AppendI64(append(b, quotaWord+" "...), unixSeconds)
}

// ParseMessageBody reads the plaintext, unpadded.
func ParseMessageBody(b []byte) (m MessageBody, ok bool) {
	if rest, quota := bytes.CutPrefix(b, []byte(quotaWord+" ")); quota && len(rest) == 8 {
		return MessageBody{Time: int64(binary.BigEndian.Uint64(rest)), Quota: true}, true
	}
	if m.Time, b, ok = ParseI64(b); !ok {
		return m, false
	}
	p, ok := ParseSend(b)
	m.Notify, m.Body = p.Notify, p.Body
	return m, ok
}

// NtfMeta is what the recipient finds in the box of NMSG.
type NtfMeta struct {
	MsgID []byte
	Time  int64 // Unix seconds of the message
}

// AppendNtfMeta appends the plaintext of notification metadata.
func AppendNtfMeta(b, msgID []byte, unixSeconds int64) []byte {
	return AppendI64(AppendShort(b, msgID), unixSeconds)
}

// ParseNtfMeta reads notification metadata, unpadded. What follows it is ignored.
func ParseNtfMeta(b []byte) (m NtfMeta, ok bool) {
	if m.MsgID, b, ok = ParseShort(b); !ok {
		return m, false
	}
	m.Time, _, ok = ParseI64(b)
	return m, ok
}
