package smp

import (
	"strings"
	"testing"
)

// notices of the vectors, by the constructor notation behind "notice = "
var notices = map[string]Notice{
	"Nothing}}": {},
	"Just (ClientNotice {ttl = Just 40244})}}": {Present: true, HasTTL: true, TTL: 40244},
	"Just (ClientNotice {ttl = Nothing})}}":    {Present: true},
}

// vectorError builds the error that a vector's constructor notation names; text is its canonical text.
func vectorError(t *testing.T, constructor, text string) Error {
	t.Helper()
	if reason, ok := strings.CutPrefix(constructor, "BLOCKED {blockInfo = BlockingInfo {reason = "); ok {
		reason, notice, _ := strings.Cut(reason, ", notice = ")
		return ErrBlocked(map[string]BlockReason{"BRSpam": BlockSpam, "BRContent": BlockContent}[reason], notices[notice])
	}
	for _, e := range []Error{
		ErrBlock, ErrSession, ErrCmdUnknown, ErrCmdSyntax, ErrCmdProhibited, ErrCmdNoAuth, ErrCmdHasAuth, ErrCmdNoEntity,
		ErrAuth, ErrService, ErrCrypto, ErrQuota, ErrNoMsg, ErrLargeMsg, ErrExpired, ErrInternal, ErrDuplicate,
		ErrProxyBasicAuth, ErrProxyNoSession, ErrBrokerNetwork, ErrBrokerTimeout, ErrBrokerHost, ErrBrokerNoService,
		ErrProxyProtocol(ErrAuth), ErrProxyProtocol(ErrQuota), ErrProxyProtocol(ErrCmdSyntax),
		ErrStore("database error 9062"), ErrStore(""),
	} {
		if e.Error() == text {
			return e
		}
	}
	for tr := TransportBlock; tr <= TransportBadService; tr++ {
		if text == "PROXY BROKER TRANSPORT "+tr.Error() {
			return ErrBrokerTransport(tr)
		}
	}
	switch text { // the text of the vectors has no length byte
	case "PROXY BROKER RESPONSE BLOCK":
		return ErrBrokerResponse("BLOCK")
	case "PROXY BROKER UNEXPECTED OK":
		return ErrBrokerUnexpected("OK")
	}
	t.Errorf("no error %s", constructor)
	return Error{}
}

func TestErrorVectors(t *testing.T) {
	eachCase(t, readVectors[rawCase](t, "transmissions"), "error", 50, func(t *testing.T, c struct {
		Error    string
		VMin     Version `json:"v_min"`
		VMax     Version `json:"v_max"`
		Response hexBytes
		Text     string
	}) {
		e := vectorError(t, c.Error, c.Text)
		allVersions(c.VMin, c.VMax, func(v Version) {
			b := AppendErr(nil, v, e)
			eq(t, c.Error, b, c.Response)
			parsed, ok := ParseError(b[len("ERR "):])
			if !ok {
				t.Errorf("%q does not parse", b)
				return
			}
			if v == CurrentVersion && parsed != e {
				t.Errorf("%q was read as %+v, want %+v", b, parsed, e)
			}
			eq(t, c.Error+" again", AppendErr(nil, v, parsed), c.Response)
		})
	})
}

func TestClientParseVectors(t *testing.T) {
	eachCase(t, readVectors[rawCase](t, "transmissions"), "client_parse", 15, func(t *testing.T, c struct {
		Response string `json:"response_ascii"`
		Result   struct{ OK, Error string }
	}) {
		tag, _, err := ParseResponse(CurrentVersion, []byte(c.Response))
		if err.IsZero() {
			err = CheckResponseEntity(tag, true) // the transmissions of the vectors have an entity
		}
		want := map[string]Error{
			"":                        {},
			"CMD {cmdErr = SYNTAX}":   ErrCmdSyntax,
			"CMD {cmdErr = UNKNOWN}":  ErrCmdUnknown,
			"CMD {cmdErr = HAS_AUTH}": ErrCmdHasAuth,
		}
		if e, ok := want[c.Result.Error]; !ok || err != e {
			t.Errorf("%q: %+v, want %s", c.Response, err, c.Result.Error)
		}
	})
}

