// Package signals has a server live through signals that are none of its business, and that would end it:
//
//	SIGPIPE  whoever read what the server prints is gone: a log collector that restarts, `| tee` after Ctrl-C. What is
//	         printed from then on is lost
//	SIGHUP   somebody wants the settings read anew, or the terminal is gone: package reload does the one, and the other is
//	         no harm
//
// SIGTERM and SIGINT are the server's own; of those on which Go prints stacks package crash takes care. The package imports
// nothing of ours.
package signals

import (
	"os"
	"os/signal"
	"syscall"
)

// Endure is for the rest of the process's life, and to be called before anything is printed. One hangup waits until the server
// can look at it.
func Endure() (hangups <-chan os.Signal) {
	signal.Ignore(syscall.SIGPIPE)
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	return c
}
