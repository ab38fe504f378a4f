package xftp

import (
	"bytes"

	"switchyard/box"
	"switchyard/smp"
)

// ResponseTag is the kind of a response.
type ResponseTag uint8

// The responses.
const (
	SIDS ResponseTag = 1 + iota
	RIDS
	FILE
	OK
	PONG
	ERR
)

var responseNames = [...]string{SIDS: "SIDS", RIDS: "RIDS", FILE: "FILE", OK: "OK", PONG: "PONG", ERR: "ERR"}

func (t ResponseTag) String() string {
	if t == 0 || int(t) >= len(responseNames) {
		return "unknown"
	}
	return responseNames[t]
}

// Response is a response. Only the fields of its tag are set; parsed slices are parts of the block.
type Response struct {
	Tag ResponseTag

	SenderID     []byte   // SIDS
	RecipientIDs [][]byte // SIDS, RIDS: one for each key, in their order

	DHKey [box.KeySize]byte   // FILE: the router's X25519 key
	Nonce [box.NonceSize]byte // FILE

	Err Error // ERR
}

// AppendResponse appends the response for a client of version v.
func AppendResponse(b []byte, v Version, r *Response) []byte {
	b = append(b, r.Tag.String()...)
	switch r.Tag {
	case SIDS:
		b = appendIDs(smp.AppendShort(append(b, ' '), r.SenderID), r.RecipientIDs)
	case RIDS:
		b = appendIDs(append(b, ' '), r.RecipientIDs)
	case FILE:
		b = box.AppendX25519(append(b, ' ', 44), &r.DHKey)
		b = append(b, r.Nonce[:]...)
	case ERR:
		b = AppendError(append(b, ' '), v, r.Err)
	}
	return b
}

func appendIDs(b []byte, ids [][]byte) []byte {
	if len(ids) == 0 || len(ids) > MaxRecipients {
		panic("xftp: a response has 1 to 255 recipient IDs")
	}
	b = append(b, byte(len(ids)))
	for _, id := range ids {
		b = smp.AppendShort(b, id)
	}
	return b
}

// ParseResponse reads a response; bytes left over are an error.
func ParseResponse(b []byte) (r Response, ok bool) {
	name, b, spaced := bytes.Cut(b, []byte(" "))
	for t := SIDS; t <= ERR; t++ {
		if string(name) == responseNames[t] {
			r.Tag = t
		}
	}
	switch r.Tag {
	case SIDS:
		if r.SenderID, b, ok = smp.ParseShort(b); ok {
			r.RecipientIDs, ok = parseIDs(b)
		}
	case RIDS:
		r.RecipientIDs, ok = parseIDs(b)
	case FILE:
		ok = parseFile(&r, b)
	case ERR:
		r.Err, ok = ParseError(b)
	case OK, PONG:
		ok = !spaced
	}
	return r, ok
}

func parseIDs(b []byte) (ids [][]byte, ok bool) {
	if len(b) == 0 || b[0] == 0 || int(b[0]) > len(b)-1 {
		return nil, false
	}
	ids, b = make([][]byte, b[0]), b[1:]
	for i := range ids {
		if ids[i], b, ok = smp.ParseShort(b); !ok {
			return nil, false
		}
	}
	return ids, len(b) == 0
}

func parseFile(r *Response, b []byte) bool {
	der, nonce, ok := smp.ParseShort(b)
	if !ok || len(nonce) != len(r.Nonce) {
		return false
	}
	key, err := box.ParseX25519(der)
	r.DHKey, r.Nonce = key, [box.NonceSize]byte(nonce)
	return err == nil
}
