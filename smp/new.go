package smp

// QueueMode says who may secure a queue. The zero value is "unset": queues made before version 9, or without a
// queue request.
type QueueMode byte

const (
	ModeUnset     QueueMode = 0
	ModeMessaging QueueMode = 'M' // the sender may secure it
	ModeContact   QueueMode = 'C' // only the recipient may
)

// NewParams are the parameters of NEW. What a version has no room for is left out on encoding and zero on parsing.
type NewParams struct {
	AuthKey   []byte // recipient's key: Ed25519, Ed448 or X25519
	DHKey     []byte // recipient's X25519 key for message bodies
	BasicAuth []byte // password of the router; nil when there is none
	Subscribe bool   // else only create

	Mode QueueMode // version 9 and later; 9 to 14 know only "sender can secure", false of which parses as ModeContact

	// Link data, version 15 and later.
	HasLink     bool
	LinkID      []byte // ModeContact only: the client's link ID
	SenderID    []byte // must be the first 24 bytes of SHA3-384(correlation ID)
	Fixed, User []byte // encrypted blobs

	// Notifier credentials, version 17 and later.
	HasNtf bool
	Ntf    NKeyParams
}

// AppendNew appends NEW.
func AppendNew(b []byte, v Version, p *NewParams) []byte {
	b = AppendShort(AppendShort(append(b, "NEW "...), p.AuthKey), p.DHKey)
	if v < VersionSndAuthKey {
		if p.BasicAuth != nil {
			b = AppendShort(append(b, 'A'), p.BasicAuth)
		}
		return appendSubMode(b, p.Subscribe)
	}
	b = appendSubMode(AppendMaybeShort(b, p.BasicAuth), p.Subscribe)
	if v < VersionShortLinks {
		return AppendBool(b, p.Mode == ModeMessaging)
	}
	b = appendQueueReq(b, p)
	if v < VersionNewNtfCreds {
		return b
	}
	if !p.HasNtf {
		return append(b, '0')
	}
	return AppendShort(AppendShort(append(b, '1'), p.Ntf.Key), p.Ntf.DHKey)
}

func appendSubMode(b []byte, subscribe bool) []byte {
	if subscribe {
		return append(b, 'S')
	}
	return append(b, 'C')
}

func appendQueueReq(b []byte, p *NewParams) []byte {
	if p.Mode == ModeUnset {
		return append(b, '0')
	}
	b = append(b, '1', byte(p.Mode))
	if !p.HasLink {
		return append(b, '0')
	}
	b = append(b, '1')
	if p.Mode == ModeContact {
		b = AppendShort(b, p.LinkID)
	}
	return AppendLarge(AppendLarge(AppendShort(b, p.SenderID), p.Fixed), p.User)
}

// ParseNew reads the parameters of NEW at version v.
func ParseNew(v Version, params []byte) (p NewParams, ok bool) {
	b := params
	if p.AuthKey, b, ok = parseAuthKey(b); !ok {
		return p, false
	}
	if p.DHKey, b, ok = parseDHKey(b); !ok {
		return p, false
	}
	if p.BasicAuth, b, ok = parseNewBasicAuth(v, b); !ok {
		return p, false
	}
	if len(b) == 0 || b[0] != 'S' && b[0] != 'C' {
		return p, false
	}
	p.Subscribe, b = b[0] == 'S', b[1:]
	switch {
	case v >= VersionShortLinks:
		b, ok = parseQueueReq(&p, b)
	case v >= VersionSndAuthKey:
		b, ok = parseSndSecure(&p, b)
	}
	if ok && v >= VersionNewNtfCreds {
		b, ok = parseNewNtf(&p, b)
	}
	return p, ok && len(b) == 0
}

func parseNewBasicAuth(v Version, b []byte) (auth, rest []byte, ok bool) {
	switch {
	case v >= VersionSndAuthKey:
		auth, rest, ok = ParseMaybeShort(b)
	case len(b) > 0 && b[0] == 'A':
		auth, rest, ok = ParseShort(b[1:])
	default:
		return nil, b, true
	}
	return auth, rest, ok && validBasicAuth(auth)
}

func parseSndSecure(p *NewParams, b []byte) (rest []byte, ok bool) {
	secure, rest, ok := ParseBool(b)
	if p.Mode = ModeContact; secure {
		p.Mode = ModeMessaging
	}
	return rest, ok
}

func parseQueueReq(p *NewParams, b []byte) (rest []byte, ok bool) {
	present, b, ok := ParseMaybe(b)
	if !ok || !present {
		return b, ok
	}
	if p.Mode, b, ok = parseQueueMode(b); !ok {
		return nil, false
	}
	if p.HasLink, b, ok = ParseMaybe(b); !ok || !p.HasLink {
		return b, ok
	}
	if p.Mode == ModeContact {
		if p.LinkID, b, ok = ParseShort(b); !ok {
			return nil, false
		}
	}
	if p.SenderID, b, ok = ParseShort(b); !ok {
		return nil, false
	}
	p.Fixed, p.User, b, ok = parseLinkData(b)
	return b, ok
}

func parseQueueMode(b []byte) (m QueueMode, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != byte(ModeMessaging) && b[0] != byte(ModeContact) {
		return ModeUnset, nil, false
	}
	return QueueMode(b[0]), b[1:], true
}

func parseNewNtf(p *NewParams, b []byte) (rest []byte, ok bool) {
	if p.HasNtf, b, ok = ParseMaybe(b); !ok || !p.HasNtf {
		return b, ok
	}
	p.Ntf, b, ok = parseNKey(b)
	return b, ok
}

// validBasicAuth reports whether every byte of a router's password is printable Latin-1, no white space and none of
// '@', ':' and '/', which would end it in an address.
func validBasicAuth(s []byte) bool {
	for _, c := range s {
		switch {
		case c == '@' || c == ':' || c == '/':
			return false
		case c > 0x20 && c < 0x7F, c > 0xA0 && c != 0xAD:
		default:
			return false
		}
	}
	return true
}

// ValidBasicAuth reports whether a text can be the password of a router, in its address and in commands.
func ValidBasicAuth(text string) bool {
	return text != "" && len(text) <= MaxShort && validBasicAuth([]byte(text))
}
