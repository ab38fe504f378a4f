package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"switchyard/box"
	"switchyard/smp"
	"switchyard/smp/client"
)

// TestErrorMapping: what a client is told of each failure, as the reference maps them.
func TestErrorMapping(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{smp.ErrAuth, "PROXY PROTOCOL AUTH"},
		{smp.ErrCmdSyntax, "PROXY PROTOCOL CMD SYNTAX"},
		{smp.ErrStore(strings.Repeat("x", 2000)), "PROXY PROTOCOL STORE " + strings.Repeat("x", maxErrorText-6)},
		{&client.ResponseError{Reason: smp.ErrCmdUnknown}, "PROXY BROKER RESPONSE \x0bCMD UNKNOWN"},
		{client.ErrBadBlock, "PROXY BROKER RESPONSE \x05BLOCK"},
		{&client.UnexpectedError{Tag: smp.RespOK}, "PROXY BROKER UNEXPECTED \x02OK"},
		{client.ErrWrongEntity, "PROXY BROKER UNEXPECTED \x03ERR"},
		{client.ErrTimeout, "PROXY BROKER TIMEOUT"},
		{client.ErrWindow, "PROXY BROKER TIMEOUT"},
		{fmt.Errorf("%w: %w", client.ErrDisconnected, io.EOF), "PROXY BROKER NETWORK"},
		{client.ErrClosed, "PROXY BROKER NETWORK"},
		{client.ErrTooLarge, "PROXY BROKER TRANSPORT LARGE_MSG"},
		{box.ErrNoSessionKey, "PROXY BROKER TRANSPORT NO_AUTH"},
		{client.ErrSealed, "CRYPTO"},
		{errors.New("something else"), "INTERNAL"},
	} {
		if got := forwardError(c.err); got.Error() != c.want {
			t.Errorf("%v: %.60s, want %.60s", c.err, got, c.want)
		}
	}
	for _, c := range []struct {
		step client.DialStep
		err  error
		want string
	}{
		{client.StepConnect, context.DeadlineExceeded, "PROXY BROKER NETWORK"},
		{client.StepTLS, errors.New("unknown_ca"), "PROXY BROKER NETWORK"},
		{client.StepHandshake, io.EOF, "PROXY BROKER NETWORK"},
		{client.StepHandshake, context.DeadlineExceeded, "PROXY BROKER TIMEOUT"},
		{client.StepHandshake, smp.TransportVersion, "PROXY BROKER TRANSPORT VERSION"},
		{client.StepHandshake, smp.TransportBadAuth, "PROXY BROKER TRANSPORT HANDSHAKE BAD_AUTH"},
	} {
		err := &client.DialError{Host: "a.example", Step: c.step, Err: c.err}
		if got := dialError(err); got.Error() != c.want {
			t.Errorf("%v: %s, want %s", err, got, c.want)
		}
	}
}
