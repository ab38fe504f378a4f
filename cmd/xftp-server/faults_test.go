package main

import (
	"os/exec"
	"testing"

	"switchyard/server/manage/managetest"
)

// TestFaults: what an operator gets wrong is one line of start and of check, and changes nothing.
func TestFaults(t *testing.T) {
	port, err := freePort()
	check(t, err)
	f := managetest.Faults{
		IniName: iniName, Port: port,
		Command: func(dir string, args ...string) *exec.Cmd { return (&process{dir: dir}).command(args...) },
	}
	f.Run(t, func(t *testing.T, dir string) { setUp(t, dir, port) })
}