func TestErrorForms(t *testing.T) {
	blocked := func(n Notice) Error { return ErrBlocked(BlockSpam, n) }
	for _, c := range []struct {
		text string
		want Error // zero: not an error text
	}{
		{"CMD NO_QUEUE", ErrCmdNoEntity},
		{"PROXY BROKER NETWORK", ErrBrokerNetwork},
		{"PROXY BROKER NETWORK TIMEOUT", ErrBrokerNetwork},
		{"PROXY BROKER NETWORK CONNECT \x03a b", ErrBrokerNetwork},
		{"PROXY BROKER NETWORK CONNECT \x03a bc", Error{}},
		{"PROXY BROKER NETWORK CONNECT", Error{}},
		{"PROXY BROKER NETWORK TIMEOUT ", Error{}},
		{"PROXY BROKER NETWORK ", Error{}},
		{"PROXY BROKER NETWORK OTHER", Error{}},
		{"PROXY PROTOCOL PROXY PROTOCOL CMD NO_QUEUE", ErrProxyProtocol(ErrProxyProtocol(ErrCmdNoEntity))},
		{"PROXY PROTOCOL PROXY NO_SESSION", ErrProxyProtocol(ErrProxyNoSession)},
		{"PROXY PROTOCOL BLOCKED reason=spam,notice={}", ErrProxyProtocol(blocked(Notice{Present: true}))},
		{"PROXY PROTOCOL ", Error{}},
		{strings.Repeat("PROXY PROTOCOL ", maxRelayed) + "AUTH", Error{code: errAuth, relayed: maxRelayed}},
		{strings.Repeat("PROXY PROTOCOL ", maxRelayed+1) + "AUTH", Error{}},
		{"PROXY BROKER UNEXPECTED \xff" + strings.Repeat("x", 255), ErrBrokerUnexpected(strings.Repeat("x", 256))},
		{"BLOCKED reason=spam,notice={ \"ttl\" : 5, \"other\": [1] }", blocked(Notice{Present: true, HasTTL: true, TTL: 5})},
		{"BLOCKED reason=spam,notice={\"ttl\":null}", blocked(Notice{Present: true})},
		{"BLOCKED reason=spam,notice=null", Error{}},
		{"BLOCKED reason=spam,notice={\"ttl\":\"5\"}", Error{}},
		{"BLOCKED reason=spam,notice=", Error{}},
		{"BLOCKED reason=spam,other", Error{}},
		{"BLOCKED reason=spammer", Error{}},
		{"BLOCKED reason=", Error{}},
		{"BLOCKED", Error{}},
		{"STORE", Error{}},
		{"STORE  a", ErrStore(" a")},
		{"PROXY BROKER RESPONSE \x02a b", Error{}},
		{"PROXY BROKER RESPONSE \x04a", Error{}},
		{"PROXY BROKER RESPONSE \x00", ErrBrokerResponse("")},
		{"PROXY BROKER TRANSPORT BLOCK BLOCK", Error{}},
		{"PROXY BROKER TRANSPORT HANDSHAKE", Error{}},
		{"PROXY BROKER TRANSPORT BLOCKS", Error{}},
		{"auth", Error{}},
		{"", Error{}},
	} {
		e, ok := ParseError([]byte(c.text))
		if ok != !c.want.IsZero() || ok && e != c.want {
			t.Errorf("%q: %+v, %v, want %+v", c.text, e, ok, c.want)
		}
	}
	if got := string(AppendErr(nil, MinVersion, ErrProxyProtocol(blocked(Notice{Present: true})))); !strings.HasSuffix(got, "notice={}") {
		t.Errorf("%q: a relay's error is reported as it came", got)
	}
	mustPanic(t, func() { AppendError(nil, CurrentVersion, Error{}) })
	mustPanic(t, func() { ErrProxyProtocol(Error{code: errAuth, relayed: maxRelayed + 1}) })
	if n := testing.AllocsPerRun(100, func() { sinkError = ErrProxyProtocol(ErrBrokerTransport(TransportVersion)) }); n > 0 && !raceEnabled {
		t.Errorf("%v allocations for an error", n)
	}
}

var sinkError Error
