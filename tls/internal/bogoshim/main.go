// Bogoshim drives package tls by BoringSSL's TLS test runner (ssl/test/runner of its source, and PORTING.md beside it).
// It is two programs in one. `bogoshim run DIR`, where DIR is a checkout of BoringSSL, runs the runner with bogoshim as
// its shim, and prints what came of it; `make bogo RUNNER=DIR` does the same. As a shim, it is started for each case: it
// joins the runner on a local port as the client or the server of TLS that the flags ask for, sends back what it reads
// with all bits flipped, and says by its exit code what came of it:
//
//	0   the connections went as the flags say
//	1   they did not: the reason is on stderr, where the runner looks for the one it expects
//	89  the case is left out: it is outside of the profile of package tls
//
// The files: settings.go is what a case asks for, flags.go how the runner's flags say it, leftout.go and config.json what
// is left out and why, peer.go one connection, expectations.go what it is compared with, drive.go the command `run`, and
// testdata/profile.go what that adds to the runner. tls/INTEROP.md says what the results mean.
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
	if len(os.Args) >= 2 && os.Args[1] == "run" {
		if err := drive(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "bogoshim: error:", err)
			os.Exit(exitFailure)
		}
		return
	}
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
