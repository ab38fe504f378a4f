package agent

import "switchyard/smp"

// RcvQueue is a queue as its recipient knows it, a value for JSON. Nothing in it changes after it is made but Key
// (see Client.RKey), so that several clients may use it.
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

// Bytes is a byte string whose JSON is unpadded base64url.
type Bytes []byte

// MarshalText implements encoding.TextMarshaler.
func (b Bytes) MarshalText() ([]byte, error) { panic("agent: being built") }

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *Bytes) UnmarshalText(text []byte) error { panic("agent: being built") }
