package smp

import (
	"encoding/json"
	"testing"
)

type serverParseCase struct {
	Version      Version
	SessionID    hexBytes `json:"session_id"`
	Kind         string
	Transmission hexBytes
	Result       parseResult
}

// parseResult is what the reference's router makes of a transmission.
type parseResult struct {
	Authorization string
	Authorized    hexBytes
	Command       hexBytes
	CorrID        hexBytes `json:"corr_id"`
	EntityID      hexBytes `json:"entity_id"`
	Error         string   `json:"error_ascii"`
}

// serve does what a router does with a transmission before it looks anything up.
func serve(v Version, sessionID, transmission []byte) (Transmission, Error) {
	tr, err := ParseTransmission(v, sessionID, transmission)
	if !err.IsZero() {
		return tr, err
	}
	tag, _, err := ParseCommand(v, tr.Command)
	if err.IsZero() {
		err = CheckCredentials(tag, len(tr.Auth) > 0, len(tr.EntityID) > 0)
	}
	return tr, err
}

func (want *parseResult) check(t *testing.T, kind string, sessionID []byte, tr Transmission, err Error) {
	t.Helper()
	eq(t, kind+" correlation ID", tr.CorrID, want.CorrID)
	eq(t, kind+" entity ID", tr.EntityID, want.EntityID)
	if want.Error != "" || !err.IsZero() {
		if err.IsZero() || err.Error() != want.Error {
			t.Errorf("%s: error %q, want %q", kind, err.text, want.Error)
		}
		return
	}
	eq(t, kind+" authorized", append(AppendShort(nil, sessionID), tr.Signed...), want.Authorized)
	kinds := map[int]string{0: "none", AuthEd25519: "signature", AuthEd448: "signature", AuthX25519: "authenticator"}
	if got := kinds[len(tr.Auth)]; got != want.Authorization {
		t.Errorf("%s: authorization %s, want %s", kind, got, want.Authorization)
	}
}

func TestServerParseVectors(t *testing.T) {
	cases := readVectors[rawCase](t, "transmissions")
	eachCase(t, cases, "server_parse", 103, func(t *testing.T, c serverParseCase) {
		tr, err := serve(c.Version, c.SessionID, c.Transmission)
		c.Result.check(t, c.Kind, c.SessionID, tr, err)
		if !err.IsZero() {
			return
		}
		// The vectors have the command as the reference encodes it: unknown flags of SEND are gone.
		tag, params, _ := ParseCommand(c.Version, tr.Command)
		b := reencodeCommand(t, c.Version, tag, params)
		if tag == CmdSend {
			p, _ := ParseSend(params)
			b = AppendSend(nil, p.Notify, p.Body)
		}
		eq(t, c.Kind+" command", b, c.Result.Command)
	})
}

func TestBlockParseVectors(t *testing.T) {
	var sessionID hexBytes
	if err := json.Unmarshal([]byte(`"f0537f855cf148cedf0ba3f592e3a62c9ce93a1ffd9389167fad52f7ef18e34b"`), &sessionID); err != nil {
		t.Fatal(err)
	}
	eachCase(t, readVectors[rawCase](t, "transmissions"), "block_parse", 6, func(t *testing.T, c struct {
		Kind    string
		Content hexBytes
		Result  []parseResult
	}) {
		batch, ok := ParseBatch(c.Content)
		if !ok {
			if len(c.Result) != 1 || c.Result[0].Error != ErrBlock.Error() {
				t.Errorf("%s does not parse", c.Kind)
			}
			return
		}
		if batch.Len() != len(c.Result) {
			t.Fatalf("%s: %d transmissions", c.Kind, batch.Len())
		}
		for _, want := range c.Result {
			b, _ := batch.Next()
			tr, err := serve(CurrentVersion, sessionID, b)
			want.check(t, c.Kind, sessionID, tr, err)
		}
		if _, ok := batch.Next(); ok {
			t.Errorf("%s: one more transmission", c.Kind)
		}
	})
}
