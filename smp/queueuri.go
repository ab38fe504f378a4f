package smp

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
)

// QueueAddress is what a sender must know of a queue.
type QueueAddress struct {
	Server   ServerAddress // without a password
	SenderID []byte
	DHKey    []byte // recipient's X25519 key for the sender's envelopes
	Mode     QueueMode
}

// QueueURI is a queue's address with the versions of the SMP client protocol that the recipient speaks.
type QueueURI struct {
	Range VersionRange
	QueueAddress
}

// QueueInfo is a queue's address with the one version that was agreed.
type QueueInfo struct {
	Version Version
	QueueAddress
}

// AppendQueueURI appends the binary form of u.
func AppendQueueURI(b []byte, u *QueueURI) []byte {
	b = AppendServerAddress(AppendVersionRange(b, u.Range), &u.Server)
	b = AppendShort(AppendShort(b, u.SenderID), u.DHKey)
	secure := u.Mode == ModeMessaging
	switch {
	case u.Range.Min >= ClientVersionShortLinks:
		return appendMode(b, u.Mode)
	case u.Range.Min >= ClientVersionSndAuthKey, u.Range.Max >= ClientVersionSndAuthKey && secure:
		return AppendBool(b, secure)
	}
	return b
}

// ParseQueueURI reads the binary form.
func ParseQueueURI(b []byte) (u QueueURI, rest []byte, ok bool) {
	if u.Range, b, ok = ParseVersionRange(b); !ok {
		return u, nil, false
	}
	if u.Server, b, ok = ParseServerAddressBinary(b); !ok {
		return u, nil, false
	}
	rest, ok = parseQueueTail(&u.QueueAddress, b)
	return u, rest, ok
}

// AppendQueueInfo appends the binary form of i.
func AppendQueueInfo(b []byte, i *QueueInfo) []byte {
	b = AppendU16(b, uint16(i.Version))
	if i.Version < ClientVersionServerHosts {
		b = appendLegacyAddress(b, &i.Server)
	} else {
		b = AppendServerAddress(b, &i.Server)
	}
	b = AppendShort(AppendShort(b, i.SenderID), i.DHKey)
	switch {
	case i.Version >= ClientVersionShortLinks:
		return appendMode(b, i.Mode)
	case i.Version >= ClientVersionSndAuthKey && i.Mode == ModeMessaging:
		return append(b, 'T')
	}
	return b
}

// ParseQueueInfo reads the binary form.
func ParseQueueInfo(b []byte) (i QueueInfo, rest []byte, ok bool) {
	v, b, ok := ParseU16(b)
	if !ok {
		return i, nil, false
	}
	if i.Version = Version(v); i.Version < ClientVersionServerHosts {
		i.Server, b, ok = parseLegacyAddress(b)
	} else {
		i.Server, b, ok = ParseServerAddressBinary(b)
	}
	if !ok {
		return i, nil, false
	}
	rest, ok = parseQueueTail(&i.QueueAddress, b)
	return i, rest, ok
}

func appendMode(b []byte, m QueueMode) []byte {
	if m == ModeUnset {
		return b
	}
	return append(b, byte(m))
}

// parseQueueTail reads the sender ID, the key and, when the next byte is one, the mode in either of its two forms.
func parseQueueTail(q *QueueAddress, b []byte) (rest []byte, ok bool) {
	if q.SenderID, b, ok = ParseShort(b); !ok {
		return nil, false
	}
	if q.DHKey, b, ok = parseDHKey(b); !ok {
		return nil, false
	}
	if len(b) == 0 {
		return b, true
	}
	switch b[0] {
	case 'M', 'T':
		q.Mode = ModeMessaging
	case 'C', 'F':
		q.Mode = ModeContact
	default:
		return b, true
	}
	return b[1:], true
}

// String is the text of the URI:
//
//	SERVER/SENDERID#/?v=RANGE&dh=KEY[&q=m|&q=c][&k=s][&srv=HOST,HOST…]
//
// With versions below 2 in the range, SERVER has the first host alone and srv the others. k=s stands for q=m towards
// versions below 4.
func (u *QueueURI) String() string {
	legacy := u.Range.Min < ClientVersionServerHosts
	server := u.Server
	server.BasicAuth = ""
	s := server.String()
	if legacy {
		s = server.text(server.Hosts[:1])
	}
	s += "/" + base64.URLEncoding.EncodeToString(u.SenderID) + "#/?v=" + u.Range.String() +
		"&dh=" + url.QueryEscape(base64.URLEncoding.EncodeToString(u.DHKey))
	switch u.Mode {
	case ModeMessaging:
		if s += "&q=m"; u.Range.Min < ClientVersionShortLinks {
			s += "&k=s"
		}
	case ModeContact:
		s += "&q=c"
	}
	if others := server.Hosts[1:]; legacy && len(others) > 0 {
		s += "&srv=" + url.QueryEscape(strings.Join(others, ","))
	}
	return s
}

var errQueueURI = errors.New("queue URI: not SERVER/SENDERID#/?v=RANGE&dh=KEY")

// ParseQueueURIText reads the text of a queue URI. The slash after "#" may be missing, the key may stand there, and
// the oldest form has nothing but the key.
func ParseQueueURIText(text string) (u QueueURI, err error) {
	server, text, err := parseAddress(text)
	if err != nil {
		return u, err
	}
	id, text, ok := strings.Cut(text, "#")
	if u.Server = server; !ok || !strings.HasPrefix(id, "/") || server.Scheme != SchemeSMP || server.BasicAuth != "" {
		return u, errQueueURI
	}
	if u.SenderID, ok = parseBase64URL(strings.TrimSuffix(id[1:], "/")); !ok {
		return u, errQueueURI
	}
	key, query, versioned := strings.Cut(text, "?")
	if !versioned {
		u.Range = VersionRange{ClientVersionInitial, ClientVersionInitial}
		return u, u.setKey(key)
	}
	return u, u.setQuery(strings.TrimSuffix(key, "/"), query)
}

func (u *QueueURI) setKey(text string) error {
	key, ok := parseBase64URL(text)
	if u.DHKey = key; !ok || KeyAlgorithm(key) != KeyX25519 {
		return errQueueURI
	}
	return nil
}

func (u *QueueURI) setQuery(key, query string) error {
	fields, err := url.ParseQuery(query)
	if err != nil {
		return errQueueURI
	}
	var ok bool
	if u.Range, ok = ParseVersionRangeText(fields.Get("v")); !ok {
		return errQueueURI
	}
	if fields.Has("srv") && fields.Get("srv") != "" {
		hosts, rest, ok := parseHosts(fields.Get("srv"))
		if !ok || rest != "" {
			return errQueueURI
		}
		u.Server.Hosts = append(u.Server.Hosts, hosts...)
	}
	switch mode := fields.Get("q"); {
	case mode == "c":
		u.Mode = ModeContact
	case mode == "m", fields.Get("k") == "s":
		u.Mode = ModeMessaging
	}
	if key == "" {
		key = fields.Get("dh")
	}
	return u.setKey(key)
}
