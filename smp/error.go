package smp

import "bytes"

// Error is a protocol error: what follows "ERR " on the wire. The zero value is no error. Values without text are
// comparable with ==, and making one allocates nothing.
type Error struct {
	code    errorCode
	relayed uint8 // how many "PROXY PROTOCOL " stand in front
	detail  uint8 // TransportError of errTransport, BlockReason of errBlocked
	notice  Notice
	text    string // of errStore, errResponse, errUnexpected
}

type errorCode uint8

const (
	errNone errorCode = iota
	errBlock
	errSession
	errCmdUnknown
	errCmdSyntax
	errCmdProhibited
	errCmdNoAuth
	errCmdHasAuth
	errCmdNoEntity
	errAuth
	errService
	errCrypto
	errQuota
	errNoMsg
	errLargeMsg
	errExpired
	errInternal
	errDuplicate
	errBasicAuth
	errNoSession
	errNetwork
	errTimeout
	errHost
	errNoService
	errBlocked
	errStore
	errResponse
	errUnexpected
	errTransport
)

// errorTexts has the whole text of the errors that say no more, and the text up to the parameter of the last five.
var errorTexts = [...]string{
	errNone:          "",
	errBlock:         "BLOCK",
	errSession:       "SESSION",
	errCmdUnknown:    "CMD UNKNOWN",
	errCmdSyntax:     "CMD SYNTAX",
	errCmdProhibited: "CMD PROHIBITED",
	errCmdNoAuth:     "CMD NO_AUTH",
	errCmdHasAuth:    "CMD HAS_AUTH",
	errCmdNoEntity:   "CMD NO_ENTITY",
	errAuth:          "AUTH",
	errService:       "SERVICE",
	errCrypto:        "CRYPTO",
	errQuota:         "QUOTA",
	errNoMsg:         "NO_MSG",
	errLargeMsg:      "LARGE_MSG",
	errExpired:       "EXPIRED",
	errInternal:      "INTERNAL",
	errDuplicate:     "DUPLICATE_",
	errBasicAuth:     "PROXY BASIC_AUTH",
	errNoSession:     "PROXY NO_SESSION",
	errNetwork:       "PROXY BROKER NETWORK",
	errTimeout:       "PROXY BROKER TIMEOUT",
	errHost:          "PROXY BROKER HOST",
	errNoService:     "PROXY BROKER NO_SERVICE",
	errBlocked:       "BLOCKED reason=",
	errStore:         "STORE ",
	errResponse:      "PROXY BROKER RESPONSE ",
	errUnexpected:    "PROXY BROKER UNEXPECTED ",
	errTransport:     "PROXY BROKER TRANSPORT ",
}

// Errors without parameters. When a router sends which is in COMMANDS.md.
var (
	ErrBlock         = Error{code: errBlock}         // unreadable block or transmission, bad length of the authenticator
	ErrSession       = Error{code: errSession}       // version 6: session ID of another session
	ErrCmdUnknown    = Error{code: errCmdUnknown}    // no such command
	ErrCmdSyntax     = Error{code: errCmdSyntax}     // parameters do not parse, or leave bytes over
	ErrCmdProhibited = Error{code: errCmdProhibited} // not in this session or on this queue
	ErrCmdNoAuth     = Error{code: errCmdNoAuth}     // authenticator or entity ID missing
	ErrCmdHasAuth    = Error{code: errCmdHasAuth}    // authenticator or entity ID given where none belongs
	ErrCmdNoEntity   = Error{code: errCmdNoEntity}   // entity ID missing
	ErrAuth          = Error{code: errAuth}          // no such queue, wrong key, wrong password: not told apart
	ErrService       = Error{code: errService}       // service signature missing, wrong or out of place
	ErrCrypto        = Error{code: errCrypto}        // a forwarded box does not open
	ErrQuota         = Error{code: errQuota}         // the queue is full
	ErrNoMsg         = Error{code: errNoMsg}         // ACK of a message that was not delivered
	ErrLargeMsg      = Error{code: errLargeMsg}      // body over MaxBody
	ErrExpired       = Error{code: errExpired}       // defined; no router sends it
	ErrInternal      = Error{code: errInternal}      // the router's own failure
	ErrDuplicate     = Error{code: errDuplicate}     // defined; no router sends it

	ErrProxyBasicAuth  = Error{code: errBasicAuth} // forwarding is off, or the password is wrong
	ErrProxyNoSession  = Error{code: errNoSession} // PFWD for a relay session that is gone: repeat PRXY
	ErrBrokerNetwork   = Error{code: errNetwork}   // relay cannot be reached
	ErrBrokerTimeout   = Error{code: errTimeout}   // relay does not answer
	ErrBrokerHost      = Error{code: errHost}      // no acceptable host in the relay's address
	ErrBrokerNoService = Error{code: errNoService} // known to clients; no router sends it
)

