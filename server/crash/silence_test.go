package crash

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// crashing makes this test binary the process that crashes.
const crashing = "SWITCHYARD_TEST_SILENCE"

func TestMain(m *testing.M) {
	if os.Getenv(crashing) == "" {
		os.Exit(m.Run())
	}
	if err := Silence(); err != nil {
		panic(err)
	}
	secret := [8]byte{0xab, 0xcd, 0xef}
	switch os.Getenv(crashing) { // without Report, as goroutines of libraries are
	case "panic":
		go foreign(secret)
	case "fatal":
		go unlock(secret)
	case "signal":
		go wait(secret)
	}
	io.Copy(io.Discard, os.Stdin) // until it crashes
}

//go:noinline
func foreign(secret [8]byte) { panic("a bug of a library") }

//go:noinline
func unlock(secret [8]byte) { new(sync.Mutex).Unlock() }

//go:noinline
func wait(secret [8]byte) {
	fmt.Println("ready")
	select {}
}

// TestSilence: a panic of a goroutine that does not use Report, and an error that Go finds in the program, say why, and no
// arguments, unless the operator wants them.
func TestSilence(t *testing.T) {
	for how, why := range map[string]string{
		"panic": "panic: a bug of a library", "fatal": "fatal error: sync: unlock of unlocked mutex",
	} {
		for _, set := range []string{"", "all"} {
			code, text := crashes(t, how, set, nil)
			if code != 2 || !strings.Contains(text, why) {
				t.Fatalf("%s with %s=%q: exit code %d, %s", how, level, set, code, text)
			}
			if told := strings.Contains(text, "0xab"); told != (set != "") {
				t.Errorf("%s with %s=%q: %s", how, level, set, text)
			}
		}
	}
}

// TestSignal: a signal that has Go print all stacks prints them without arguments, unless the operator wants them.
func TestSignal(t *testing.T) {
	for _, set := range []string{"", "all"} {
		for _, s := range append([]os.Signal{
			syscall.SIGQUIT, syscall.SIGILL, syscall.SIGTRAP, syscall.SIGABRT, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGSEGV,
			syscall.SIGSYS,
		}, dumpingHere...) {
			code, text := crashes(t, "signal", set, s)
			if code != 2 || !strings.Contains(text, "switchyard/server/crash.wait(") || !strings.Contains(text, "silence_test.go:") {
				t.Errorf("%v with %s=%q: exit code %d, %s", s, level, set, code, text)
			}
			if told := strings.Contains(text, "0xab"); told != (set != "") {
				t.Errorf("%v with %s=%q: %s", s, level, set, text)
			}
		}
	}
}

// crashes runs a process that holds a secret and crashes, of the signal if there is one, and returns how it ended and what
// it said.
func crashes(t *testing.T, how, set string, signal os.Signal) (code int, text string) {
	t.Helper()
	var report strings.Builder
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashing+"="+how, level+"="+set)
	cmd.Stderr = &report
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err == nil && signal != nil {
		if _, err = io.ReadFull(out, make([]byte, len("ready\n"))); err == nil {
			err = cmd.Process.Signal(signal)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	return cmd.ProcessState.ExitCode(), report.String()
}
