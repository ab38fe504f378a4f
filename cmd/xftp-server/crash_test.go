package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestSilent: when any of its goroutines panics the running process prints no arguments of functions, unless core dumps are
// allowed, too. What is printed then is tested in server/crash.
func TestSilent(t *testing.T) {
	t.Setenv("GOTRACEBACK", "")
	for setting, silent := range map[string]bool{"# core_dumps = off": true, "core_dumps = on": false} {
		p := newProcess(t, "# core_dumps = off", setting)
		p.start()
		environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", p.cmd.Process.Pid))
		if os.IsPermission(err) {
			t.Log("only root may see the environment of a process that may not be dumped: ", err)
			return
		}
		check(t, err)
		if got := strings.Contains(string(environment), "GOTRACEBACK=none"); got != silent {
			t.Errorf("%s: silent is %v", setting, got)
		}
		p.stop(syscall.SIGTERM)
	}
}
