package client

import (
	"switchyard/box"
	"switchyard/smp"
)

// RcvQueue is a queue as its recipient knows it, a value for JSON. Nothing in it changes after it is made, so that
// several clients may use it.
type RcvQueue struct {
	ID       Bytes         `json:"rcvId"`
	SenderID Bytes         `json:"sndId"`
	Mode     smp.QueueMode `json:"mode,omitempty"`
	Key      *Key          `json:"rcvKey"`
	Secret   Bytes         `json:"secret"` // X25519 of this recipient's and the router's keys, 32 bytes: opens message bodies
}

// SndQueue is a queue as its sender knows it, a value for JSON.
type SndQueue struct {
	ID  Bytes `json:"sndId"`
	Key *Key  `json:"sndKey,omitempty"` // nil: commands are sent without authorization
}

// Sender is the sender's side of the queue. key may be nil.
func (q *RcvQueue) Sender(key *Key) *SndQueue { return &SndQueue{ID: q.SenderID, Key: key} }

// Message is what a recipient reads.
type Message struct {
	ID     []byte
	Time   int64 // of the router, seconds since 1970
	Notify bool  // the sender asked for a notification
	Quota  bool  // no message but a mark: here the queue was full
	Body   []byte
}

// Open decrypts the body of MSG in place: sealed is overwritten and the message's slices are parts of it and msgID.
// The error is ErrBody.
func (q *RcvQueue) Open(msgID, sealed []byte) (Message, error) {
	if len(q.Secret) != box.KeySize {
		return Message{}, ErrBody
	}
	var subkey [box.KeySize]byte
	var nonce [box.NonceSize]byte
	box.Precompute(&subkey, (*[box.KeySize]byte)(q.Secret))
	box.FitNonce(&nonce, msgID)
	plain, ok := box.OpenUsed(sealed, &nonce, &subkey)
	if !ok {
		return Message{}, ErrBody
	}
	m, ok := smp.ParseMessageBody(plain)
	if !ok {
		return Message{}, ErrBody
	}
	return Message{ID: msgID, Time: m.Time, Notify: m.Notify, Quota: m.Quota, Body: m.Body}, nil
}
