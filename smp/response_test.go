package smp

import (
	"strings"
	"testing"
	"time"
)

// responseCase is a response of the vectors with the fields of all kinds.
type responseCase struct {
	Response     string
	VMin         Version  `json:"v_min"`
	VMax         Version  `json:"v_max"`
	RcvID        hexBytes `json:"rcv_id"`
	SndID        hexBytes `json:"snd_id"`
	DHKey        hexBytes `json:"srv_dh_key"`
	Mode         *string  `json:"queue_mode"`
	LinkID       hexBytes `json:"link_id"`
	ServiceID    hexBytes `json:"service_id"`
	Fixed        hexBytes `json:"enc_fixed_data"`
	User         hexBytes `json:"enc_user_data"`
	Count        int64
	Hash         hexBytes `json:"ids_hash"`
	MsgID        hexBytes `json:"msg_id"`
	Body         hexBytes `json:"enc_body"`
	NotifierID   hexBytes `json:"notifier_id"`
	Nonce        hexBytes
	Meta         hexBytes `json:"enc_meta"`
	EncResponse  hexBytes `json:"enc_response"`
	FwdResponse  hexBytes `json:"enc_fwd_response"`
	Secured      bool     `json:"snd"`
	Ntf          any      // credentials in IDS, a flag in INFO
	Sub, MsgType *string
	Type         *string `json:"msg_type"`
	Size         int
	Seconds      int64 `json:"msg_seconds"`
	Encoded      hexBytes
}

func (c *responseCase) ids(t *testing.T) *IDs {
	p := &IDs{RecipientID: c.RcvID, SenderID: c.SndID, DHKey: c.DHKey, LinkID: c.LinkID, ServiceID: c.ServiceID}
	if c.Mode != nil {
		p.Mode = QueueMode((*c.Mode)[0])
	}
	if ntf, ok := c.Ntf.(map[string]any); ok {
		p.HasNtf, p.Ntf = true, NID{unhex(t, ntf["notifier_id"].(string)), unhex(t, ntf["srv_dh_key"].(string))}
	}
	return p
}

func (c *responseCase) info() *Info {
	ntf, _ := c.Ntf.(bool)
	p := &Info{Secured: c.Secured, Notifier: ntf, Size: c.Size}
	if c.Sub != nil {
		p.Sub = &InfoSub{}
		for name, thread := range map[string]SubThread{"QNoSub": SubThreadNone, "QSubPending": SubThreadPending,
			"QSubThread,": SubThreadRunning, "QProhibitSub": SubThreadProhibit} {
			if strings.Contains(*c.Sub, "= "+name) {
				p.Sub.Thread = thread
			}
		}
		if strings.Contains(*c.Sub, "Just") {
			p.Sub.Delivered = []byte("msgid")
		}
	}
	if c.Type != nil {
		p.Msg = &InfoMsg{ID: []byte("msg1"), Time: time.Unix(c.Seconds, 0), Type: InfoMessage}
		if *c.Type == "MTQuota" {
			p.Msg.Type = InfoQuota
		}
	}
	return p
}

func (c *responseCase) encode(t *testing.T, v Version) []byte {
	subs := ServiceSubs{c.Count, c.Hash}
	switch parseResponseTag([]byte(c.Response)) {
	case RespIDs:
		return AppendIDs(nil, v, c.ids(t))
	case RespLnk:
		return AppendLnk(nil, Lnk{c.SndID, c.Fixed, c.User})
	case RespSOK:
		return AppendSOK(nil, v, c.ServiceID)
	case RespSOKs:
		return AppendSOKs(nil, v, subs)
	case RespEnds:
		return AppendEnds(nil, v, subs)
	case RespMsg:
		return AppendMsg(nil, Msg{c.MsgID, c.Body})
	case RespNID:
		return AppendNID(nil, NID{c.NotifierID, c.DHKey})
	case RespNMsg:
		return AppendNMsg(nil, &NMsg{[24]byte(c.Nonce), c.Meta})
	case RespRRes:
		return AppendRRes(nil, c.FwdResponse)
	case RespPRes:
		return AppendPRes(nil, c.EncResponse)
	case RespInfo:
		return AppendInfo(nil, c.info())
	case RespDeld:
		return AppendDeld(nil, v)
	}
	return bareResponses[c.Response](nil)
}

