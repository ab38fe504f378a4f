package loadtest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// childProcess is a process of this program: it gets its configuration as an argument, takes orders from its standard input
// and says its state on the standard output, one line each. The end of the input ends it.
type childProcess struct {
	command *exec.Cmd
	orders  io.WriteCloser
	ended   chan struct{} // closed when the process has ended
}

// startChild starts program with its configuration, at a priority that lower has made lower; nil leaves it alone. Each line
// that it says goes to said, on a goroutine of the child's.
func startChild(program []string, config any, lower priority, said func(line []byte)) (*childProcess, error) {
	text, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	p := &childProcess{command: exec.Command(program[0], append(program[1:len(program):len(program)], string(text))...),
		ended: make(chan struct{})}
	p.command.Stderr = os.Stderr
	p.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C in the terminal is for us
	if p.orders, err = p.command.StdinPipe(); err != nil {
		return nil, err
	}
	states, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := startLower(p.command, lower); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.ended)
		for lines := bufio.NewScanner(states); lines.Scan(); {
			said(lines.Bytes())
		}
		_ = p.command.Wait() // how it ended is of no account
	}()
	return p, nil
}

// priority makes that of the calling thread lower.
type priority func() error

// nice is a niceness: what is nicer gets less of the cores, but has its turns.
func nice(n int) priority {
	return func() error { return syscall.Setpriority(syscall.PRIO_PROCESS, 0, n) }
}

// onlyIdle is to get what nobody else wants of the cores, and to give it up at once (SCHED_IDLE of sched(7)).
func onlyIdle() error {
	return unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE}, 0)
}

// startLower starts a process at a lower priority, which is a thread's on Linux and is inherited; the thread that took it on
// ends with the goroutine.
func startLower(c *exec.Cmd, lower priority) error {
	if lower == nil {
		return c.Start()
	}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if err := lower(); err != nil {
			started <- err
			return
		}
		started <- c.Start()
	}()
	return <-started
}

func (p *childProcess) order(name string) error {
	_, err := fmt.Fprintln(p.orders, name)
	return err
}

// end lets the process end in its own time.
func (p *childProcess) end() { _ = p.orders.Close() } // it may have ended

// kill ends it at once and waits until it is gone.
func (p *childProcess) kill() {
	_ = p.command.Process.Kill() // it may have ended
	<-p.ended
	p.end()
}

func (p *childProcess) gone() <-chan struct{} { return p.ended }
