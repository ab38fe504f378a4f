package reference

import (
	"bytes"

	"switchyard/smp"
)

// blockedWord begins the error that has blocking information behind it.
const blockedWord = "BLOCKED "

// blocking takes blocking information: a reason, and maybe a notice, which is JSON and ends with its brace. The reference's own
// import to a database has taken the quotes out of notices, and left them unreadable to itself.
func (t *text) blocking() []byte {
	n := bytes.IndexByte(t.b, ' ')
	if n < 0 {
		n = len(t.b)
	}
	if at := bytes.Index(t.b, []byte(",notice={")); at >= 0 && at < n {
		brace := objectEnd(t.b[at+len(",notice="):])
		if brace < 0 {
			t.fail(errBlocking)
			return nil
		}
		n = at + len(",notice=") + brace
	}
	info, err := CanonicalBlocking(t.b[:n])
	if t.b = t.b[n:]; err != nil {
		t.fail(err)
	}
	t.has(" ")
	return info
}

// objectEnd is the length of the JSON object at the front of b, negative when it has no end.
func objectEnd(b []byte) int {
	depth, quoted := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

// CanonicalBlocking is blocking information as a record has it, from a text that may have lost its quotes.
func CanonicalBlocking(info []byte) ([]byte, error) {
	info = bytes.Replace(info, []byte("notice={ttl:"), []byte(`notice={"ttl":`), 1)
	e, ok := smp.ParseError(append([]byte(blockedWord), info...))
	if !ok {
		return nil, errBlocking
	}
	return smp.AppendError(nil, smp.CurrentVersion, e)[len(blockedWord):], nil
}

// withoutNotice is blocking information without its notice.
func withoutNotice(info []byte) []byte {
	info, _, _ = bytes.Cut(info, []byte(",notice="))
	return info
}
