package smp

import (
	"strings"
	"testing"
)

// commandCase is a command of the vectors with the fields of all kinds.
type commandCase struct {
	Command    string
	VMin       Version  `json:"v_min"`
	VMax       Version  `json:"v_max"`
	AuthKey    hexBytes `json:"auth_key"`
	DHKey      hexBytes `json:"dh_key"`
	BasicAuth  *string  `json:"basic_auth"`
	Subscribe  bool
	Mode       *string     `json:"queue_mode"`
	LinkID     hexBytes    `json:"link_id"`
	SenderID   hexBytes    `json:"sender_id"`
	Fixed      hexBytes    `json:"enc_fixed_data"`
	User       hexBytes    `json:"enc_user_data"`
	Ntf        *NKeyFields `json:"ntf"`
	Count      int64
	Hash       hexBytes `json:"ids_hash"`
	Key        hexBytes
	Keys       []hexBytes
	MsgID      hexBytes `json:"msg_id"`
	Notify     bool     `json:"notification"`
	Body       hexBytes
	Server     string
	FwdVersion Version  `json:"fwd_version"`
	Encrypted  hexBytes `json:"enc_transmission"`
	Forwarded  hexBytes `json:"enc_fwd_transmission"`
	Encoded    hexBytes
}

// NKeyFields are notifier credentials in the vectors.
type NKeyFields struct {
	Key   hexBytes `json:"auth_key"`
	DHKey hexBytes `json:"dh_key"`
}

func (c *commandCase) password() []byte {
	if c.BasicAuth == nil {
		return nil
	}
	return []byte(*c.BasicAuth)
}

func (c *commandCase) new() *NewParams {
	p := &NewParams{AuthKey: c.AuthKey, DHKey: c.DHKey, BasicAuth: c.password(), Subscribe: c.Subscribe}
	if c.Mode != nil {
		p.Mode = QueueMode((*c.Mode)[0])
	}
	if c.Fixed != nil {
		p.HasLink, p.LinkID, p.SenderID, p.Fixed, p.User = true, c.LinkID, c.SenderID, c.Fixed, c.User
	}
	if c.Ntf != nil {
		p.HasNtf, p.Ntf = true, NKeyParams{c.Ntf.Key, c.Ntf.DHKey}
	}
	return p
}

func (c *commandCase) encode(t *testing.T, v Version) []byte {
	subs := ServiceSubs{c.Count, c.Hash}
	switch parseCommandTag([]byte(c.Command)) {
	case CmdNew:
		return AppendNew(nil, v, c.new())
	case CmdSubs:
		return AppendSubs(nil, v, subs)
	case CmdNSubs:
		return AppendNSubs(nil, v, subs)
	case CmdKey:
		return AppendKey(nil, c.Key)
	case CmdSKey:
		return AppendSKey(nil, c.Key)
	case CmdLKey:
		return AppendLKey(nil, c.Key)
	case CmdRKey:
		keys := make([][]byte, len(c.Keys))
		for i, k := range c.Keys {
			keys[i] = k
		}
		return AppendRKey(nil, keys...)
	case CmdLSet:
		return AppendLSet(nil, LinkParams{c.LinkID, c.Fixed, c.User})
	case CmdNKey:
		return AppendNKey(nil, NKeyParams{c.Key, c.DHKey})
	case CmdAck:
		return AppendAck(nil, c.MsgID)
	case CmdSend:
		return AppendSend(nil, c.Notify, c.Body)
	case CmdPrxy:
		server, err := ParseServerAddress(c.Server)
		if err != nil {
			t.Fatal(err)
		}
		return AppendPRXY(nil, &PRXYParams{server, c.password()})
	case CmdPfwd:
		return AppendPFWD(nil, PFWDParams{c.FwdVersion, c.Key, c.Encrypted})
	case CmdRfwd:
		return AppendRFWD(nil, c.Forwarded)
	}
	return bareCommands[c.Command](nil)
}

var bareCommands = map[string]func([]byte) []byte{
	"SUB": AppendSub, "LDEL": AppendLDel, "NDEL": AppendNDel, "GET": AppendGet, "OFF": AppendOff, "DEL": AppendDel,
	"QUE": AppendQue, "PING": AppendPing, "LGET": AppendLGet, "NSUB": AppendNSub,
}

func TestCommandVectors(t *testing.T) {
	seen := map[CommandTag]bool{}
	eachCase(t, readVectors[rawCase](t, "transmissions"), "command", 56, func(t *testing.T, c commandCase) {
		allVersions(c.VMin, c.VMax, func(v Version) {
			b := c.encode(t, v)
			eq(t, c.Command, b, c.Encoded)
			tag, params, err := ParseCommand(v, b)
			if !err.IsZero() || tag.String() != c.Command {
				t.Errorf("%s at version %d: %v, %v", c.Command, v, tag, err)
				return
			}
			eq(t, c.Command+" again", reencodeCommand(t, v, tag, params), b)
			seen[tag] = true
		})
	})
	for tag := CmdNew; tag <= CmdRfwd; tag++ {
		if !seen[tag] {
			t.Errorf("no vector of %s", tag)
		}
	}
}

