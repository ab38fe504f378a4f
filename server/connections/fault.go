package connections

import (
	"errors"
	"fmt"
	"syscall"

	"switchyard/server/listen"
)

// Fault says what to do about an address of the ports of clients that cannot be listened on.
func Fault(err error) error { return FaultOf(err, "TRANSPORT", "port") }

// FaultOf says what to do about an address whose port a setting of the ini gives.
func FaultOf(err error, section, key string) error {
	var l *listen.Error
	if !errors.As(err, &l) {
		return err
	}
	setting := key + " in section [" + section + "] of the ini"
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is in use; stop the process that listens there, or set another %s", l.Addr, setting)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("may not listen on %s; give the program the capability CAP_NET_BIND_SERVICE, or set a port above 1023 as %s", l.Addr, setting)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%s is no address of this machine; correct bind in section [SWITCHYARD] of the ini", l.Addr)
	case errors.Is(err, syscall.EAFNOSUPPORT):
		return fmt.Errorf("cannot listen on %s: this machine has no IPv6; correct bind in section [SWITCHYARD] of the ini", l.Addr)
	}
	return err
}
