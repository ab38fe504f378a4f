package crash

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

// dumping are the signals that Go answers with all stacks when somebody sends them; dumpingHere are more of this system.
// When they tell of a fault of the program itself they are a panic all the same, or an error of the runtime.
var dumping = append([]os.Signal{
	syscall.SIGQUIT, syscall.SIGILL, syscall.SIGTRAP, syscall.SIGABRT, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGSEGV,
	syscall.SIGSYS,
}, dumpingHere...)

// answerSignals has such a signal end the process with the report of all goroutines, and Go's exit code.
func answerSignals() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, dumping...)
	go func() {
		defer Report()
		fmt.Fprintf(os.Stderr, "signal: %v\n\n", <-signals)
		writeAll(os.Stderr)
		os.Exit(2)
	}()
}

// maxStacks bounds the memory for the report of all goroutines: some 100,000 of them.
const maxStacks = 64 << 20

// writeAll prints what runtime.Stack tells of all goroutines, without arguments.
func writeAll(w io.Writer) {
	text := make([]byte, 1<<20)
	n := runtime.Stack(text, true)
	for n == len(text) && n < maxStacks {
		text = make([]byte, 2*len(text))
		n = runtime.Stack(text, true)
	}
	for line := range bytes.Lines(text[:n]) {
		w.Write(withoutArguments(line))
	}
}

// withoutArguments empties the last parentheses of a line that names a function, as `name(0x1, ...)`; the others begin
// with a tab or one of these words. A line that was cut off is left out.
func withoutArguments(line []byte) []byte {
	for _, start := range []string{"\t", "\n", "goroutine ", "created by ", "..."} {
		if bytes.HasPrefix(line, []byte(start)) {
			return line
		}
	}
	open := bytes.LastIndexByte(line, '(')
	if open < 0 || !bytes.HasSuffix(line, []byte(")\n")) {
		return nil
	}
	return append(line[:open], "()\n"...)
}
