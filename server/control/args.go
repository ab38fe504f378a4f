package control

import (
	"bytes"
	"strings"

	"switchyard/smp"
)

// Args reads the arguments of a command from left to right. The first fault counts, and what is read after it is empty.
//
// The texts of faults are those of the parser that the reference is made with. It names the primitive that failed: what ends
// too early is "not enough input", a text that is not the one wanted is "string", and what is left over is "endOfInput".
type Args struct {
	rest  []byte
	fault string
}

const (
	faultEnd     = "not enough input"
	faultText    = "string"
	faultLeft    = "endOfInput"
	faultReading = "Failed reading: "
)

// Refuse is a fault of the command's own.
func (a *Args) Refuse(fault string) {
	if a.fault == "" {
		a.fault, a.rest = fault, nil
	}
}

// space reads the one between two arguments.
func (a *Args) space() {
	switch {
	case len(a.rest) == 0:
		a.Refuse("space: " + faultEnd)
	case !isSpace(a.rest[0]):
		a.Refuse("space: " + faultReading + "satisfy")
	default:
		a.rest = a.rest[1:]
	}
}

// while reads the longest text of such bytes, which must not be empty.
func (a *Args) while(in func(byte) bool) []byte {
	n := 0
	for n < len(a.rest) && in(a.rest[n]) {
		n++
	}
	switch {
	case n > 0:
	case len(a.rest) == 0:
		a.Refuse(faultEnd)
	default:
		a.Refuse(faultReading + "takeWhile1")
	}
	text := a.rest[:n]
	a.rest = a.rest[n:]
	return text
}

// literal reads a text that must be there.
func (a *Args) literal(text string) {
	switch {
	case bytes.HasPrefix(a.rest, []byte(text)):
		a.rest = a.rest[len(text):]
	case strings.HasPrefix(text, string(a.rest)):
		a.Refuse(faultEnd)
	default:
		a.Refuse(faultText)
	}
}

// ID reads an entity ID, in base64url with or without its padding.
func (a *Args) ID() []byte {
	a.space()
	text := a.while(isAlphanumeric)
	n := len(a.rest) - len(bytes.TrimLeft(a.rest, "="))
	padding := a.rest[:n]
	a.rest = a.rest[n:]
	if a.fault != "" {
		return nil
	}
	id, fault := decode(bytes.Join([][]byte{text, padding}, nil))
	if fault != "" {
		a.Refuse(faultReading + fault)
	}
	return id
}

// IDOrLink reads an entity ID or the whole link of a connection, which is not judged here.
func (a *Args) IDOrLink() (id []byte, link string) {
	if text, _, _ := bytes.Cut(bytes.TrimPrefix(a.rest, []byte(" ")), []byte(" ")); isLink(text) {
		a.rest = a.rest[1+len(text):]
		return nil, string(text)
	}
	return a.ID(), ""
}

func isLink(text []byte) bool {
	return bytes.HasPrefix(text, []byte("simplex:/")) || bytes.HasPrefix(text, []byte("https://"))
}

// Blocking reads why an entity is blocked: reason=spam or reason=content, and maybe ,notice= with an object of JSON.
func (a *Args) Blocking() smp.Error {
	a.space()
	a.literal("reason=")
	reason := "spam"
	if !bytes.HasPrefix(a.rest, []byte(reason)) {
		reason = "content"
	}
	a.literal(reason)
	if a.fault != "" {
		return smp.Error{}
	}
	info := []byte("BLOCKED reason=" + reason)
	if blocked, ok := smp.ParseError(append(info, a.rest...)); ok {
		a.rest = nil
		return blocked
	}
	blocked, _ := smp.ParseError(info) // a notice that is none is left over
	return blocked
}

// Word reads one argument of any kind.
func (a *Args) Word() string {
	a.space()
	return string(a.while(func(c byte) bool { return c != ' ' }))
}

// Text reads all that is left, as names of files may have spaces.
func (a *Args) Text() string {
	a.space()
	return string(a.while(func(byte) bool { return true }))
}

// More tells whether there is another argument.
func (a *Args) More() bool { return len(a.rest) > 0 }

// password reads the argument of auth.
func (a *Args) password() string {
	a.space()
	text := a.while(func(c byte) bool { return c != '@' })
	for _, c := range text {
		if !isPasswordByte(c) {
			a.Refuse(faultReading + "invalid character in BasicAuth")
		}
	}
	return string(text)
}

// isPasswordByte takes what is printable in Latin-1, but white space and what addresses have around passwords.
func isPasswordByte(c byte) bool {
	switch {
	case c <= ' ', c == ':', c == '/', c == '@', c == 0xad:
		return false
	}
	return c < 0x7f || c > 0xa0
}

// end wants nothing to be left, and returns the fault of the whole.
func (a *Args) end() string {
	if len(a.rest) > 0 {
		a.Refuse(faultLeft)
	}
	return a.fault
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// isAlphanumeric takes letters and digits of Latin-1, as the reference does before it decodes: the others it names.
func isAlphanumeric(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		return true
	case c < 0xaa:
		return false
	}
	return c >= 0xc0 && c != 0xd7 && c != 0xf7 || strings.IndexByte("\xaa\xb2\xb3\xb5\xb9\xba\xbc\xbd\xbe", c) >= 0
}
