package tls

import (
	"errors"
	"fmt"
)

// Alert is an AlertDescription (RFC 8446 section 6).
type Alert uint8

// The alerts of RFC 8446 section 6.
const (
	AlertCloseNotify                  Alert = 0
	AlertUnexpectedMessage            Alert = 10
	AlertBadRecordMAC                 Alert = 20
	AlertRecordOverflow               Alert = 22
	AlertHandshakeFailure             Alert = 40
	AlertBadCertificate               Alert = 42
	AlertUnsupportedCertificate       Alert = 43
	AlertCertificateRevoked           Alert = 44
	AlertCertificateExpired           Alert = 45
	AlertCertificateUnknown           Alert = 46
	AlertIllegalParameter             Alert = 47
	AlertUnknownCA                    Alert = 48
	AlertAccessDenied                 Alert = 49
	AlertDecodeError                  Alert = 50
	AlertDecryptError                 Alert = 51
	AlertProtocolVersion              Alert = 70
	AlertInsufficientSecurity         Alert = 71
	AlertInternalError                Alert = 80
	AlertInappropriateFallback        Alert = 86
	AlertUserCanceled                 Alert = 90
	AlertMissingExtension             Alert = 109
	AlertUnsupportedExtension         Alert = 110
	AlertUnrecognizedName             Alert = 112
	AlertBadCertificateStatusResponse Alert = 113
	AlertUnknownPSKIdentity           Alert = 115
	AlertCertificateRequired          Alert = 116
	AlertNoApplicationProtocol        Alert = 120
)

var alertNames = map[Alert]string{
	AlertCloseNotify:                  "close_notify",
	AlertUnexpectedMessage:            "unexpected_message",
	AlertBadRecordMAC:                 "bad_record_mac",
	AlertRecordOverflow:               "record_overflow",
	AlertHandshakeFailure:             "handshake_failure",
	AlertBadCertificate:               "bad_certificate",
	AlertUnsupportedCertificate:       "unsupported_certificate",
	AlertCertificateRevoked:           "certificate_revoked",
	AlertCertificateExpired:           "certificate_expired",
	AlertCertificateUnknown:           "certificate_unknown",
	AlertIllegalParameter:             "illegal_parameter",
	AlertUnknownCA:                    "unknown_ca",
	AlertAccessDenied:                 "access_denied",
	AlertDecodeError:                  "decode_error",
	AlertDecryptError:                 "decrypt_error",
	AlertProtocolVersion:              "protocol_version",
	AlertInsufficientSecurity:         "insufficient_security",
	AlertInternalError:                "internal_error",
	AlertInappropriateFallback:        "inappropriate_fallback",
	AlertUserCanceled:                 "user_canceled",
	AlertMissingExtension:             "missing_extension",
	AlertUnsupportedExtension:         "unsupported_extension",
	AlertUnrecognizedName:             "unrecognized_name",
	AlertBadCertificateStatusResponse: "bad_certificate_status_response",
	AlertUnknownPSKIdentity:           "unknown_psk_identity",
	AlertCertificateRequired:          "certificate_required",
	AlertNoApplicationProtocol:        "no_application_protocol",
}

// String is the name that RFC 8446 gives the alert.
func (a Alert) String() string {
	if name, ok := alertNames[a]; ok {
		return name
	}
	return fmt.Sprintf("alert %d", uint8(a))
}

// Error ends a connection. Remote false: we found the fault and Alert is what the peer is told. Remote true: the peer
// sent Alert. Reason never holds key material.
type Error struct {
	Alert  Alert
	Remote bool
	Reason string
	cause  error // what VerifyPeer or the source of randomness said
}

// Error is one line: who raised which alert, and why.
func (e *Error) Error() string {
	if e.Remote {
		return "tls: peer sent " + e.Alert.String()
	}
	return "tls: " + e.Alert.String() + ": " + e.Reason
}

// Unwrap is what VerifyPeer returned, if that is why.
func (e *Error) Unwrap() error { return e.cause }

// fatal is the error that answers the peer with alert.
func fatal(alert Alert, reason string) error {
	return &Error{Alert: alert, Reason: reason}
}

// because is fatal with the error that led to it.
func because(alert Alert, cause error) error {
	return &Error{Alert: alert, Reason: cause.Error(), cause: cause}
}

// Alert levels (RFC 8446 section 6): close_notify and user_canceled are warnings, all else is fatal.
const (
	levelWarning = 1
	levelFatal   = 2
)

// body is the alert as it stands in a record.
func (a Alert) body() [2]byte {
	if a == AlertCloseNotify || a == AlertUserCanceled {
		return [2]byte{levelWarning, byte(a)}
	}
	return [2]byte{levelFatal, byte(a)}
}

// parseAlert reads the one alert that a record may hold (RFC 8446 section 5.1: never fragmented, never coalesced).
func parseAlert(content []byte) (Alert, error) {
	if len(content) == 0 {
		return 0, fatal(AlertUnexpectedMessage, "empty alert record") // section 5.4
	}
	if len(content) != 2 {
		return 0, fatal(AlertDecodeError, "alert record does not hold one alert")
	}
	if content[0] != levelWarning && content[0] != levelFatal {
		return 0, fatal(AlertIllegalParameter, "unknown alert level")
	}
	return Alert(content[1]), nil
}

// alertOf is the alert that tells the peer about err; ok is false if the peer itself ended the connection, or if err is
// OnClientHello's own.
func alertOf(err error) (alert Alert, ok bool) {
	var e *Error
	if errors.As(err, &e) && !e.Remote {
		return e.Alert, true
	}
	return 0, false
}