var bareResponses = map[string]func([]byte) []byte{"OK": AppendOK, "PONG": AppendPong, "END": AppendEnd, "ALLS": AppendAlls}

func TestResponseVectors(t *testing.T) {
	seen := map[ResponseTag]bool{RespErr: true, RespPKey: true} // in TestErrorVectors and TestProxyVectors
	eachCase(t, readVectors[rawCase](t, "transmissions"), "broker", 49, func(t *testing.T, c responseCase) {
		allVersions(c.VMin, c.VMax, func(v Version) {
			b := c.encode(t, v)
			eq(t, c.Response, b, c.Encoded)
			tag, params, err := ParseResponse(v, b)
			if !err.IsZero() {
				t.Errorf("%s at version %d: %v", c.Response, v, err)
				return
			}
			eq(t, c.Response+" again", reencodeResponse(t, v, tag, params), b)
			seen[tag] = true
		})
	})
	for tag := RespIDs; tag <= RespErr; tag++ {
		if !seen[tag] {
			t.Errorf("no vector of %s", tag)
		}
	}
}

// reencodeResponse parses params of a good response by their own parser and encodes them again.
func reencodeResponse(t testing.TB, v Version, tag ResponseTag, params []byte) []byte {
	t.Helper()
	var b []byte
	var ok bool
	switch tag {
	case RespIDs:
		var p IDs
		p, ok = ParseIDs(v, params)
		b = AppendIDs(nil, v, &p)
	case RespLnk:
		var p Lnk
		p, ok = ParseLnk(params)
		b = AppendLnk(nil, p)
	case RespSOK:
		var id []byte
		id, ok = ParseSOK(params)
		b = AppendSOK(nil, max(v, VersionServiceCerts), id)
	case RespSOKs, RespEnds:
		var p ServiceSubs
		p, ok = ParseSOKs(v, params)
		b = appendSubsResponse([]byte(tag.String()+" "), v, p)
	case RespMsg:
		var p Msg
		p, ok = ParseMsg(params)
		b = AppendMsg(nil, p)
	case RespNID:
		var p NID
		p, ok = ParseNID(params)
		b = AppendNID(nil, p)
	case RespNMsg:
		var p NMsg
		p, ok = ParseNMsg(params)
		b = AppendNMsg(nil, &p)
	case RespPKey:
		var p PKey
		p, ok = ParsePKey(params)
		b = AppendPKey(nil, &p)
	case RespRRes:
		b, ok = AppendRRes(nil, params), true
	case RespPRes:
		b, ok = AppendPRes(nil, params), true
	case RespInfo:
		var p Info
		p, ok = ParseInfo(params)
		b = AppendInfo(nil, &p)
	case RespErr:
		var e Error
		e, ok = ParseError(params)
		b = AppendErr(nil, CurrentVersion, e)
	case RespDeld:
		b, ok = AppendDeld(nil, max(v, VersionDeletedEvent)), params == nil
	default:
		b, ok = bareResponses[tag.String()](nil), params == nil
	}
	if !ok {
		t.Errorf("%s %x does not parse again", tag, params)
	}
	return b
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	var h hexBytes
	if err := h.UnmarshalJSON([]byte(`"` + s + `"`)); err != nil {
		t.Fatal(err)
	}
	return h
}

func TestInfoForms(t *testing.T) {
	at := time.Date(2025, 1, 2, 4, 4, 5, 120e6, time.FixedZone("", 3600))
	b := AppendInfo(nil, &Info{Msg: &InfoMsg{ID: []byte{0xFB, 0xFF}, Time: at, Type: InfoQuota}})
	const want = `INFO {"qiSnd":false,"qiNtf":false,"qiSize":0,"qiMsg":{"msgId":"+/8=","msgTs":"2025-01-02T03:04:05.12Z","msgType":"quota"}}`
	eq(t, "INFO", b, []byte(want))
	if info, ok := ParseInfo([]byte(want[5:])); !ok || !info.Msg.Time.Equal(at) {
		t.Errorf("INFO: %+v, %v", info, ok)
	}
	for n := range want[5:] {
		if _, ok := ParseInfo([]byte(want[5 : 5+n])); ok {
			t.Errorf("INFO cut at %d was read", n)
		}
	}
}
