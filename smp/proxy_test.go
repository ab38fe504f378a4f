package smp

import "testing"

func TestProxyVectors(t *testing.T) {
	cases := readVectors[struct {
		Kind        string
		Server      string
		PRXY        hexBytes   `json:"prxy_command"`
		PKEY        hexBytes   `json:"pkey_response"`
		SessionID   hexBytes   `json:"relay_session_id"`
		Range       [2]Version `json:"relay_range"`
		Version     Version    `json:"fwd_version"`
		Chain       []hexBytes `json:"cert_chain"`
		Key         hexBytes   `json:"client_command_public"`
		CorrID      hexBytes   `json:"corr_id"`
		EntityID    hexBytes   `json:"entity_id"`
		Command     hexBytes
		ToAuthorize hexBytes `json:"to_authorize"`
		Inner       hexBytes `json:"inner_transmissions"`
		Encrypted   digest   `json:"enc_transmission"`
		PFWD        digest   `json:"pfwd_command"`
		Forwarded   digest   `json:"fwd_transmission"`
		Response    hexBytes
		Responses   hexBytes `json:"response_transmissions"`
		EncResponse digest   `json:"enc_response"`
		PRES        digest   `json:"pres_response"`
		FwdResponse digest   `json:"fwd_response"`
	}](t, "proxy")
	if len(cases) != 31 {
		t.Errorf("%d cases", len(cases))
	}
	for _, c := range cases {
		_, params, err := ParseCommand(CurrentVersion, c.PRXY)
		prxy, _ := ParsePRXY(params)
		if !err.IsZero() || prxy.Server.String() != c.Server {
			t.Errorf("PRXY to %v, %v, want %s", prxy.Server, err, c.Server)
		}
		eq(t, "PRXY", AppendPRXY(nil, &prxy), c.PRXY)

		_, params, err = ParseResponse(CurrentVersion, c.PKEY)
		pkey, _ := ParsePKey(params)
		if !err.IsZero() || pkey.Range != (VersionRange{c.Range[0], c.Range[1]}) || len(pkey.CertKey.Chain) != len(c.Chain) {
			t.Errorf("PKEY %+v, %v", pkey, err)
		}
		eq(t, "relay session ID", pkey.SessionID, c.SessionID)
		eq(t, "PKEY", AppendPKey(nil, &pkey), c.PKEY)
		if both, ok := pkey.Range.Intersect(ProxiedRange); !ok || both != pkey.Range {
			t.Errorf("proxied range %v", pkey.Range)
		}

		// The inner transmission and its response, by the relay's version and session.
		eq(t, "authorized", AppendAuthorized(nil, c.SessionID, c.CorrID, c.EntityID, c.Command), c.ToAuthorize)
		batch, ok := ParseBatch(c.Inner)
		inner, _ := batch.Next()
		tr, err := ParseTransmission(c.Version, c.SessionID, inner)
		if !ok || batch.Len() != 0 || !err.IsZero() {
			t.Errorf("inner transmission: %v, %v", ok, err)
		}
		eq(t, "inner signed", tr.Signed, c.ToAuthorize[1+len(c.SessionID):])
		response := append(AppendResponseHeader(nil, c.Version, c.SessionID, c.CorrID, c.EntityID), c.Response...)
		eq(t, "inner response", AppendBatch(nil, response), c.Responses)

		// The boxes themselves are not at hand: their first bytes and lengths show where they stand.
		if c.Encrypted.Len != ForwardedEnvelope || c.EncResponse.Len != ForwardedEnvelope {
			t.Errorf("boxes of %d and %d bytes", c.Encrypted.Len, c.EncResponse.Len)
		}
		p := PFWDParams{c.Version, c.Key, c.Encrypted.First}
		checkOuter(t, "PFWD", AppendPFWD(nil, p), c.PFWD)
		forwarded := AppendForwarded(nil, c.CorrID, p)
		checkOuter(t, "forwarded transmission", forwarded, c.Forwarded)
		corrID, got, ok := ParseForwarded(forwarded)
		if eq(t, "forwarded correlation ID", corrID, c.CorrID); !ok || got.Version != c.Version || string(got.Key) != string(c.Key) {
			t.Errorf("forwarded transmission %+v, %v", got, ok)
		}
		checkOuter(t, "PRES", AppendPRes(nil, c.EncResponse.First), c.PRES)
		answer := AppendForwardedResponse(nil, c.CorrID, c.EncResponse.First)
		checkOuter(t, "forwarded response", answer, c.FwdResponse)
		corrID, box, ok := ParseForwardedResponse(answer)
		if eq(t, "response box", box, c.EncResponse.First); !ok || string(corrID) != string(c.CorrID) {
			t.Errorf("forwarded response %x, %v", corrID, ok)
		}
	}
}

// checkOuter compares the beginning of an outer form, and its length: b has only the first 64 bytes of its box.
func checkOuter(t *testing.T, what string, b []byte, want digest) {
	t.Helper()
	if eq(t, what, b[:64], want.First); len(b)-64+ForwardedEnvelope != want.Len {
		t.Errorf("%s: %d bytes, want %d", what, len(b)-64+ForwardedEnvelope, want.Len)
	}
}

// The largest forwarded command fits exactly, and its outer forms fit a block of any kind.
func TestForwardedSizes(t *testing.T) {
	session := make([]byte, 32)
	send := AppendSend(nil, true, make([]byte, MaxBody(CurrentVersion)))
	signed := AppendAuthorized(nil, nil, make([]byte, 24), make([]byte, 24), send)[1:]
	content := AppendBatch(nil, AppendTransmission(nil, CurrentVersion, session, make([]byte, AuthEd448), nil, signed))
	if len(content) != ForwardedPadded-2 {
		t.Errorf("inner content of %d bytes", len(content))
	}
	box, key := make([]byte, ForwardedEnvelope), append([]byte(spkiX25519), make([]byte, 32)...)
	p := PFWDParams{CurrentVersion, key, box}
	pfwd := AppendPFWD(AppendResponseHeader(nil, CurrentVersion, nil, make([]byte, 24), session), p)
	rfwd := AppendRFWD(AppendResponseHeader(nil, CurrentVersion, nil, make([]byte, 24), nil),
		append(make([]byte, 16), AppendForwarded(nil, make([]byte, 24), p)...))
	rres := AppendRRes(AppendResponseHeader(nil, CurrentVersion, nil, make([]byte, 24), nil),
		append(make([]byte, 16), AppendForwardedResponse(nil, make([]byte, 24), box)...))
	pres := AppendPRes(AppendResponseHeader(nil, CurrentVersion, nil, make([]byte, 24), session), box)
	for what, c := range map[string]struct {
		b    []byte
		want int
	}{"PFWD": {pfwd, 16356}, "RFWD": {rfwd, 16365}, "RRES": {rres, 16318}, "PRES": {pres, 16309}} {
		if n := len(AppendBatch(nil, c.b)); n != c.want || n > MaxEncryptedContent {
			t.Errorf("%s: content of %d bytes, want %d", what, n, c.want)
		}
	}
}
