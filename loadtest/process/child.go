package process

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

// Child is a process of this program: it gets its configuration as an argument, takes orders from its standard input
// and says its state on the standard output, one line each. The end of the input ends it.
type Child struct {
	Command *exec.Cmd
	orders  io.WriteCloser
	ended   chan struct{} // closed when the process has ended
}

// StartChild starts program with its configuration, at a priority that lower has made lower; nil leaves it alone. Each line
// that it says goes to said, on a goroutine of the child's.
func StartChild(program []string, config any, lower Priority, said func(line []byte)) (*Child, error) {
	text, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	p := &Child{Command: exec.Command(program[0], append(program[1:len(program):len(program)], string(text))...),
		ended: make(chan struct{})}
	p.Command.Stderr = os.Stderr
	p.Command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C in the terminal is for us
	if p.orders, err = p.Command.StdinPipe(); err != nil {
		return nil, err
	}
	states, err := p.Command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := startLower(p.Command, lower); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.ended)
		for lines := bufio.NewScanner(states); lines.Scan(); {
			said(lines.Bytes())
		}
		_ = p.Command.Wait() // how it ended is of no account
	}()
	return p, nil
}

// Priority makes that of the calling thread lower.
type Priority func() error

// Nice is a niceness: what is nicer gets less of the cores, but has its turns.
func Nice(n int) Priority {
	return func() error { return syscall.Setpriority(syscall.PRIO_PROCESS, 0, n) }
}

// OnlyIdle is to get what nobody else wants of the cores, and to give it up at once (SCHED_IDLE of sched(7)).
func OnlyIdle() error {
	return unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE}, 0)
}

// startLower starts a process at a lower priority, which is a thread's on Linux and is inherited; the thread that took it on
// ends with the goroutine.
func startLower(c *exec.Cmd, lower Priority) error {
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

// Order gives an order, which is one line.
func (p *Child) Order(name string) error {
	_, err := fmt.Fprintln(p.orders, name)
	return err
}

// End lets the process end in its own time.
func (p *Child) End() { _ = p.orders.Close() } // it may have ended

// Kill ends it at once and waits until it is gone.
func (p *Child) Kill() {
	_ = p.Command.Process.Kill() // it may have ended
	<-p.ended
	p.End()
}

// Gone is closed when the process has ended.
func (p *Child) Gone() <-chan struct{} { return p.ended }
