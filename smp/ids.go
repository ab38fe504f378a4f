package smp

// IDs are the parameters of IDS, the answer to NEW. What a version has no room for is left out on encoding and zero on
// parsing.
type IDs struct {
	RecipientID, SenderID []byte
	DHKey                 []byte // the router's X25519 key for message bodies

	Mode      QueueMode // version 9 and later; 9 to 14 know only "sender can secure", false of which parses as ModeContact
	LinkID    []byte    // version 15 and later; nil when the queue has no link
	ServiceID []byte    // version 16 and later; nil outside of service sessions

	// Notifier credentials, version 17 and later.
	HasNtf bool
	Ntf    NID
}

// AppendIDs appends IDS.
func AppendIDs(b []byte, v Version, p *IDs) []byte {
	b = AppendShort(AppendShort(AppendShort(append(b, "IDS "...), p.RecipientID), p.SenderID), p.DHKey)
	if v < VersionSndAuthKey {
		return b
	}
	if v < VersionShortLinks {
		return AppendBool(b, p.Mode == ModeMessaging)
	}
	if p.Mode == ModeUnset {
		b = append(b, '0')
	} else {
		b = append(b, '1', byte(p.Mode))
	}
	b = AppendMaybeShort(b, p.LinkID)
	if v >= VersionServiceCerts {
		b = AppendMaybeShort(b, p.ServiceID)
	}
	if v < VersionNewNtfCreds {
		return b
	}
	if !p.HasNtf {
		return append(b, '0')
	}
	return appendNID(append(b, '1'), p.Ntf)
}

// ParseIDs reads the parameters of IDS at version v.
func ParseIDs(v Version, params []byte) (p IDs, ok bool) {
	b := params
	if p.RecipientID, b, ok = ParseShort(b); !ok {
		return p, false
	}
	if p.SenderID, b, ok = ParseShort(b); !ok {
		return p, false
	}
	if p.DHKey, b, ok = parseDHKey(b); !ok {
		return p, false
	}
	switch {
	case v >= VersionShortLinks:
		b, ok = parseIDsLink(v, &p, b)
	case v >= VersionSndAuthKey:
		var secure bool
		secure, b, ok = ParseBool(b)
		if p.Mode = ModeContact; secure {
			p.Mode = ModeMessaging
		}
	}
	return p, ok && len(b) == 0
}

func parseIDsLink(v Version, p *IDs, b []byte) (rest []byte, ok bool) {
	hasMode, b, ok := ParseMaybe(b)
	if ok && hasMode {
		p.Mode, b, ok = parseQueueMode(b)
	}
	if ok {
		p.LinkID, b, ok = ParseMaybeShort(b)
	}
	if ok && v >= VersionServiceCerts {
		p.ServiceID, b, ok = ParseMaybeShort(b)
	}
	if ok && v >= VersionNewNtfCreds {
		p.HasNtf, b, ok = ParseMaybe(b)
	}
	if ok && p.HasNtf {
		p.Ntf, b, ok = parseNID(b)
	}
	return b, ok
}

// NID are the parameters of NID, the answer to NKEY: the notifier ID and the router's X25519 key for notification
// metadata.
type NID struct{ NotifierID, DHKey []byte }

// AppendNID appends NID.
func AppendNID(b []byte, p NID) []byte { return appendNID(append(b, "NID "...), p) }

func appendNID(b []byte, p NID) []byte { return AppendShort(AppendShort(b, p.NotifierID), p.DHKey) }

// ParseNID reads the parameters of NID.
func ParseNID(params []byte) (p NID, ok bool) {
	p, rest, ok := parseNID(params)
	return p, ok && len(rest) == 0
}

func parseNID(b []byte) (p NID, rest []byte, ok bool) {
	if p.NotifierID, rest, ok = ParseShort(b); !ok {
		return p, nil, false
	}
	p.DHKey, rest, ok = parseDHKey(rest)
	return p, rest, ok
}

// NMsg is a notification: a nonce and the box with it around what AppendNtfMeta gives.
type NMsg struct {
	Nonce     [24]byte
	Encrypted []byte // NtfMetaSize bytes
}

// AppendNMsg appends NMSG.
func AppendNMsg(b []byte, p *NMsg) []byte {
	return AppendShort(append(append(b, "NMSG "...), p.Nonce[:]...), p.Encrypted)
}

// ParseNMsg reads the parameters of NMSG.
func ParseNMsg(params []byte) (p NMsg, ok bool) {
	if len(params) < len(p.Nonce) {
		return p, false
	}
	n := copy(p.Nonce[:], params)
	var rest []byte
	p.Encrypted, rest, ok = ParseShort(params[n:])
	return p, ok && len(rest) == 0
}

// Lnk are the parameters of LNK, the answer to LKEY and LGET.
type Lnk struct {
	SenderID    []byte
	Fixed, User []byte // encrypted blobs
}

// AppendLnk appends LNK.
func AppendLnk(b []byte, p Lnk) []byte {
	return AppendLarge(AppendLarge(AppendShort(append(b, "LNK "...), p.SenderID), p.Fixed), p.User)
}

// ParseLnk reads the parameters of LNK.
func ParseLnk(params []byte) (p Lnk, ok bool) {
	rest := params
	if p.SenderID, rest, ok = ParseShort(rest); !ok {
		return p, false
	}
	p.Fixed, p.User, rest, ok = parseLinkData(rest)
	return p, ok && len(rest) == 0
}

// PKey are the parameters of PKEY, the answer to PRXY.
type PKey struct {
	SessionID []byte       // of the proxy with the relay; the entity ID of PFWD
	Range     VersionRange // within ProxiedRange
	CertKey   CertKey      // as the relay sent it in its hello
}

// AppendPKey appends PKEY.
func AppendPKey(b []byte, p *PKey) []byte {
	return appendCertKey(AppendVersionRange(AppendShort(append(b, "PKEY "...), p.SessionID), p.Range), &p.CertKey)
}

// ParsePKey reads the parameters of PKEY.
func ParsePKey(params []byte) (p PKey, ok bool) {
	b := params
	if p.SessionID, b, ok = ParseShort(b); !ok {
		return p, false
	}
	if p.Range, b, ok = ParseVersionRange(b); !ok {
		return p, false
	}
	p.CertKey, b, ok = parseCertKey(b)
	return p, ok && len(b) == 0
}
