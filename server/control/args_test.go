package control

import (
	"bytes"
	"encoding/base64"
	"sync"
	"testing"

	"switchyard/smp"
)

// lockedBuffer is a log that several goroutines write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// The faults of arguments are those of the reference's parser, in its order.
func TestFaults(t *testing.T) {
	id := func(a *Args) { a.ID() }
	blocking := func(a *Args) { a.Blocking() }
	password := func(a *Args) { a.password() }
	for _, test := range []struct {
		read func(*Args)
		text string
		want string
	}{
		{id, "", "space: not enough input"},
		{id, ",", "space: Failed reading: satisfy"},
		{id, " ", "not enough input"},
		{id, "  AAAA", "Failed reading: takeWhile1"},
		{id, " ==", "Failed reading: takeWhile1"},
		{id, "\tAAAA", ""},
		{id, " AAAA", ""},
		{id, " AA", ""},
		{id, " AA==", ""},
		{id, " AAA=", ""},
		{id, " A", "Failed reading: Base64-encoded bytestring has invalid size"},
		{id, " AAAAA", "Failed reading: Base64-encoded bytestring has invalid size"},
		{id, " AA=", "Failed reading: Base64-encoded bytestring has invalid padding"},
		{id, " A===", "Failed reading: invalid padding at offset: 1"},
		{id, " AAAA====", "Failed reading: invalid padding at offset: 4"},
		{id, " AA======", "Failed reading: invalid padding at offset: 2"},
		{id, " AAAA\xaaAAA", "Failed reading: invalid character at offset: 4"},
		{id, " AB==", "Failed reading: non-canonical encoding detected at offset: 1"},
		{id, " AAB=", "Failed reading: non-canonical encoding detected at offset: 2"},
		{id, " AA+A", "endOfInput"},
		{id, " AAAA x", "endOfInput"},
		{blocking, "", "space: not enough input"},
		{blocking, " ", "not enough input"},
		{blocking, " rea", "not enough input"},
		{blocking, " reasons", "string"},
		{blocking, " spam", "string"},
		{blocking, " reason=", "not enough input"},
		{blocking, " reason=sp", "string"},
		{blocking, " reason=conte", "not enough input"},
		{blocking, " reason=spam", ""},
		{blocking, " reason=spammer", "endOfInput"},
		{blocking, " reason=content,notice=", "endOfInput"},
		{blocking, ` reason=content,notice={"ttl":1`, "endOfInput"},
		{blocking, ` reason=content,notice={"ttl":"1"}`, "endOfInput"},
		{blocking, ` reason=content,notice={"ttl": 1}`, ""},
		{blocking, ` reason=content,notice={"ttl":1} x`, "endOfInput"},
		{password, "", "space: not enough input"},
		{password, " ", "not enough input"},
		{password, " @", "Failed reading: takeWhile1"},
		{password, " a@b", "endOfInput"},
		{password, " a/b", "Failed reading: invalid character in BasicAuth"},
		{password, " a\xc3\xbcb", ""},
		{password, " a\xc2\xa0b", "Failed reading: invalid character in BasicAuth"},
	} {
		a := &Args{rest: []byte(test.text)}
		test.read(a)
		if got := a.end(); got != test.want {
			t.Errorf("%q: %q, want %q", test.text, got, test.want)
		}
	}
}

// What is read is what was written.
func TestArguments(t *testing.T) {
	a := &Args{rest: []byte(` simplex:/a#KEY?h=x reason=content,notice={"ttl":-5}`)}
	id, link := a.IDOrLink()
	blocked := a.Blocking()
	if fault := a.end(); fault != "" || id != nil || link != "simplex:/a#KEY?h=x" || blocked != smp.ErrBlocked(smp.BlockContent, smp.Notice{Present: true, HasTTL: true, TTL: -5}) {
		t.Errorf("%x, %q, %v, %q", id, link, blocked, fault)
	}
	a = &Args{rest: []byte(" cpu 10 a file")}
	kind, seconds, file := a.Word(), a.Word(), a.Text()
	if fault := a.end(); fault != "" || kind != "cpu" || seconds != "10" || file != "a file" {
		t.Errorf("%q, %q, %q, %q", kind, seconds, file, fault)
	}
	for n := range 50 {
		want := bytes.Repeat([]byte{0xfb, 0xef}, n)[:n]
		for _, encoding := range []*base64.Encoding{base64.URLEncoding, base64.RawURLEncoding} {
			got, fault := decode([]byte(encoding.EncodeToString(want)))
			if fault != "" || !bytes.Equal(got, want) {
				t.Errorf("%d bytes: %x, %s", n, got, fault)
			}
		}
	}
}
