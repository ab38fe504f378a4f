package xftp

import (
	"bytes"

	"switchyard/box"
	"switchyard/smp"
)

// Tag is a command.
type Tag uint8

// The commands.
const (
	FNEW Tag = 1 + iota
	FADD
	FPUT
	FDEL
	FGET
	FACK
	PING
)

var tagNames = [...]string{FNEW: "FNEW", FADD: "FADD", FPUT: "FPUT", FDEL: "FDEL", FGET: "FGET", FACK: "FACK", PING: "PING"}

func (t Tag) String() string {
	if t == 0 || int(t) >= len(tagNames) {
		return "unknown"
	}
	return tagNames[t]
}

// Recipient tells that the entity ID of the command is a recipient's; those of the others are senders'.
func (t Tag) Recipient() bool { return t == FGET || t == FACK }

// MaxRecipients is how many keys the count of FNEW and FADD can tell.
const MaxRecipients = 255

// Command is a parsed command. Only the fields of its tag are set; slices are parts of the block.
type Command struct {
	Tag Tag

	SenderKey  box.PublicKey   // FNEW: authorizes the sender's commands, this one included
	Size       uint32          // FNEW: bytes of the packet
	Digest     []byte          // FNEW: SHA-256 of the packet; any length up to 255 is well-formed
	Recipients []box.PublicKey // FNEW, FADD: 1 to 255
	Password   []byte          // FNEW: nil when there is none

	DHKey [box.KeySize]byte // FGET: X25519
}

// AppendCommand appends the command. It panics on lists and strings whose length their count cannot tell.
func AppendCommand(b []byte, c *Command) []byte {
	b = append(b, c.Tag.String()...)
	switch c.Tag {
	case FNEW:
		b = appendKey(append(b, ' '), &c.SenderKey)
		b = smp.AppendShort(smp.AppendU32(b, c.Size), c.Digest)
		b = appendKeys(b, c.Recipients)
		b = smp.AppendMaybeShort(b, c.Password)
	case FADD:
		b = appendKeys(append(b, ' '), c.Recipients)
	case FGET:
		b = append(b, ' ', 44)
		b = box.AppendX25519(b, &c.DHKey)
	}
	return b
}

func appendKey(b []byte, k *box.PublicKey) []byte {
	at := len(b)
	b = k.AppendSPKI(append(b, 0))
	b[at] = byte(len(b) - at - 1)
	return b
}

func appendKeys(b []byte, keys []box.PublicKey) []byte {
	if len(keys) == 0 || len(keys) > MaxRecipients {
		panic("xftp: a command has 1 to 255 recipient keys")
	}
	b = append(b, byte(len(keys)))
	for i := range keys {
		b = appendKey(b, &keys[i])
	}
	return b
}

// ParseCommand reads a command as a whole: an unknown tag is ErrCmdUnknown, bad parameters and bytes left over are
// ErrCmdSyntax.
func ParseCommand(b []byte) (c Command, err Error) {
	name, params, spaced := bytes.Cut(b, []byte(" "))
	for t := FNEW; t <= PING; t++ {
		if string(name) == tagNames[t] {
			c.Tag = t
		}
	}
	ok := false
	switch c.Tag {
	case 0:
		return c, ErrCmdUnknown
	case FNEW:
		ok = parseNew(&c, params)
	case FADD:
		c.Recipients, params, ok = parseKeys(params)
		ok = ok && len(params) == 0
	case FGET:
		var der []byte
		if der, params, ok = smp.ParseShort(params); ok {
			key, bad := box.ParseX25519(der)
			c.DHKey, ok = key, bad == nil && len(params) == 0
		}
	default:
		ok = !spaced
	}
	if !ok {
		return Command{Tag: c.Tag}, ErrCmdSyntax
	}
	return c, Error{}
}

func parseNew(c *Command, b []byte) (ok bool) {
	if c.SenderKey, b, ok = parseKey(b); !ok {
		return false
	}
	if c.Size, b, ok = smp.ParseU32(b); !ok {
		return false
	}
	if c.Digest, b, ok = smp.ParseShort(b); !ok {
		return false
	}
	if c.Recipients, b, ok = parseKeys(b); !ok {
		return false
	}
	c.Password, b, ok = smp.ParseMaybeShort(b)
	return ok && len(b) == 0 && validPassword(c.Password)
}

// validPassword: printable ASCII that has no meaning in an address.
func validPassword(p []byte) bool {
	for _, ch := range p {
		if ch <= ' ' || ch > '~' || ch == '@' || ch == ':' || ch == '/' {
			return false
		}
	}
	return true
}

func parseKey(b []byte) (k box.PublicKey, rest []byte, ok bool) {
	der, rest, ok := smp.ParseShort(b)
	if !ok {
		return k, nil, false
	}
	k, err := box.ParseAuthKey(der)
	return k, rest, err == nil
}

// keyLen is the length of the shortest key with its length byte, to judge a count before anything is made.
const keyLen = 1 + 44

func parseKeys(b []byte) (keys []box.PublicKey, rest []byte, ok bool) {
	if len(b) == 0 || b[0] == 0 || int(b[0])*keyLen > len(b)-1 {
		return nil, nil, false
	}
	keys, rest = make([]box.PublicKey, b[0]), b[1:]
	for i := range keys {
		if keys[i], rest, ok = parseKey(rest); !ok {
			return nil, nil, false
		}
	}
	return keys, rest, true
}

// CheckCredentials judges whether authorization and entity ID are there as the command wants them.
func CheckCredentials(t Tag, hasAuth, hasEntity bool) Error {
	switch {
	case t == FNEW && !hasAuth:
		return ErrCmdNoAuth
	case t == FNEW && hasEntity, t == PING && (hasAuth || hasEntity):
		return ErrCmdHasAuth
	case t != FNEW && t != PING && (!hasAuth || !hasEntity):
		return ErrCmdNoAuth
	}
	return Error{}
}
