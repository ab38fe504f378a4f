package relay

import (
	"context"
	"errors"
	"os"

	"switchyard/box"
	"switchyard/smp"
	"switchyard/smp/client"
)

// dialError is what the client of a proxy is told when the relay cannot be connected to.
func dialError(err error) smp.Error {
	var d *client.DialError
	var t smp.TransportError
	switch {
	case errors.Is(err, errPrivate):
		return smp.ErrBrokerHost
	case !errors.As(err, &d) || d.Step != client.StepHandshake:
		return smp.ErrBrokerNetwork
	case errors.As(d.Err, &t):
		return smp.ErrBrokerTransport(t)
	case errors.Is(d.Err, context.DeadlineExceeded), errors.Is(d.Err, os.ErrDeadlineExceeded):
		return smp.ErrBrokerTimeout
	}
	return smp.ErrBrokerNetwork
}

// forwardError is what it is told when there is no response of the relay.
func forwardError(err error) smp.Error {
	var protocol smp.Error
	var response *client.ResponseError
	var unexpected *client.UnexpectedError
	switch {
	case errors.As(err, &protocol):
		return smp.ErrProxyProtocol(short(protocol))
	case errors.As(err, &response):
		return smp.ErrBrokerResponse(response.Reason.Error())
	case errors.As(err, &unexpected):
		return smp.ErrBrokerUnexpected(unexpected.Tag.String())
	}
	switch {
	case errors.Is(err, client.ErrBadBlock):
		return smp.ErrBrokerResponse(smp.ErrBlock.Error())
	case errors.Is(err, client.ErrTimeout), errors.Is(err, client.ErrWindow):
		return smp.ErrBrokerTimeout
	case errors.Is(err, client.ErrDisconnected), errors.Is(err, client.ErrClosed):
		return smp.ErrBrokerNetwork
	case errors.Is(err, client.ErrWrongEntity):
		return smp.ErrBrokerUnexpected(smp.RespErr.String())
	case errors.Is(err, client.ErrTooLarge):
		return smp.ErrBrokerTransport(smp.TransportLargeMsg)
	case errors.Is(err, box.ErrNoSessionKey):
		return smp.ErrBrokerTransport(smp.TransportNoAuth)
	case errors.Is(err, client.ErrSealed):
		return smp.ErrCrypto
	}
	return smp.ErrInternal
}

// short is the error of a relay, as far as it is passed on.
func short(e smp.Error) smp.Error {
	text := smp.AppendError(nil, smp.CurrentVersion, e)
	if len(text) <= maxErrorText {
		return e
	}
	if cut, ok := smp.ParseError(text[:maxErrorText]); ok {
		return cut
	}
	return smp.ErrBrokerResponse(smp.ErrCmdSyntax.Error())
}