// ErrStore is a failure of the store. text is for people and must not hold secrets or entity IDs.
func ErrStore(text string) Error { return Error{code: errStore, text: text} }

// ErrBlocked says that the operator blocked the entity.
func ErrBlocked(reason BlockReason, notice Notice) Error {
	return Error{code: errBlocked, detail: uint8(reason), notice: notice}
}

// maxRelayed bounds how many proxies an error that is read may have passed. The protocol knows one.
const maxRelayed = 16

// ErrProxyProtocol is an error e of the relay, reported by the proxy.
func ErrProxyProtocol(e Error) Error {
	if e.relayed > maxRelayed {
		panic("smp: an error relayed too often")
	}
	e.relayed++
	return e
}

// ErrBrokerResponse says that the relay's response does not parse; text is the error in it, of which 255 bytes are kept.
func ErrBrokerResponse(text string) Error {
	return Error{code: errResponse, text: text[:min(len(text), MaxShort)]}
}

// ErrBrokerUnexpected says that the relay's response is of the wrong kind; text is its beginning, of which 255 bytes
// are kept.
func ErrBrokerUnexpected(text string) Error {
	return Error{code: errUnexpected, text: text[:min(len(text), MaxShort)]}
}

// ErrBrokerTransport says that the handshake with the relay failed.
func ErrBrokerTransport(t TransportError) Error {
	return Error{code: errTransport, detail: uint8(t)}
}

// IsZero reports whether e is no error.
func (e Error) IsZero() bool { return e.code == errNone }

// Error is the wire text of the newest version.
func (e Error) Error() string { return string(AppendError(nil, CurrentVersion, e)) }

// AppendError appends the text of e for a client of version v: older ones learn less about blocking.
// It panics when e is no error.
func AppendError(b []byte, v Version, e Error) []byte {
	if e.IsZero() {
		panic("smp: no error to append")
	}
	for range e.relayed {
		b = append(b, "PROXY PROTOCOL "...)
	}
	if e.code == errBlocked && e.relayed == 0 && v < VersionBlockedEntity {
		return append(b, "AUTH"...)
	}
	b = append(b, errorTexts[e.code]...)
	switch e.code {
	case errBlocked:
		b = append(b, blockReasons[e.detail]...)
		if e.relayed > 0 || v >= VersionClientNotices {
			b = appendNotice(b, e.notice)
		}
	case errStore:
		b = append(b, e.text...)
	case errResponse, errUnexpected:
		b = append(append(b, byte(len(e.text))), e.text...)
	case errTransport:
		b = AppendTransportError(b, TransportError(e.detail))
	}
	return b
}

// ParseError reads the text of an error. Unknown words, reasons and trailing bytes are errors; a detail behind
// NETWORK is read and dropped.
func ParseError(b []byte) (e Error, ok bool) {
	const relayed = "PROXY PROTOCOL "
	for ; bytes.HasPrefix(b, []byte(relayed)); b = b[len(relayed):] {
		if e.relayed++; e.relayed > maxRelayed {
			return Error{}, false
		}
	}
	for code := errBlock; code < errBlocked; code++ {
		if errorTexts[code] == string(b) {
			e.code = code
			return e, true
		}
	}
	return parseErrorParam(e, b)
}

func parseErrorParam(e Error, b []byte) (Error, bool) {
	for e.code = errBlocked; e.code <= errTransport; e.code++ {
		rest, found := bytes.CutPrefix(b, []byte(errorTexts[e.code]))
		if !found {
			continue
		}
		ok := true
		switch e.code {
		case errBlocked:
			ok = parseBlocked(&e, rest)
		case errStore:
			e.text = string(rest)
		case errResponse, errUnexpected:
			text, rest, short := ParseShort(rest)
			e.text, ok = string(text), short && len(rest) == 0
		case errTransport:
			t, rest, known := ParseTransportError(rest)
			e.detail, ok = uint8(t), known && len(rest) == 0
		}
		return e, ok
	}
	switch rest, network := bytes.CutPrefix(b, []byte(errorTexts[errNetwork]+" ")); {
	case string(b) == "CMD NO_QUEUE": // older name
		e.code = errCmdNoEntity
	case network && validNetworkDetail(rest):
		e.code = errNetwork
	default:
		return Error{}, false
	}
	return e, true
}

func validNetworkDetail(b []byte) bool {
	word, text := splitTag(b)
	switch string(word) {
	case "UNKNOWNCA", "FAILED", "TIMEOUT":
		return text == nil
	case "CONNECT", "TLS", "SUBSCRIBE":
		_, rest, ok := ParseShort(text)
		return ok && len(rest) == 0
	}
	return false
}
