package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"switchyard/agent"
	"switchyard/box"
	"switchyard/smp"
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
		{&agent.ResponseError{Reason: smp.ErrCmdUnknown}, "PROXY BROKER RESPONSE \x0bCMD UNKNOWN"},
		{agent.ErrBadBlock, "PROXY BROKER RESPONSE \x05BLOCK"},
		{&agent.UnexpectedError{Tag: smp.RespOK}, "PROXY BROKER UNEXPECTED \x02OK"},
		{agent.ErrWrongEntity, "PROXY BROKER UNEXPECTED \x03ERR"},
		{agent.ErrTimeout, "PROXY BROKER TIMEOUT"},
		{agent.ErrWindow, "PROXY BROKER TIMEOUT"},
		{fmt.Errorf("%w: %w", agent.ErrDisconnected, io.EOF), "PROXY BROKER NETWORK"},
		{agent.ErrClosed, "PROXY BROKER NETWORK"},
		{agent.ErrTooLarge, "PROXY BROKER TRANSPORT LARGE_MSG"},
		{box.ErrNoSessionKey, "PROXY BROKER TRANSPORT NO_AUTH"},
		{agent.ErrSealed, "CRYPTO"},
		{errors.New("something else"), "INTERNAL"},
	} {
		if got := forwardError(c.err); got.Error() != c.want {
			t.Errorf("%v: %.60s, want %.60s", c.err, got, c.want)
		}
	}
	for _, c := range []struct {
		step agent.DialStep
		err  error
		want string
	}{
		{agent.StepConnect, context.DeadlineExceeded, "PROXY BROKER NETWORK"},
		{agent.StepTLS, errors.New("unknown_ca"), "PROXY BROKER NETWORK"},
		{agent.StepHandshake, io.EOF, "PROXY BROKER NETWORK"},
		{agent.StepHandshake, context.DeadlineExceeded, "PROXY BROKER TIMEOUT"},
		{agent.StepHandshake, smp.TransportVersion, "PROXY BROKER TRANSPORT VERSION"},
		{agent.StepHandshake, smp.TransportBadAuth, "PROXY BROKER TRANSPORT HANDSHAKE BAD_AUTH"},
	} {
		err := &agent.DialError{Host: "a.example", Step: c.step, Err: c.err}
		if got := dialError(err); got.Error() != c.want {
			t.Errorf("%v: %s, want %s", err, got, c.want)
		}
	}
}
