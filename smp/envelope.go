package smp

// Sizes of the message that a sender encrypts for the recipient, in bytes before the Poly1305 tag. A router sees only
// the body of SEND.
const (
	EnvelopePaddedWithKey = 15904 // Envelope.Key is present
	EnvelopePadded        = 16000
)

// Envelope is the body of SEND (SMP client protocol).
type Envelope struct {
	Version   Version  // of the SMP client protocol
	Key       []byte   // sender's X25519 key; nil after the first message
	Nonce     [24]byte // of the box
	Encrypted []byte   // the box around what AppendClientMessage gives
}

// AppendEnvelope appends the body of SEND.
func AppendEnvelope(b []byte, e *Envelope) []byte {
	b = AppendMaybeShort(AppendU16(b, uint16(e.Version)), e.Key)
	return append(append(b, e.Nonce[:]...), e.Encrypted...)
}

// ParseEnvelope reads the body of SEND.
func ParseEnvelope(b []byte) (e Envelope, ok bool) {
	v, b, ok := ParseU16(b)
	if !ok {
		return e, false
	}
	e.Version = Version(v)
	present, b, ok := ParseMaybe(b)
	if ok && present {
		e.Key, b, ok = parseDHKey(b)
	}
	if !ok || len(b) < len(e.Nonce) {
		return e, false
	}
	n := copy(e.Nonce[:], b)
	e.Encrypted = b[n:]
	return e, true
}

// ClientMessage is what the recipient finds in the box of the envelope.
type ClientMessage struct {
	SenderKey []byte // key for KEY in a confirmation, else nil
	Message   []byte // of the agent
}

// AppendClientMessage appends the plaintext of the envelope's box.
func AppendClientMessage(b []byte, m ClientMessage) []byte {
	if m.SenderKey == nil {
		b = append(b, '_')
	} else {
		b = AppendShort(append(b, 'K'), m.SenderKey)
	}
	return append(b, m.Message...)
}

// ParseClientMessage reads the plaintext of the envelope's box, unpadded.
func ParseClientMessage(b []byte) (m ClientMessage, ok bool) {
	if len(b) == 0 {
		return m, false
	}
	switch b[0] {
	case '_':
		m.Message, ok = b[1:], true
	case 'K':
		m.SenderKey, m.Message, ok = parseAuthKey(b[1:])
	}
	return m, ok
}
