package cli

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"github.com/spf13/cobra"
)

// MainUntilSignal is Main for programs that run others and have something to clean up: the context of a command ends with the
// first signal that asks the program to end, and when nobody reads any more what it prints, as behind `| head`. A second
// signal ends it at once. Its arguments may be those of other programs.
func MainUntilSignal(root *cobra.Command) {
	ctx, end := context.WithCancel(context.Background())
	defer end()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		<-signals
		signal.Stop(signals)
		end()
	}()
	signal.Ignore(syscall.SIGPIPE) // a write says the same, and of which file
	var unread atomic.Bool
	nobody := func() {
		unread.Store(true)
		end()
	}
	out := &Output{file: os.Stdout, unread: nobody}
	root.SetOut(out)
	root.SetErr(&Output{file: os.Stderr, unread: nobody})
	root.SetArgs(append([]string{}, os.Args[1:]...))
	err := execute(ctx, root, out)
	if unread.Load() {
		os.Exit(exitUnread)
	}
	endProcess(root, err)
}

// exitUnread is what a shell has of a program that SIGPIPE has ended.
const exitUnread = 128 + int(syscall.SIGPIPE)
