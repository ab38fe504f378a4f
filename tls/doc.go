// Package tls is TLS 1.3 (RFC 8446) in the profile of the SimpleX network, as a state machine without I/O.
package tls
