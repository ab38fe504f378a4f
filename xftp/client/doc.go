// Package client is XFTP's client side. Conn is one connection to a router and its commands; Pool keeps a connection
// to each router; Send and Receive carry whole files, in parallel over routers, with retries.
//
// It follows protocol/xftp.md and the reference's client (facts: sections 1, 2 and 5). It imports xftp and the rooms
// desc and sealed, box, smp and tls, and nothing of the router.
//
// Long operations end with the context. A transfer that ends early leaves files from which it can go on: Receive the packets
// that have come (gather.go), Send a journal (journal.go). Both look for files, space and places before they transfer anything.
//
// A Conn may be used by many goroutines; requests of one connection share it. After an upload that failed the
// connection is closed: the unread rest of its body would otherwise stay in the way.
package client

import (
	"errors"
	"fmt"
)

// Errors of packets that are not what the description says. The connection goes on.
var (
	ErrPacketSize   = errors.New("the packet has another size than expected")
	ErrPacketDigest = errors.New("the packet has another digest than expected")
	ErrPacketCrypto = errors.New("the packet cannot be decrypted")
)

// ErrResponse is an answer that does not parse, or not one to the command.
var ErrResponse = errors.New("the router's answer is not one to the command")

// HelloError says why the hello with a router failed.
type HelloError struct{ Reason string }

func (e *HelloError) Error() string { return "handshake with the router: " + e.Reason }

// ConnectError says that a router cannot be reached.
type ConnectError struct {
	Host string
	Err  error
}

func (e *ConnectError) Error() string { return fmt.Sprintf("cannot connect to %s: %v", e.Host, e.Err) }
func (e *ConnectError) Unwrap() error { return e.Err }
