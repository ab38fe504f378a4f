package connections

import (
	"errors"
	"fmt"
	"syscall"

	"switchyard/server/listen"
)

// Fault says what to do about an address that cannot be listened on.
func Fault(err error) error {
	var l *listen.Error
	if !errors.As(err, &l) {
		return err
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is in use; stop the process that listens there, or set another port in section [TRANSPORT] of the ini", l.Addr)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("may not listen on %s; give the program the capability CAP_NET_BIND_SERVICE, or set a port above 1023 in section [TRANSPORT] of the ini", l.Addr)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%s is no address of this machine; correct bind in section [SWITCHYARD] of the ini", l.Addr)
	}
	return err
}