// reencodeCommand parses params of a good command by their own parser and encodes them again.
func reencodeCommand(t testing.TB, v Version, tag CommandTag, params []byte) []byte {
	t.Helper()
	var b []byte
	var ok bool
	switch tag {
	case CmdNew:
		var p NewParams
		p, ok = ParseNew(v, params)
		b = AppendNew(nil, v, &p)
	case CmdSubs, CmdNSubs:
		var p ServiceSubs
		p, ok = ParseSubs(v, params)
		b = appendServiceSubs([]byte(tag.String()), v, p)
	case CmdKey, CmdSKey, CmdLKey:
		var key []byte
		key, ok = ParseKey(params)
		b = AppendShort([]byte(tag.String()+" "), key)
	case CmdRKey:
		var list KeyList
		var keys [][]byte
		for list, ok = ParseRKey(params); list.Len() > 0; {
			keys = append(keys, list.Next())
		}
		if list.Next() != nil {
			t.Error("a key behind the last")
		}
		b = AppendRKey(nil, keys...)
	case CmdLSet:
		var p LinkParams
		p, ok = ParseLSet(params)
		b = AppendLSet(nil, p)
	case CmdNKey:
		var p NKeyParams
		p, ok = ParseNKey(params)
		b = AppendNKey(nil, p)
	case CmdAck:
		var id []byte
		id, ok = ParseAck(params)
		b = AppendAck(nil, id)
	case CmdSend:
		var p SendParams
		p, ok = ParseSend(params)
		b = AppendSend(nil, p.Notify, p.Body)
		if len(p.Flags) > 1 { // flags of a later version
			b = append(append(append([]byte("SEND "), p.Flags...), ' '), p.Body...)
		}
	case CmdPrxy:
		var p PRXYParams
		p, ok = ParsePRXY(params)
		b = AppendPRXY(nil, &p)
	case CmdPfwd:
		var p PFWDParams
		p, ok = ParsePFWD(params)
		b = AppendPFWD(nil, p)
	case CmdRfwd:
		b, ok = AppendRFWD(nil, params), true
	default:
		b, ok = bareCommands[tag.String()](nil), params == nil
	}
	if !ok {
		t.Errorf("%s %x does not parse again", tag, params)
	}
	return b
}

func TestSendForms(t *testing.T) {
	for _, c := range []struct {
		params, flags, body string
		notify, ok          bool
	}{
		{"T hello", "T", "hello", true, true},
		{"F ", "F", "", false, true},
		{"F  ", "F", " ", false, true},
		{"T T hello", "T", "T hello", true, true},
		{"Tx hello", "Tx", "hello", true, true},
		{"T", "", "", false, false},
		{"Tx", "", "", false, false},
		{" T hello", "", "", false, false},
		{"X hello", "", "", false, false},
		{"", "", "", false, false},
	} {
		p, ok := ParseSend([]byte(c.params))
		if ok != c.ok || ok && (string(p.Flags) != c.flags || string(p.Body) != c.body || p.Notify != c.notify) {
			t.Errorf("SEND %q: %q, %q, %v, %v", c.params, p.Flags, p.Body, p.Notify, ok)
		}
	}
}

func TestPasswords(t *testing.T) {
	g := newGen(t)
	p, server := g.new(), g.address()
	for text, want := range map[string]bool{
		"": true, "p4ss.w0rd~!": true, "caf\xe9\xa1\xff": true,
		"a b": false, "a@b": false, "a:b": false, "a/b": false, "a\n": false, "\x7f": false, "\x80": false, "\xa0": false, "\xad": false,
	} {
		p.BasicAuth = []byte(text)
		for _, v := range []Version{6, 9, 15, 17} {
			if _, _, err := ParseCommand(v, AppendNew(nil, v, p)); err.IsZero() != want {
				t.Errorf("NEW of version %d with password %q: %v", v, text, err.IsZero())
			}
		}
		if _, _, err := ParseCommand(8, AppendPRXY(nil, &PRXYParams{server, []byte(text)})); err.IsZero() != want {
			t.Errorf("PRXY with password %q: %v", text, err.IsZero())
		}
		if strings.Contains(text, "@") {
			continue // in an address it ends the password
		}
		if _, err := ParseServerAddress(strings.Replace(server.String(), "@", ":"+text+"@", 1)); (err == nil) != (want && text != "") {
			t.Errorf("address with password %q: %v", text, err)
		}
	}
}
