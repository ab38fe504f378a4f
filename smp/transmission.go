package smp

// Lengths of an authenticator; its kind is told by nothing else.
const (
	AuthEd25519 = 64
	AuthX25519  = 80 // crypto_box of a SHA-512
	AuthEd448   = 114
)

// ServiceSigSize is the length of a service signature (Ed25519).
const ServiceSigSize = 64

// Transmission is one transmission of a block. All slices alias the block.
type Transmission struct {
	Auth       []byte // authenticator, empty or of one of the lengths above
	ServiceSig []byte // ServiceSigSize bytes, or nil
	CorrID     []byte // any length
	EntityID   []byte // any length
	Command    []byte // command or response, tag and parameters
	Signed     []byte // correlation ID to the end: what Auth covers after the short string of the session ID
}

// ParseTransmission reads a transmission as a router does. The session ID is compared at version 6, where it is sent.
// ErrBlock with an empty CorrID means that nothing could be read; ErrBlock (length of the authenticator) or ErrSession
// with CorrID set are answered with that correlation ID and an empty entity ID.
func ParseTransmission(v Version, sessionID, t []byte) (Transmission, Error) {
	p, sess, ok := parseTransmission(v, t)
	if !ok {
		return Transmission{}, ErrBlock
	}
	if v < VersionAuthCmds && string(sess) != string(sessionID) {
		return Transmission{CorrID: p.CorrID}, ErrSession
	}
	switch len(p.Auth) {
	case 0, AuthEd25519, AuthX25519, AuthEd448:
		return p, Error{}
	}
	return Transmission{CorrID: p.CorrID}, ErrBlock
}

// ParseResponseTransmission reads a transmission as a client does: it does not look at the authenticator.
func ParseResponseTransmission(v Version, sessionID, t []byte) (Transmission, Error) {
	p, sess, ok := parseTransmission(v, t)
	if !ok {
		return Transmission{}, ErrBlock
	}
	if v < VersionAuthCmds && string(sess) != string(sessionID) {
		return Transmission{CorrID: p.CorrID}, ErrSession
	}
	return p, Error{}
}

func parseTransmission(v Version, b []byte) (t Transmission, sess []byte, ok bool) {
	if t.Auth, b, ok = ParseShort(b); !ok {
		return t, nil, false
	}
	if v >= VersionServiceCerts && len(t.Auth) > 0 {
		if t.ServiceSig, b, ok = ParseMaybeShort(b); !ok || t.ServiceSig != nil && len(t.ServiceSig) != ServiceSigSize {
			return t, nil, false
		}
	}
	if v < VersionAuthCmds {
		if sess, b, ok = ParseShort(b); !ok {
			return t, nil, false
		}
	}
	t.Signed = b
	if t.CorrID, b, ok = ParseShort(b); !ok {
		return t, nil, false
	}
	t.EntityID, t.Command, ok = ParseShort(b)
	return t, sess, ok
}

// AppendAuthorized appends the bytes that an authenticator covers: the short string of the session ID (at every
// version, also when it is not sent), then what Transmission.Signed is. command may be nil when the caller appends
// the command itself.
func AppendAuthorized(b, sessionID, corrID, entityID, command []byte) []byte {
	return append(AppendShort(AppendShort(AppendShort(b, sessionID), corrID), entityID), command...)
}

// AppendTransmission appends a transmission of a client. signed is correlation ID to the end: what AppendAuthorized gave
// behind the short string of the session ID. auth is the authenticator over all of that, or empty; serviceSig is nil
// without one.
func AppendTransmission(b []byte, v Version, sessionID, auth, serviceSig, signed []byte) []byte {
	b = AppendShort(b, auth)
	if v >= VersionServiceCerts && len(auth) > 0 {
		b = AppendMaybeShort(b, serviceSig)
	}
	if v < VersionAuthCmds {
		b = AppendShort(b, sessionID)
	}
	return append(b, signed...)
}

// AppendResponseHeader appends a router's transmission up to its response, which the caller appends: no
// authenticator, the session ID at version 6 only, correlation ID and entity ID (both may be empty).
func AppendResponseHeader(b []byte, v Version, sessionID, corrID, entityID []byte) []byte {
	b = append(b, 0)
	if v < VersionAuthCmds {
		b = AppendShort(b, sessionID)
	}
	return AppendShort(AppendShort(b, corrID), entityID)
}
