// Package signals has a server live through signals that are none of its business, and that would end it:
//
//	SIGPIPE  whoever read what the server prints is gone: a log collector that restarts, `| tee` after Ctrl-C. What is
//	         printed from then on is lost
//	SIGHUP   the terminal is gone, or somebody wants the settings read anew, which no server does yet; the log says so
//
// SIGTERM and SIGINT are the server's own; of those on which Go prints stacks package crash takes care. The package imports
// nothing of ours.
package signals

import (
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// Endure is for the rest of the process's life, and to be called before anything is printed.
func Endure(log *slog.Logger) {
	signal.Ignore(syscall.SIGPIPE)
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			log.Warn("SIGHUP changes nothing: settings and certificates are read at the start only; restart the router to have them read")
		}
	}()
}
