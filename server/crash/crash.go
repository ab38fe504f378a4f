// Package crash says where a process has failed without saying on what: Go prints the arguments of every function on the
// stack when it crashes, among them keys and IDs, or words of memory that once were some.
//
// A goroutine that handles secrets begins with `defer crash.Report()`, which prints the functions without what they were
// given. Silence stops Go from printing stacks by itself, those of goroutines of libraries among them, and answers the
// signals on which Go would (signal.go).
//
// Some errors are printed with stacks whatever GOTRACEBACK says. They are those after which the runtime itself cannot go on:
// no memory, a stack past its limit, too many threads, a fault at an address that is none of Go's, an instruction that the
// processor refuses, or a fault of the runtime. Errors that it finds in the program, such as concurrent writes of a map, an
// unlock of a lock that is not held, or a deadlock, are not among them.
//
// The package imports nothing of ours.
package crash

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// level is the variable of the environment from which Go takes what it prints; none has it say only why.
const (
	level = "GOTRACEBACK"
	none  = "none"
)

// Silence has Go print no stack when a goroutine panics, only why, and the process answer a signal such as SIGQUIT with
// stacks without arguments. debug.SetTraceback cannot print less than the environment said when the process started, so
// the process executes itself once more with the variable set. It returns where that was done, or where the operator has
// set the variable, whose choice it is. It is to be called before anything is opened.
func Silence() error {
	switch os.Getenv(level) {
	case "":
	case none:
		answerSignals()
		return nil
	default:
		return nil
	}
	program, err := os.Executable()
	if err != nil { // without /proc, as in a root that has only the program
		program, err = exec.LookPath(os.Args[0])
	}
	if err == nil {
		err = os.Setenv(level, none)
	}
	if err == nil {
		err = syscall.Exec(program, os.Args, os.Environ())
	}
	return fmt.Errorf("keep secrets out of the report of a crash: set %s=%s: %w", level, none, err)
}

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
