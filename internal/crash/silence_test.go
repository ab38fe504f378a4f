package crash

import (
	"os"
	"os/exec"
	"strings"
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
	go foreign([8]byte{0xab, 0xcd, 0xef}) // without Report, as goroutines of libraries are
	select {}                             // ended by the panic
}

//go:noinline
func foreign(secret [8]byte) { panic("a bug of a library") }

// TestSilence: a panic of a goroutine that does not use Report says why, and no arguments, unless the operator wants them.
func TestSilence(t *testing.T) {
	for _, set := range []string{"", "all"} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), crashing+"=1", level+"="+set)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "panic: a bug of a library") {
			t.Fatalf("%v: %s", err, out)
		}
		if told := strings.Contains(string(out), "0xab"); told != (set != "") {
			t.Errorf("with %s=%q: %s", level, set, out)
		}
	}
}
