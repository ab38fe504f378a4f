package client

import (
	"errors"
	"fmt"

	"switchyard/smp"
)

// Errors of dialing. They are wrapped in a DialError.
var (
	ErrNoHost = errors.New("client: address without host")
	// ErrServiceRefused: the router does not open a session of the service; a smp.TransportError in it says why.
	ErrServiceRefused = errors.New("client: service refused")
)

// Errors of commands that got no response, and reasons for which a client is closed.
var (
	// ErrClosed: Close was called.
	ErrClosed = errors.New("client: client closed")
	// ErrDisconnected: the router closed the connection, or the network did. Errors wrap it with the cause.
	ErrDisconnected = errors.New("client: disconnected")
	// ErrBadBlock: the router sent a block that does not decrypt, or whose content is not a batch of transmissions.
	// The connection is closed, as nothing that follows can be trusted.
	ErrBadBlock = errors.New("client: bad block from the router")
	// ErrTimeout: no response within Config.CommandTimeout, or no answer to several PINGs.
	ErrTimeout = errors.New("client: no response in time")
	// ErrWindow: Config.Window commands wait for their responses already.
	ErrWindow = errors.New("client: too many commands without response")
	// ErrNoService: the command is for sessions of services.
	ErrNoService = errors.New("client: not a session of a service")
	// ErrTooLarge: the command fits no block.
	ErrTooLarge = errors.New("client: command larger than a block")
)

// Errors of responses.
var (
	// ErrBadResponse: the response, or its parameters, do not parse.
	ErrBadResponse = errors.New("client: response that does not parse")
	// ErrWrongEntity: the entity ID of the response is not that of the command.
	ErrWrongEntity = errors.New("client: response for another entity")
	// ErrUnknownCommand: the correlation ID of the response is that of no command that waits. This is the Err of an
	// EventUnexpected.
	ErrUnknownCommand = errors.New("client: response to no known command")
	// ErrSealed: the box around a forwarded response does not open.
	ErrSealed = errors.New("client: forwarded response that does not decrypt")
	// ErrBody: a message body does not decrypt with the queue's secret, or is no message inside.
	ErrBody = errors.New("client: message body that does not decrypt")
)

// UnexpectedError is a well-formed response that does not answer the command.
type UnexpectedError struct{ Tag smp.ResponseTag }

func (e *UnexpectedError) Error() string { return "client: unexpected response " + e.Tag.String() }

// ResponseError is a response to RFWD that does not parse.
type ResponseError struct{ Reason smp.Error }

func (e *ResponseError) Error() string {
	return "client: response that does not parse: " + e.Reason.Error()
}

// ProxyError is an answer of the proxy that says why there is none of the relay.
type ProxyError struct{ Err error }

func (e *ProxyError) Error() string { return "client: proxy: " + e.Err.Error() }
func (e *ProxyError) Unwrap() error { return e.Err }

// DialStep is where dialing failed.
type DialStep string

const (
	StepConnect   DialStep = "connect"   // TCP
	StepTLS       DialStep = "tls"       // TLS handshake, with the fingerprint of the address
	StepHandshake DialStep = "handshake" // SMP handshake
)

// DialError says which host failed where. Err is a net, tls (VerifyChain's errors, *tls.Error) or smp.TransportError.
type DialError struct {
	Host string
	Step DialStep
	Err  error
}

func (e *DialError) Error() string {
	return fmt.Sprintf("client: %s with %s: %v", e.Step, e.Host, e.Err)
}

func (e *DialError) Unwrap() error { return e.Err }
