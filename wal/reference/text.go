package reference

import (
	"encoding/base64"
	"errors"
	"strconv"

	"switchyard/box"
	"switchyard/smp"
)

// Faults of lines. They tell of no content.
var (
	errBase64   = errors.New("not base64url")
	errID       = errors.New("an ID that is not of 24 bytes")
	errKey      = errors.New("a key that authorizes nothing")
	errSecret   = errors.New("a secret that is not of 32 bytes")
	errNumber   = errors.New("not a number")
	errFlag     = errors.New("a flag that is neither T nor F")
	errField    = errors.New("a field is missing, or one of a newer version is there")
	errTrailing = errors.New("more than the record follows")
	errKind     = errors.New("not a record of this file")
	errBlocking = errors.New("blocking information of a newer version")
)

var encoding = base64.RawURLEncoding

// text takes fields from the front of a line. The first failure sticks, and what is read after it is zero.
type text struct {
	b   []byte
	err error
}

func (t *text) fail(err error) {
	if t.err == nil {
		t.b, t.err = nil, err
	}
}

// word takes what comes before the next space, which it takes too.
func (t *text) word() []byte {
	for i, c := range t.b {
		if c == ' ' {
			w := t.b[:i]
			t.b = t.b[i+1:]
			return w
		}
	}
	w := t.b
	t.b = nil
	return w
}

// has takes a prefix if it is there.
func (t *text) has(prefix string) bool {
	if len(t.b) < len(prefix) || string(t.b[:len(prefix)]) != prefix {
		return false
	}
	t.b = t.b[len(prefix):]
	return true
}

// field wants a prefix.
func (t *text) field(prefix string) {
	if t.err == nil && !t.has(prefix) {
		t.fail(errField)
	}
}

// end wants nothing more.
func (t *text) end() {
	if len(t.b) > 0 {
		t.fail(errTrailing)
	}
}

// unpadded is base64 without what fills it up.
func unpadded(w []byte) []byte {
	for len(w) > 0 && w[len(w)-1] == '=' {
		w = w[:len(w)-1]
	}
	return w
}

// decode returns the bytes of a word, in memory of their own.
func (t *text) decode(w []byte) []byte {
	w = unpadded(w)
	b := make([]byte, encoding.DecodedLen(len(w)))
	if _, err := encoding.Decode(b, w); err != nil {
		t.fail(errBase64)
		return nil
	}
	return b
}

// bytes takes a word of base64 that is not empty.
func (t *text) bytes() []byte {
	w := t.word()
	if len(w) == 0 {
		t.fail(errField)
		return nil
	}
	return t.decode(w)
}

// short takes a word whose bytes fit a short string.
func (t *text) short() []byte {
	b := t.bytes()
	if len(b) > smp.MaxShort {
		t.fail(errID)
		return nil
	}
	return b
}

const idText = 32 // characters of an ID

func (t *text) id() (id smp.ID) {
	w := unpadded(t.word())
	if len(w) != idText {
		t.fail(errID)
		return id
	}
	if _, err := encoding.Decode(id[:], w); err != nil {
		t.fail(errBase64)
	}
	return id
}

func (t *text) secret() (s [32]byte) {
	w := unpadded(t.word())
	if encoding.DecodedLen(len(w)) != len(s) {
		t.fail(errSecret)
		return s
	}
	if _, err := encoding.Decode(s[:], w); err != nil {
		t.fail(errBase64)
	}
	return s
}

// key decodes the key in a word.
func (t *text) key(w []byte) []byte {
	der := t.decode(w)
	if t.err == nil {
		if _, err := box.ParseAuthKey(der); err != nil {
			t.fail(errKey)
			return nil
		}
	}
	return der
}

// maxKeys is what a record of a queue has room for.
const maxKeys = 255

// keys takes a list of keys, at least one.
func (t *text) keys() (keys [][]byte) {
	for w := t.word(); t.err == nil; {
		i := 0
		for i < len(w) && w[i] != ',' {
			i++
		}
		keys = append(keys, t.key(w[:i]))
		if i == len(w) {
			break
		}
		w = w[i+1:]
	}
	if len(keys) > maxKeys {
		t.fail(errKey)
	}
	return keys
}

func (t *text) number() int64 {
	n, err := strconv.ParseInt(string(t.word()), 10, 64)
	if err != nil {
		t.fail(errNumber)
	}
	return n
}

const secondsOfDay = 86400

// day takes seconds since 1970 as a day.
func (t *text) day() uint32 {
	n := t.number() / secondsOfDay
	if n < 0 || n > 1<<32-1 {
		t.fail(errNumber)
		return 0
	}
	return uint32(n)
}

// appendBase64 appends the padded form that the reference writes.
func appendBase64(b, data []byte) []byte { return base64.URLEncoding.AppendEncode(b, data) }

func appendNumber(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }
