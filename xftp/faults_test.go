package xftp

import (
	"bytes"
	"testing"

	"switchyard/box"
)

var testSession = bytes.Repeat([]byte{7}, 32)

func block(t *testing.T, auth, session []byte, entity, command string) []byte {
	t.Helper()
	b, err := AppendBlock(nil, auth, AppendSigned(nil, session, []byte("corr"), []byte(entity), []byte(command)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestRequestFaults: which error each malformed request has, and what the answer echoes.
func TestRequestFaults(t *testing.T) {
	auth := make([]byte, box.Ed25519SignatureSize)
	good := block(t, nil, testSession, "", "PING")
	twice := bytes.Clone(good)
	twice[2] = 2
	left := bytes.Clone(good)
	left[1]++ // one byte of the filler becomes content
	for _, test := range []struct {
		name         string
		block        []byte
		want         Error
		corr, entity bool
	}{
		{"short", good[:BlockSize-1], ErrBlock, false, false},
		{"long", append(bytes.Clone(good), 0), ErrBlock, false, false},
		{"empty", nil, ErrBlock, false, false},
		{"bad padding", bytes.Repeat([]byte{0xff}, BlockSize), ErrBlock, false, false},
		{"two transmissions", twice, ErrBlock, false, false},
		{"bytes left over", left, ErrBlock, false, false},
		{"another session", block(t, nil, testSession[1:], "", "PING"), ErrSession, true, false},
		{"63-byte signature", block(t, auth[1:], testSession, "id", "FPUT"), ErrBlock, true, false},
		{"unknown", block(t, auth, testSession, "id", "FOO"), ErrCmdUnknown, true, true},
		{"lower case", block(t, auth, testSession, "id", "fput"), ErrCmdUnknown, true, true},
		{"PING with more", block(t, nil, testSession, "", "PING x"), ErrCmdSyntax, true, true},
		{"FPUT with more", block(t, auth, testSession, "id", "FPUT x"), ErrCmdSyntax, true, true},
		{"no keys", block(t, auth, testSession, "id", "FADD \x00"), ErrCmdSyntax, true, true},
		{"count over keys", block(t, auth, testSession, "id", "FADD \xff\x2c"), ErrCmdSyntax, true, true},
		{"signed PING", block(t, auth, testSession, "", "PING"), ErrCmdHasAuth, true, true},
		{"PING with entity", block(t, nil, testSession, "id", "PING"), ErrCmdHasAuth, true, true},
		{"unsigned FACK", block(t, nil, testSession, "id", "FACK"), ErrCmdNoAuth, true, true},
		{"FACK without entity", block(t, auth, testSession, "", "FACK"), ErrCmdNoAuth, true, true},
		{"good", good, Error{}, true, true},
	} {
		tr, _, err := ParseRequest(testSession, test.block)
		if err != test.want || (len(tr.CorrID) > 0) != test.corr || test.entity && tr.Command == nil || !test.entity && len(tr.EntityID) > 0 {
			t.Errorf("%s: %v, echoes %q %q", test.name, err, tr.CorrID, tr.EntityID)
		}
	}
}

// TestNewFaults: parameters of FNEW that the reference refuses.
func TestNewFaults(t *testing.T) {
	key, err := box.NewPublicKey(box.Ed25519, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	x448, err := box.NewPublicKey(box.X448, make([]byte, 56))
	if err != nil {
		t.Fatal(err)
	}
	good := Command{Tag: FNEW, SenderKey: key, Size: Size64K, Digest: make([]byte, 38), Recipients: []box.PublicKey{key}}
	for _, test := range []struct {
		name   string
		change func(*Command)
		want   Error
	}{
		{"digest of 38 bytes", func(*Command) {}, Error{}},
		{"any size", func(c *Command) { c.Size = 5 }, Error{}},
		{"X448 sender", func(c *Command) { c.SenderKey = x448 }, ErrCmdSyntax},
		{"X448 recipient", func(c *Command) { c.Recipients = []box.PublicKey{key, x448} }, ErrCmdSyntax},
		{"password", func(c *Command) { c.Password = []byte("a!~") }, Error{}},
		{"space in password", func(c *Command) { c.Password = []byte("a b") }, ErrCmdSyntax},
		{"colon in password", func(c *Command) { c.Password = []byte("a:b") }, ErrCmdSyntax},
		{"8-bit password", func(c *Command) { c.Password = []byte("\x80") }, ErrCmdSyntax},
	} {
		c := good
		test.change(&c)
		if _, err := ParseCommand(AppendCommand(nil, &c)); err != test.want {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
}

// TestHelloFaults: bodies that are no hello.
func TestHelloFaults(t *testing.T) {
	pad := func(s string) []byte { b, _ := box.Pad(nil, []byte(s), BlockSize); return b }
	for name, body := range map[string][]byte{
		"short challenge": pad("1\x1f" + string(make([]byte, 31))), "no tag": pad("x"), "not padded": {0xff, 0xff, 1},
	} {
		if _, ok := ParseChallenge(body); ok {
			t.Errorf("%s is a challenge", name)
		}
	}
	for name, body := range map[string][]byte{"empty": nil, "no block": []byte("x"), "no hash": pad("\x00\x03")} {
		if _, _, ok := ParseClientHello(body); ok {
			t.Errorf("%s is a hello", name)
		}
	}
	if c, ok := ParseChallenge(nil); !ok || c != nil {
		t.Error("an empty hello asks for no proof")
	}
	for _, e := range []Error{ErrHandshake, ErrSession} {
		bare := AppendBareError(nil, e)
		if got, ok := ParseBareError(bare); !ok || got != e {
			t.Errorf("bare %v: %v %v", e, got, ok)
		}
		if _, ok := ParseServerHello(bare); ok {
			t.Errorf("bare %v parses as a hello", e)
		}
	}
	if _, ok := ParseBareError(block(t, nil, testSession, "", "PING")); ok {
		t.Error("a transmission is taken for a bare error")
	}
}

func FuzzParseRequest(f *testing.F) {
	b, _ := AppendBlock(nil, nil, AppendSigned(nil, testSession, nil, nil, []byte("PING")))
	f.Add(b[:60])
	f.Fuzz(func(t *testing.T, head []byte) {
		whole := make([]byte, BlockSize)
		copy(whole, head)
		tr, c, err := ParseRequest(testSession, whole)
		if !err.IsZero() {
			return
		}
		if !bytes.Equal(AppendCommand(nil, &c), tr.Command) {
			t.Fatalf("%q is not what %+v encodes to", tr.Command, c)
		}
	})
}

func FuzzParseResponse(f *testing.F) {
	f.Add([]byte("SIDS \x01a\x01\x01b"))
	f.Add([]byte("ERR BLOCKED reason=spam,notice={\"ttl\":5}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, ok := ParseResponse(b)
		if !ok || r.Tag == ERR {
			return
		}
		if got := AppendResponse(nil, CurrentVersion, &r); !bytes.Equal(got, b) {
			t.Fatalf("%q encodes again to %q", b, got)
		}
	})
}

func FuzzParseHellos(f *testing.F) {
	f.Add([]byte("\x00\x01\x00\x03\x01s\x01\x00\x01c\x00\x01k\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > BlockSize-2 {
			return
		}
		padded, _ := box.Pad(nil, b, BlockSize)
		if h, ok := ParseServerHello(padded); ok {
			if again, err := AppendServerHello(nil, &h); err != nil || len(again) != BlockSize {
				t.Fatalf("%v", err)
			}
		}
		ParseClientHello(padded)
		ParseChallenge(padded)
		ParseBareError(padded)
	})
}
