package client

import (
	"errors"
	"fmt"

	"switchyard/smp"
	"switchyard/xftp"
	"switchyard/xftp/desc"
	"switchyard/xftp/sealed"
)

// Step is what a router was asked for.
type Step int

// The steps of transfers.
const (
	Uploading Step = iota
	Downloading
	Acknowledging
	Deleting
)

// RouterError is an error that a router has answered with while a file was transferred. It unwraps to the xftp.Error.
type RouterError struct {
	Step     Step
	Host     string
	Password bool // one was given
	Err      xftp.Error
}

func (e *RouterError) Error() string { return "the router " + e.Host + " answers " + e.Err.Error() }
func (e *RouterError) Unwrap() error { return e.Err }

// answered makes a RouterError of an answer, and leaves other errors as they are.
func answered(step Step, server *smp.ServerAddress, err error) error {
	var e xftp.Error
	if !errors.As(err, &e) {
		return err
	}
	return &RouterError{Step: step, Host: host(server), Password: server.BasicAuth != "", Err: e}
}

// Interrupted says that a transfer has not come to its end, and that what there is of it is kept, so that the same call
// goes on from there.
type Interrupted struct {
	Kept        string // where: the directory of packets, or the journal
	Done, Total int64  // bytes
	Err         error
}

func (e *Interrupted) Error() string { return e.Err.Error() }
func (e *Interrupted) Unwrap() error { return e.Err }

// RoomError says that a transfer would not fit on a disk.
type RoomError struct {
	Dir        string
	Need, Free int64
}

func (e *RoomError) Error() string {
	return fmt.Sprintf("%s has %s free, and %s are needed", e.Dir, about(e.Free), about(e.Need))
}

// about is a number of bytes for people: rounded up to whole mb, small ones to kb.
func about(n int64) string {
	unit := int64(1 << 10)
	if n >= 10<<20 {
		unit = 1 << 20
	}
	return desc.SizeText((n + unit - 1) / unit * unit)
}

// hopeless tells errors after which what was downloaded is of no use: the rest of the file will never come, or the
// whole is not what it should be.
func hopeless(err error) bool {
	var e xftp.Error
	if errors.As(err, &e) && (e == xftp.ErrAuth || e.IsBlocked()) {
		return true
	}
	for _, useless := range []error{ErrPacketSize, ErrPacketDigest, ErrFileSize, ErrFileDigest, ErrNoReplica, ErrRedirect, ErrRedirectFile,
		sealed.ErrTag, sealed.ErrSize, sealed.ErrHeader} {
		if errors.Is(err, useless) {
			return true
		}
	}
	return false
}
