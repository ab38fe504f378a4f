package tls

import "golang.org/x/crypto/cryptobyte"

// FirstHello is what the beginning of a client's stream says of it, for servers that share a port.
type FirstHello uint8

const (
	HelloIncomplete FirstHello = iota // more has to come before it can be told
	HelloNamed                        // a ClientHello with a server name (RFC 6066 section 3)
	HelloUnnamed                      // anything else: a ClientHello without, a malformed one, another protocol
)

// maxHelloRecords is in how many records a ClientHello may come that is looked at. Those that evade filters of networks
// cut it into a few; a bound keeps a look cheap, as there is one whenever something comes.
const maxHelloRecords = 16

// LookAtHello looks at the beginning of a client's stream, and takes nothing of it. It allocates nothing unless there is a
// name, or the message is in several records. Of an incomplete one there are never more than 34 KiB.
func LookAtHello(in []byte) FirstHello {
	var head [messageHeader]byte
	rest, have := in, 0
	for range maxHelloRecords {
		n, whole, err := RecordLen(rest)
		switch {
		case err != nil, len(rest) > 0 && contentType(rest[0]) != typeHandshake, n == RecordHeader:
			return HelloUnnamed
		case !whole:
			return HelloIncomplete
		}
		copy(head[min(have, len(head)):], rest[RecordHeader:n])
		have += n - RecordHeader
		rest = rest[n:]
		if messageType(head[0]) != typeClientHello {
			return HelloUnnamed
		}
		if have < messageHeader {
			continue
		}
		length := messageHeader + (int(head[1])<<16 | int(head[2])<<8 | int(head[3]))
		switch {
		case length > maxHello:
			return HelloUnnamed
		case have >= length:
			return nameIn(messageAt(in, length)[messageHeader:])
		}
	}
	return HelloUnnamed
}

// messageAt is the message of a length at the start of records that are there.
func messageAt(in []byte, length int) []byte {
	n, _, _ := RecordLen(in)
	if first := in[RecordHeader:n]; len(first) >= length {
		return first[:length]
	}
	message := make([]byte, 0, length)
	for len(message) < length {
		n, _, _ = RecordLen(in)
		content := in[RecordHeader:n]
		message = append(message, content[:min(len(content), length-len(message))]...)
		in = in[n:]
	}
	return message
}

// nameIn looks for a server name in the body of a ClientHello.
func nameIn(body cryptobyte.String) FirstHello {
	var skipped, extensions cryptobyte.String
	if !body.Skip(2+32) || !body.ReadUint8LengthPrefixed(&skipped) || !body.ReadUint16LengthPrefixed(&skipped) ||
		!body.ReadUint8LengthPrefixed(&skipped) || !body.ReadUint16LengthPrefixed(&extensions) {
		return HelloUnnamed
	}
	for !extensions.Empty() {
		var typ uint16
		var data cryptobyte.String
		if !extensions.ReadUint16(&typ) || !extensions.ReadUint16LengthPrefixed(&data) {
			return HelloUnnamed
		}
		if extensionType(typ) == extServerName {
			if _, ok := parseServerName(&data); !ok || !data.Empty() {
				return HelloUnnamed
			}
			return HelloNamed
		}
	}
	return HelloUnnamed
}
