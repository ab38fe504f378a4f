package wal

import (
	"bytes"

	"switchyard/shard"
	"switchyard/smp"
)

// A queue record is stored under its recipient ID, which is not repeated in it:
//
//	version(1) = 1 | parts(1) | mode(1) | status(1) | updated(4) | sender ID(24) | secret(32)
//	| count(1) recipient key …
//	| sender key                                                        if partSenderKey
//	| notifier ID(24) secret(32) key                                    if partNotifier
//	| service of the notifier, short string                             if partNotifierService
//	| link ID, short string                                             if partLink
//	| service, short string                                             if partService
//	| blocking information, large string                                if partBlocked
//
// A key is form(1) and, for the four algorithms of the protocol, the raw key; the constant start of its DER encoding
// is left out. Other encodings, which no command lets in today, are stored whole as a short string under formDER.
// There is one encoding of a record: what parses encodes to the same bytes.
const recordVersion = 1

const (
	partSenderKey = 1 << iota
	partNotifier
	partNotifierService
	partLink
	partService
	partBlocked
	partsKnown = 1<<iota - 1
)

// formDER is the form of a key that is stored as it was given; form i > 0 is keyForms[i-1].
const formDER = 0

// keyForms are the constant starts of SubjectPublicKeyInfo (RFC 8410 section 4) and the sizes of the keys behind them.
var keyForms = [...]struct {
	prefix []byte
	size   int
}{
	{[]byte("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"), 32}, // Ed25519
	{[]byte("\x30\x43\x30\x05\x06\x03\x2b\x65\x71\x03\x3a\x00"), 57}, // Ed448
	{[]byte("\x30\x2a\x30\x05\x06\x03\x2b\x65\x6e\x03\x21\x00"), 32}, // X25519
	{[]byte("\x30\x42\x30\x05\x06\x03\x2b\x65\x6f\x03\x39\x00"), 56}, // X448
}

// keyForm finds the form of a DER encoding.
func keyForm(der []byte) int {
	for i, f := range keyForms {
		if len(der) == len(f.prefix)+f.size && bytes.HasPrefix(der, f.prefix) {
			return i + 1
		}
	}
	return formDER
}

func appendRecordKey(b, der []byte) []byte {
	form := keyForm(der)
	b = append(b, byte(form))
	if form == formDER {
		return smp.AppendShort(b, der)
	}
	return append(b, der[len(keyForms[form-1].prefix):]...)
}

// appendRecord appends the encoding of r. It panics when r has no recipient key or when a field is longer than the
// protocol lets it be.
func appendRecord(b []byte, r *shard.Record) []byte {
	if n := len(r.RecipientKeys); n == 0 || n > 255 {
		panic("wal: a queue has 1 to 255 recipient keys")
	}
	b = append(b, recordVersion, recordParts(r), byte(r.Mode), byte(r.Status))
	b = smp.AppendU32(b, r.Updated)
	b = append(b, r.SenderID[:]...)
	b = append(b, r.Secret[:]...)
	b = append(b, byte(len(r.RecipientKeys)))
	for _, der := range r.RecipientKeys {
		b = appendRecordKey(b, der)
	}
	if r.SenderKey != nil {
		b = appendRecordKey(b, r.SenderKey)
	}
	if n := r.Notifier; n != nil {
		b = append(b, n.ID[:]...)
		b = append(b, n.Secret[:]...)
		b = appendRecordKey(b, n.Key)
		if n.Service != nil {
			b = smp.AppendShort(b, n.Service)
		}
	}
	if r.LinkID != nil {
		b = smp.AppendShort(b, r.LinkID)
	}
	if r.Service != nil {
		b = smp.AppendShort(b, r.Service)
	}
	if r.Blocked != nil {
		b = smp.AppendLarge(b, r.Blocked)
	}
	return b
}

func recordParts(r *shard.Record) (parts byte) {
	if r.SenderKey != nil {
		parts |= partSenderKey
	}
	if r.Notifier != nil {
		parts |= partNotifier
		if r.Notifier.Service != nil {
			parts |= partNotifierService
		}
	}
	if r.LinkID != nil {
		parts |= partLink
	}
	if r.Service != nil {
		parts |= partService
	}
	if r.Blocked != nil {
		parts |= partBlocked
	}
	return parts
}
