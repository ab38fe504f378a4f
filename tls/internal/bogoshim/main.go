// Bogoshim is the program that BoringSSL's TLS test runner (ssl/test/runner, ssl/test/PORTING.md there) starts for each
// case: it joins the runner on a local port as the client or the server of TLS that the flags ask for, sends back what
// it reads with all bits flipped, and says by its exit code what came of it:
//
//	0   the connections went as the flags say
//	1   they did not: the reason is on stderr, where the runner looks for the one it expects
//	89  the case is outside of the profile of package tls; the reason goes to $BOGO_LEFT_OUT
//
// The command bogo beside it runs the runner with this shim. The files: settings.go is what a case asks for, flags.go
// how the runner's flags say it, leftout.go what is outside of the profile, peer.go one connection.
//
// It imports package tls, and nothing else of ours.
package main

import (
	"fmt"
	"os"
)

const (
	exitFailure = 1
	exitLeftOut = 89
)

func main() {
	c, err := parseCase(os.Args[1:])
	if reason, ok := err.(leftOut); ok {
		fmt.Fprintln(os.Stderr, "left out:", reason)
		reason.record(c.name)
		os.Exit(exitLeftOut)
	}
	if c.askHandshaker { // a process that shares the work of a handshake: not here
		fmt.Println("No")
		return
	}
	for i := 0; err == nil && i <= c.resumptions; i++ {
		err = c.connections[min(i, len(c.connections)-1)].run(c)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitFailure)
	}
}
