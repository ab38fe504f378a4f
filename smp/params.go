package smp

// Commands without parameters are their tag.

func AppendSub(b []byte) []byte  { return append(b, "SUB"...) }
func AppendLDel(b []byte) []byte { return append(b, "LDEL"...) }
func AppendNDel(b []byte) []byte { return append(b, "NDEL"...) }
func AppendGet(b []byte) []byte  { return append(b, "GET"...) }
func AppendOff(b []byte) []byte  { return append(b, "OFF"...) }
func AppendDel(b []byte) []byte  { return append(b, "DEL"...) }
func AppendQue(b []byte) []byte  { return append(b, "QUE"...) }
func AppendPing(b []byte) []byte { return append(b, "PING"...) }
func AppendLGet(b []byte) []byte { return append(b, "LGET"...) }
func AppendNSub(b []byte) []byte { return append(b, "NSUB"...) }

// AppendKey appends KEY, by which the recipient secures the queue with the sender's key (SubjectPublicKeyInfo).
func AppendKey(b, key []byte) []byte { return AppendShort(append(b, "KEY "...), key) }

// AppendSKey appends SKEY, by which the sender secures the queue.
func AppendSKey(b, key []byte) []byte { return AppendShort(append(b, "SKEY "...), key) }

// AppendLKey appends LKEY, by which the sender secures the queue and reads its link data.
func AppendLKey(b, key []byte) []byte { return AppendShort(append(b, "LKEY "...), key) }

// ParseKey reads the key of KEY, SKEY and LKEY: Ed25519, Ed448 or X25519.
func ParseKey(params []byte) (key []byte, ok bool) {
	key, rest, ok := parseAuthKey(params)
	return key, ok && len(rest) == 0
}

// KeyList is the keys of RKEY, checked by ParseRKey.
type KeyList struct {
	n    int
	rest []byte
}

// Len is the number of keys not yet taken, 1 to 255 at first.
func (l *KeyList) Len() int { return l.n }

// Next takes the next key. It is nil after the last.
func (l *KeyList) Next() (key []byte) {
	if l.n == 0 {
		return nil
	}
	key, l.rest, _ = ParseShort(l.rest)
	l.n--
	return key
}

// AppendRKey appends RKEY with 1 to 255 recipient keys.
func AppendRKey(b []byte, keys ...[]byte) []byte {
	if len(keys) == 0 || len(keys) > 255 {
		panic("smp: RKEY has 1 to 255 keys")
	}
	b = append(append(b, "RKEY "...), byte(len(keys)))
	for _, k := range keys {
		b = AppendShort(b, k)
	}
	return b
}

// ParseRKey reads and checks the keys of RKEY.
func ParseRKey(params []byte) (keys KeyList, ok bool) {
	if len(params) == 0 || params[0] == 0 {
		return keys, false
	}
	keys = KeyList{int(params[0]), params[1:]}
	rest := keys.rest
	for range keys.n {
		if _, rest, ok = parseAuthKey(rest); !ok {
			return KeyList{}, false
		}
	}
	return keys, len(rest) == 0
}

// LinkParams are the parameters of LSET.
type LinkParams struct {
	LinkID      []byte
	Fixed, User []byte // encrypted blobs
}

// AppendLSet appends LSET.
func AppendLSet(b []byte, p LinkParams) []byte {
	return AppendLarge(AppendLarge(AppendShort(append(b, "LSET "...), p.LinkID), p.Fixed), p.User)
}

// ParseLSet reads the parameters of LSET.
func ParseLSet(params []byte) (p LinkParams, ok bool) {
	rest := params
	if p.LinkID, rest, ok = ParseShort(rest); !ok {
		return p, false
	}
	if p.Fixed, p.User, rest, ok = parseLinkData(rest); !ok {
		return p, false
	}
	return p, len(rest) == 0
}

func parseLinkData(b []byte) (fixed, user, rest []byte, ok bool) {
	if fixed, rest, ok = ParseLarge(b); !ok {
		return nil, nil, nil, false
	}
	user, rest, ok = ParseLarge(rest)
	return fixed, user, rest, ok
}

// NKeyParams are the notifier's key and the recipient's X25519 key for notification metadata.
type NKeyParams struct{ Key, DHKey []byte }

// AppendNKey appends NKEY.
func AppendNKey(b []byte, p NKeyParams) []byte {
	return AppendShort(AppendShort(append(b, "NKEY "...), p.Key), p.DHKey)
}

// ParseNKey reads the parameters of NKEY.
func ParseNKey(params []byte) (p NKeyParams, ok bool) {
	p, rest, ok := parseNKey(params)
	return p, ok && len(rest) == 0
}

func parseNKey(b []byte) (p NKeyParams, rest []byte, ok bool) {
	if p.Key, rest, ok = parseAuthKey(b); !ok {
		return p, nil, false
	}
	p.DHKey, rest, ok = parseDHKey(rest)
	return p, rest, ok
}

// AppendAck appends ACK of the message msgID.
func AppendAck(b, msgID []byte) []byte { return AppendShort(append(b, "ACK "...), msgID) }

// ParseAck reads the message ID of ACK; it may be empty.
func ParseAck(params []byte) (msgID []byte, ok bool) {
	msgID, rest, ok := ParseShort(params)
	return msgID, ok && len(rest) == 0
}

// ServiceSubs counts the queues of a service and sums them up in a hash (XOR of the MD5 of their IDs, 16 bytes).
type ServiceSubs struct {
	Count int64
	Hash  []byte
}

// AppendSubs appends SUBS; before version 19 it has no parameters.
func AppendSubs(b []byte, v Version, s ServiceSubs) []byte {
	return appendServiceSubs(append(b, "SUBS"...), v, s)
}

// AppendNSubs appends NSUBS; before version 19 it has no parameters.
func AppendNSubs(b []byte, v Version, s ServiceSubs) []byte {
	return appendServiceSubs(append(b, "NSUBS"...), v, s)
}

func appendServiceSubs(b []byte, v Version, s ServiceSubs) []byte {
	if v < VersionRcvService {
		return b
	}
	return AppendShort(AppendI64(append(b, ' '), s.Count), s.Hash)
}

// ParseSubs reads the parameters of SUBS and NSUBS. Before version 19 there are none (params is nil) and the count is -1.
func ParseSubs(v Version, params []byte) (s ServiceSubs, ok bool) {
	if v < VersionRcvService {
		return ServiceSubs{Count: -1}, params == nil
	}
	s, rest, ok := parseServiceSubs(params)
	return s, ok && len(rest) == 0
}

func parseServiceSubs(b []byte) (s ServiceSubs, rest []byte, ok bool) {
	if s.Count, rest, ok = ParseI64(b); !ok {
		return s, nil, false
	}
	s.Hash, rest, ok = ParseShort(rest)
	return s, rest, ok
}
