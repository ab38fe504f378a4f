package smp

import (
	"bytes"
	"reflect"
	"testing"
)

// version folds a fuzzed byte into the versions that differ.
func version(x byte) Version { return MinVersion + Version(x)%(CurrentVersion-MinVersion+1) }

func FuzzBatch(f *testing.F) {
	f.Add(AppendBatch(nil, []byte("one"), nil))
	f.Fuzz(func(t *testing.T, content []byte) {
		batch, ok := ParseBatch(content)
		if !ok {
			return
		}
		var ts [][]byte
		for batch.Len() > 0 {
			b, _ := batch.Next()
			ts = append(ts, b)
		}
		eq(t, "content", AppendBatch(nil, ts...), content)
	})
}

func FuzzTransmission(f *testing.F) {
	g, session := newGen(f), []byte("session")
	for v := MinVersion; v <= CurrentVersion; v++ {
		signed := AppendAuthorized(nil, nil, []byte("corr"), []byte("entity"), []byte("SUB"))[1:]
		f.Add(byte(v-MinVersion), AppendTransmission(nil, v, session, g.fill("", AuthEd25519), g.fill("", ServiceSigSize), signed))
		f.Add(byte(v-MinVersion), AppendTransmission(nil, v, session, nil, nil, signed))
	}
	f.Fuzz(func(t *testing.T, x byte, b []byte) {
		v := version(x)
		tr, err := ParseTransmission(v, session, b)
		if answer, err2 := ParseResponseTransmission(v, session, b); err.IsZero() && (!err2.IsZero() || string(answer.Command) != string(tr.Command)) {
			t.Errorf("client: %v", err2)
		}
		if err.IsZero() {
			signed := AppendAuthorized(nil, nil, tr.CorrID, tr.EntityID, tr.Command)[1:]
			eq(t, "signed", tr.Signed, signed)
			eq(t, "transmission", AppendTransmission(nil, v, session, tr.Auth, tr.ServiceSig, signed), b)
		} else if tr.EntityID != nil || tr.Command != nil || err != ErrBlock && (err != ErrSession || v != 6) {
			t.Errorf("%v with %+v", err, tr)
		}
	})
}

func FuzzCommand(f *testing.F) {
	g := newGen(f)
	for v := MinVersion; v <= CurrentVersion; v++ {
		for tag := CmdNew; tag <= CmdRfwd; tag++ {
			b, _ := g.command(tag, v)
			f.Add(byte(v-MinVersion), b)
		}
	}
	f.Fuzz(func(t *testing.T, x byte, b []byte) {
		v := version(x)
		tag, params, err := ParseCommand(v, b)
		if !err.IsZero() {
			return
		}
		again := reencodeCommand(t, v, tag, params)
		if tag != CmdPrxy { // hosts have several forms: see FuzzServerAddress
			eq(t, tag.String(), again, b)
		}
	})
}

func FuzzResponse(f *testing.F) {
	g := newGen(f)
	for v := MinVersion; v <= CurrentVersion; v++ {
		for tag := RespIDs; tag <= RespErr; tag++ {
			b, _ := g.response(tag, v)
			f.Add(byte(v-MinVersion), b)
		}
	}
	f.Fuzz(func(t *testing.T, x byte, b []byte) {
		v := version(x)
		tag, params, err := ParseResponse(v, b)
		if !err.IsZero() || tag == RespInfo {
			return // JSON has many forms, and times that it cannot write
		}
		again := reencodeResponse(t, v, tag, params)
		if tag != RespErr {
			eq(t, tag.String(), again, b)
			return
		}
		e, _ := ParseError(params)
		if e2, ok := ParseError(again[len("ERR "):]); !ok || e2 != e {
			t.Errorf("%q was read as %+v, %q as %+v", b, e, again, e2)
		}
	})
}

func FuzzHello(f *testing.F) {
	g := newGen(f)
	certKey := g.certKey()
	f.Add(AppendServerHello(nil, &ServerHello{VersionRange{6, 19}, g.bytes(32), &certKey}))
	for _, v := range []Version{6, 7, 14, 16, 19} {
		f.Add(AppendClientHello(nil, &ClientHello{v, g.bytes(32), g.dhKey(), false, &ServiceHello{RoleMessaging, certKey}}))
	}
	f.Add(AppendServiceReply(nil, ServiceReply{ServiceID: g.bytes(24)}))
	f.Add(AppendServiceReply(nil, ServiceReply{Err: TransportBadService}))
	f.Fuzz(func(t *testing.T, b []byte) { // what follows a message is ignored
		if h, ok := ParseServerHello(b); ok && !bytes.HasPrefix(b, AppendServerHello(nil, &h)) {
			t.Errorf("%x was read as %+v", b, h)
		}
		if h, ok := ParseClientHello(b); ok && !bytes.HasPrefix(b, AppendClientHello(nil, &h)) {
			t.Errorf("%x was read as %+v", b, h)
		}
		if r, ok := ParseServiceReply(b); ok && !bytes.HasPrefix(b, AppendServiceReply(nil, r)) {
			t.Errorf("%x was read as %+v", b, r)
		}
	})
}

