// Package crash says where a process has failed without saying on what: Go prints the arguments of every function on the
// stack when it crashes, among them keys and IDs, or words of memory that once were some.
//
// A goroutine that handles secrets begins with `defer crash.Report()`. Silence stops Go from printing stacks by itself.
// The package imports nothing of ours.
package crash

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
)

// Silence has Go print no stack when the process crashes, only why.
func Silence() { debug.SetTraceback("none") }

// Report, deferred, ends the process when the goroutine panics: it prints why, and the functions on the stack with their
// lines.
func Report() {
	if why := recover(); why != nil {
		write(os.Stderr, why)
		os.Exit(2)
	}
}

// maxFrames is how much of the stack is printed.
const maxFrames = 64

func write(w io.Writer, why any) {
	fmt.Fprintf(w, "panic: %v\n", why)
	var pcs [maxFrames]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])]) // without Callers, write and Report
	for {
		f, more := frames.Next()
		fmt.Fprintf(w, "%s\n\t%s:%d\n", f.Function, f.File, f.Line)
		if !more {
			return
		}
	}
}
