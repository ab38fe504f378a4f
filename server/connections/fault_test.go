package connections

import (
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"switchyard/server/listen"
)

// TestFault: each failure to listen is one line with the address, the setting and what to do.
func TestFault(t *testing.T) {
	for cause, want := range map[syscall.Errno]string{
		syscall.EADDRINUSE:    "192.0.2.1:80 is in use; stop the process that listens there, or set another http in section [WEB] of the ini",
		syscall.EACCES:        "or set a port above 1023 as http in section [WEB] of the ini",
		syscall.EADDRNOTAVAIL: "192.0.2.1:80 is no address of this machine; correct bind in section [SWITCHYARD]",
		syscall.EAFNOSUPPORT:  "192.0.2.1:80: this machine has no IPv6; correct bind in section [SWITCHYARD]",
	} {
		err := &listen.Error{Addr: "192.0.2.1:80", Err: &net.OpError{Op: "listen", Err: os.NewSyscallError("bind", cause)}}
		if got := FaultOf(err, "WEB", "http").Error(); !strings.Contains(got, want) || strings.Contains(got, "\n") {
			t.Errorf("%v: %s", cause, got)
		}
	}
	if err := errors.New("another"); Fault(err) != err {
		t.Error("a fault of something else is changed")
	}
}
