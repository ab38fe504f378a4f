package smp

import "testing"

func TestTransmissionVectors(t *testing.T) {
	eachCase(t, readVectors[rawCase](t, "transmissions"), "transmission", 43, func(t *testing.T, c struct {
		Version       Version
		Kind          string   `json:"auth_kind"`
		SessionID     hexBytes `json:"session_id"`
		CorrID        hexBytes `json:"corr_id"`
		EntityID      hexBytes `json:"entity_id"`
		Command       hexBytes
		ToAuthorize   hexBytes `json:"to_authorize"`
		Authorization hexBytes
		ServiceSig    hexBytes `json:"service_signature"`
		Sent, Batch1  hexBytes
	}) {
		authorized := AppendAuthorized(nil, c.SessionID, c.CorrID, c.EntityID, c.Command)
		eq(t, "authorized", authorized, c.ToAuthorize)
		signed := authorized[1+len(c.SessionID):]
		sent := AppendTransmission(nil, c.Version, c.SessionID, c.Authorization, c.ServiceSig, signed)
		eq(t, "transmission", sent, c.Sent)
		eq(t, "batch", AppendBatch(nil, sent), c.Batch1)

		tr, err := ParseTransmission(c.Version, c.SessionID, sent)
		if !err.IsZero() {
			t.Fatalf("version %d %s: %v", c.Version, c.Kind, err)
		}
		eq(t, "Auth", tr.Auth, c.Authorization)
		eq(t, "ServiceSig", tr.ServiceSig, c.ServiceSig)
		eq(t, "CorrID", tr.CorrID, c.CorrID)
		eq(t, "EntityID", tr.EntityID, c.EntityID)
		eq(t, "Command", tr.Command, c.Command)
		eq(t, "Signed", tr.Signed, signed)
		checkCut(t, c.Version, c.SessionID, sent, len(c.Command))
	})
}

// checkCut cuts a transmission everywhere: only the command, which runs to the end, may lose its tail.
func checkCut(t *testing.T, v Version, sessionID, sent []byte, commandLen int) {
	t.Helper()
	for n := range sent {
		tr, err := ParseTransmission(v, sessionID, sent[:n])
		if whole := n >= len(sent)-commandLen; err.IsZero() != whole {
			t.Errorf("version %d: cut at %d of %d: %+v", v, n, len(sent), err)
		} else if !whole && (err != ErrBlock || tr.CorrID != nil || tr.EntityID != nil || tr.Command != nil) {
			t.Errorf("version %d: cut at %d of %d: %+v, %+v", v, n, len(sent), err, tr)
		}
	}
}

func TestResponseTransmissionVectors(t *testing.T) {
	eachCase(t, readVectors[rawCase](t, "transmissions"), "broker_transmission", 12, func(t *testing.T, c struct {
		Version      Version
		SessionID    hexBytes `json:"session_id"`
		CorrID       hexBytes `json:"corr_id"`
		EntityID     hexBytes `json:"entity_id"`
		Response     hexBytes
		Sent, Batch1 hexBytes
	}) {
		sent := append(AppendResponseHeader(nil, c.Version, c.SessionID, c.CorrID, c.EntityID), c.Response...)
		eq(t, "response", sent, c.Sent)
		var p Packer
		p.Reset(nil)
		if !p.End(append(p.Begin(), sent...)) {
			t.Fatal("no room for one response")
		}
		eq(t, "packed response", p.Bytes(), c.Batch1)
		tr, err := ParseResponseTransmission(c.Version, c.SessionID, sent)
		if !err.IsZero() {
			t.Fatal(err)
		}
		eq(t, "CorrID", tr.CorrID, c.CorrID)
		eq(t, "EntityID", tr.EntityID, c.EntityID)
		eq(t, "Command", tr.Command, c.Response)
		for n := range len(sent) - len(c.Response) {
			if _, err := ParseResponseTransmission(c.Version, c.SessionID, sent[:n]); err != ErrBlock {
				t.Errorf("cut at %d: %+v", n, err)
			}
		}
		if c.Version < VersionAuthCmds {
			tr, err := ParseResponseTransmission(c.Version, []byte("other"), sent)
			if err != ErrSession || string(tr.CorrID) != string(c.CorrID) || tr.EntityID != nil {
				t.Errorf("response of another session: %+v, %+v", tr, err)
			}
		}
	})
}

func TestTransmissionErrors(t *testing.T) {
	session := []byte("session")
	signed := AppendAuthorized(nil, nil, []byte("corr"), []byte("entity"), []byte("SUB"))[1:]
	for _, c := range []struct {
		name    string
		v       Version
		session string
		auth    int
		want    Error
	}{
		{"no authenticator", 19, "session", 0, Error{}},
		{"Ed25519", 19, "session", 64, Error{}},
		{"X25519", 19, "session", 80, Error{}},
		{"Ed448", 19, "session", 114, Error{}},
		{"other length", 19, "session", 63, ErrBlock},
		{"other session is not sent", 7, "other", 0, Error{}},
		{"other session", 6, "other", 0, ErrSession},
		{"other session comes before the length", 6, "other", 63, ErrSession},
	} {
		b := AppendTransmission(nil, c.v, []byte(c.session), make([]byte, c.auth), nil, signed)
		tr, err := ParseTransmission(c.v, session, b)
		if err != c.want || string(tr.CorrID) != "corr" {
			t.Errorf("%s: %+v, %+v", c.name, tr, err)
		}
		if entity := string(tr.EntityID); entity != "" && !err.IsZero() || entity != "entity" && err.IsZero() {
			t.Errorf("%s: entity %q", c.name, entity)
		}
	}
}
