package xftp

import (
	"bytes"

	"switchyard/smp"
)

// Version of the protocol: 1 initial, 2 with the hello, 3 with BLOCKED.
type Version uint16

// Versions that we speak.
const (
	MinVersion     Version = 1
	VersionAuth    Version = 2
	VersionBlocked Version = 3
	CurrentVersion         = VersionBlocked
)

// Error is a protocol error: what follows "ERR " on the wire. The zero value is no error.
type Error struct {
	code    errorCode
	blocked smp.Error // of errBlocked
}

type errorCode uint8

const (
	errNone errorCode = iota
	errBlock
	errSession
	errHandshake
	errCmdUnknown
	errCmdSyntax
	errCmdProhibited
	errCmdNoAuth
	errCmdHasAuth
	errCmdNoEntity
	errAuth
	errSize
	errQuota
	errDigest
	errCrypto
	errNoFile
	errHasFile
	errFileIO
	errTimeout
	errInternal
	errDuplicate
	errBlocked
)

var errorTexts = [...]string{
	errNone:          "",
	errBlock:         "BLOCK",
	errSession:       "SESSION",
	errHandshake:     "HANDSHAKE",
	errCmdUnknown:    "CMD UNKNOWN",
	errCmdSyntax:     "CMD SYNTAX",
	errCmdProhibited: "CMD PROHIBITED",
	errCmdNoAuth:     "CMD NO_AUTH",
	errCmdHasAuth:    "CMD HAS_AUTH",
	errCmdNoEntity:   "CMD NO_ENTITY",
	errAuth:          "AUTH",
	errSize:          "SIZE",
	errQuota:         "QUOTA",
	errDigest:        "DIGEST",
	errCrypto:        "CRYPTO",
	errNoFile:        "NO_FILE",
	errHasFile:       "HAS_FILE",
	errFileIO:        "FILE_IO",
	errTimeout:       "TIMEOUT",
	errInternal:      "INTERNAL",
	errDuplicate:     "DUPLICATE_",
}

// Errors without parameters.
var (
	ErrBlock         = Error{code: errBlock}         // unreadable block or transmission, bad length of the authenticator
	ErrSession       = Error{code: errSession}       // session ID of another session; bare: a web connection without its hello
	ErrHandshake     = Error{code: errHandshake}     // the hello does not fit, or has not been said
	ErrCmdUnknown    = Error{code: errCmdUnknown}    // no such command
	ErrCmdSyntax     = Error{code: errCmdSyntax}     // parameters do not parse, or leave bytes over
	ErrCmdProhibited = Error{code: errCmdProhibited} // known; no router sends it
	ErrCmdNoAuth     = Error{code: errCmdNoAuth}     // authenticator or entity ID missing
	ErrCmdHasAuth    = Error{code: errCmdHasAuth}    // authenticator or entity ID given where none belongs
	ErrCmdNoEntity   = Error{code: errCmdNoEntity}   // known; no router sends it
	ErrAuth          = Error{code: errAuth}          // no such packet, wrong key, wrong password: not told apart
	ErrSize          = Error{code: errSize}          // no size of a packet, or a body of another size
	ErrQuota         = Error{code: errQuota}         // the router's storage is full
	ErrDigest        = Error{code: errDigest}        // the body has another SHA-256 than FNEW said
	ErrCrypto        = Error{code: errCrypto}        // known; no router sends it
	ErrNoFile        = Error{code: errNoFile}        // not uploaded yet
	ErrHasFile       = Error{code: errHasFile}       // known; no router sends it
	ErrFileIO        = Error{code: errFileIO}        // the router's disk failed
	ErrTimeout       = Error{code: errTimeout}       // the upload broke off or took too long
	ErrInternal      = Error{code: errInternal}      // the router's own failure
	ErrDuplicate     = Error{code: errDuplicate}     // known; no router sends it
)

// ErrBlocked says that the operator blocked the packet.
func ErrBlocked(reason smp.BlockReason, notice smp.Notice) Error {
	return Error{code: errBlocked, blocked: smp.ErrBlocked(reason, notice)}
}

// IsZero reports whether e is no error.
func (e Error) IsZero() bool { return e.code == errNone }

// IsBlocked reports whether e is BLOCKED, whatever the reason.
func (e Error) IsBlocked() bool { return e.code == errBlocked }

// Error is the wire text of the newest version.
func (e Error) Error() string { return string(AppendError(nil, CurrentVersion, e)) }

// AppendError appends the text of e for a client of version v: before version 3, BLOCKED is AUTH. It panics when e is
// no error.
func AppendError(b []byte, v Version, e Error) []byte {
	switch {
	case e.IsZero():
		panic("xftp: no error to append")
	case e.code != errBlocked:
		return append(b, errorTexts[e.code]...)
	case v < VersionBlocked:
		return append(b, errorTexts[errAuth]...)
	}
	return smp.AppendError(b, smp.CurrentVersion, e.blocked)
}

// ParseError reads the text of an error. Unknown words and trailing bytes are errors.
func ParseError(b []byte) (e Error, ok bool) {
	for code := errBlock; code < errBlocked; code++ {
		if errorTexts[code] == string(b) {
			return Error{code: code}, true
		}
	}
	if string(b) == "CMD NO_QUEUE" { // older name
		return ErrCmdNoEntity, true
	}
	if !bytes.HasPrefix(b, []byte("BLOCKED ")) {
		return Error{}, false
	}
	blocked, ok := smp.ParseError(b)
	return Error{code: errBlocked, blocked: blocked}, ok
}

// BlockingInfo is the operator's reason as control port and store log hold it: "reason=spam[,notice={json}]".
func (e Error) BlockingInfo() string {
	return string(bytes.TrimPrefix(smp.AppendError(nil, smp.CurrentVersion, e.blocked), []byte("BLOCKED ")))
}

// ParseBlockingInfo reads what BlockingInfo gives.
func ParseBlockingInfo(text string) (Error, bool) {
	return ParseError([]byte("BLOCKED " + text))
}