func FuzzSealed(f *testing.F) {
	g := newGen(f)
	f.Add(AppendMessageBody(nil, 1, true, []byte("hello")))
	f.Add(AppendQuotaBody(nil, 1))
	f.Add(AppendNtfMeta(nil, []byte("msg"), 1))
	f.Add(AppendEnvelope(nil, &Envelope{4, g.dhKey(), [24]byte{}, []byte("box")}))
	f.Add(AppendClientMessage(nil, ClientMessage{g.authKey(), []byte("hello")}))
	f.Add(AppendForwarded(nil, []byte("corr"), PFWDParams{19, g.dhKey(), []byte("box")}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, ok := ParseMessageBody(b); ok && m.Quota {
			eq(t, "quota marker", AppendQuotaBody(nil, m.Time), b)
		} else if again := AppendMessageBody(nil, m.Time, m.Notify, m.Body); ok && len(again) == len(b) { // no later flags
			eq(t, "message", again, b)
		}
		if m, ok := ParseNtfMeta(b); ok && !bytes.HasPrefix(b, AppendNtfMeta(nil, m.MsgID, m.Time)) {
			t.Errorf("metadata %x was read as %+v", b, m)
		}
		if e, ok := ParseEnvelope(b); ok {
			eq(t, "envelope", AppendEnvelope(nil, &e), b)
		}
		if m, ok := ParseClientMessage(b); ok {
			eq(t, "client message", AppendClientMessage(nil, m), b)
		}
		if corrID, p, ok := ParseForwarded(b); ok {
			eq(t, "forwarded transmission", AppendForwarded(nil, corrID, p), b)
		}
		if corrID, box, ok := ParseForwardedResponse(b); ok {
			eq(t, "forwarded response", AppendForwardedResponse(nil, corrID, box), b)
		}
	})
}

func FuzzServerAddress(f *testing.F) {
	g := newGen(f)
	for range 5 {
		a := g.address()
		f.Add(a.String(), AppendServerAddress(nil, &a))
	}
	f.Fuzz(func(t *testing.T, text string, b []byte) {
		if a, err := ParseAddress(text); err == nil {
			if again, err := ParseAddress(a.String()); err != nil || !reflect.DeepEqual(again, a) {
				t.Errorf("%q gives %q, which gives %q, %v", text, a.String(), again.String(), err)
			}
		}
		if a, rest, ok := ParseServerAddressBinary(b); ok {
			b2 := AppendServerAddress(nil, &a)
			again, rest2, ok := ParseServerAddressBinary(b2)
			if !ok || !reflect.DeepEqual(again, a) || len(rest2) > 0 || len(rest) > len(b) {
				t.Errorf("%x gives %x: %v", b, b2, ok)
			}
			if port, left := parsePort(":" + a.Port); left == "" && port == a.Port {
				if again, err := ParseAddress(a.String()); err != nil || !reflect.DeepEqual(again, a) {
					t.Errorf("%x gives %q, which gives %q, %v", b, a.String(), again.String(), err)
				}
			}
		}
	})
}

func FuzzQueueURI(f *testing.F) {
	g := newGen(f)
	for _, r := range []VersionRange{{1, 1}, {1, 4}, {2, 3}, {4, 4}} {
		q := QueueAddress{g.address(), g.fill("", 24), g.dhKey(), g.mode()}
		u, i := QueueURI{r, q}, QueueInfo{r.Min, q}
		f.Add(u.String(), AppendQueueURI(nil, &u), AppendQueueInfo(nil, &i))
	}
	f.Fuzz(func(t *testing.T, text string, b, info []byte) {
		if u, err := ParseQueueURIText(text); err == nil {
			if again, err := ParseQueueURIText(u.String()); err != nil || !reflect.DeepEqual(again, u) {
				t.Errorf("%q gives %q, which gives %q, %v", text, u.String(), again.String(), err)
			}
		}
		if u, _, ok := ParseQueueURI(b); ok {
			b2 := AppendQueueURI(nil, &u)
			again, rest, ok := ParseQueueURI(b2)
			if eq(t, "queue URI", AppendQueueURI(nil, &again), b2); !ok || len(rest) > 0 {
				t.Errorf("%x gives %x: %v", b, b2, ok)
			}
		}
		if i, _, ok := ParseQueueInfo(info); ok {
			b2 := AppendQueueInfo(nil, &i)
			again, rest, ok := ParseQueueInfo(b2)
			if eq(t, "queue info", AppendQueueInfo(nil, &again), b2); !ok || len(rest) > 0 {
				t.Errorf("%x gives %x: %v", info, b2, ok)
			}
		}
	})
}

func FuzzVersionRangeText(f *testing.F) {
	f.Add("6-19")
	f.Add("7")
	f.Fuzz(func(t *testing.T, text string) {
		if r, ok := ParseVersionRangeText(text); ok {
			if again, ok := ParseVersionRangeText(r.String()); !ok || again != r {
				t.Errorf("%q gives %v, which gives %v", text, r, again)
			}
		}
	})
}
