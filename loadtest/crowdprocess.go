package loadtest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// crowdNice is the niceness of a crowd's processes: what they do must not delay the router nor the clients that are
// measured, with which they share the cores.
const crowdNice = 5

// crowdProcesses is a crowd that lives in processes of its own.
type crowdProcesses struct {
	children []*crowdProcess
	orders   int // given so far

	up, subscribed, redials atomic.Int64 // of all, as they said last
}

// crowdProcess is one of them.
type crowdProcess struct {
	command *exec.Cmd
	orders  io.WriteCloser
	ended   chan struct{} // closed when the process has ended

	mu    sync.Mutex
	state crowdState
}

// startCrowd starts processes that share the connections and queues of c. program is the command that calls
// ServeCrowd with the configuration that is added to it.
func startCrowd(program []string, processes int, c CrowdConfig) (*crowdProcesses, error) {
	if processes < 1 || processes > c.Conns {
		return nil, fmt.Errorf("%d processes for %d connections: give each at least one", processes, c.Conns)
	}
	p := &crowdProcesses{}
	for i := range processes {
		part := c
		part.Conns, part.Queues = share(c.Conns, processes, i), share(c.Queues, processes, i)
		part.First, part.FirstQueue = c.Conns*i/processes, c.Queues*i/processes
		if part.AtOnce = c.AtOnce / processes; part.AtOnce < 1 {
			part.AtOnce = 1
		}
		child, err := startCrowdProcess(program, part)
		if err != nil {
			p.close()
			return nil, err
		}
		p.children = append(p.children, child)
	}
	return p, nil
}

func startCrowdProcess(program []string, c CrowdConfig) (*crowdProcess, error) {
	config, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	p := &crowdProcess{command: exec.Command(program[0], append(program[1:len(program):len(program)], string(config))...),
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
	if err := startNice(p.command); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.ended)
		p.read(states)
		_ = p.command.Wait() // how it ended is of no account
	}()
	return p, nil
}

// startNice starts a process with crowdNice. Niceness is a thread's on Linux and is inherited; the thread that took it
// on ends with the goroutine.
func startNice(c *exec.Cmd) error {
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if err := syscall.Setpriority(syscall.PRIO_PROCESS, 0, crowdNice); err != nil {
			started <- err
			return
		}
		started <- c.Start()
	}()
	return <-started
}

func (p *crowdProcess) read(states io.Reader) {
	for lines := bufio.NewScanner(states); lines.Scan(); {
		var s crowdState
		if json.Unmarshal(lines.Bytes(), &s) == nil {
			p.mu.Lock()
			p.state = s
			p.mu.Unlock()
		}
	}
}

func (p *crowdProcess) last() crowdState {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

// order gives an order to all processes; carriedOut tells when they have obeyed.
func (p *crowdProcesses) order(name string) error {
	p.orders++
	if name == orderReturn {
		p.up.Store(0) // what they said before
		p.subscribed.Store(0)
	}
	for _, c := range p.children {
		if _, err := fmt.Fprintln(c.orders, name); err != nil {
			return fmt.Errorf("a process of the crowd: %w", err)
		}
	}
	return nil
}

var errCrowdEnded = errors.New("a process of the crowd ended")

// carriedOut reports whether all orders were carried out, or what went wrong.
func (p *crowdProcesses) carriedOut() (bool, error) {
	all := true
	var up, subscribed, redials int64
	for _, c := range p.children {
		s := c.last()
		if s.Err != "" {
			return false, errors.New(s.Err)
		}
		select {
		case <-c.ended:
			return false, errCrowdEnded
		default:
		}
		all = all && s.Done >= p.orders
		up, subscribed, redials = up+s.Up, subscribed+s.Subscribed, redials+s.Redials
	}
	p.up.Store(up)
	p.subscribed.Store(subscribed)
	p.redials.Store(redials)
	return all, nil
}

// obey gives an order and waits until it was carried out.
func (p *crowdProcesses) obey(ctx context.Context, name string) error {
	if err := p.order(name); err != nil {
		return err
	}
	ticker := time.NewTicker(stateEvery / 2)
	defer ticker.Stop()
	for {
		done, err := p.carriedOut()
		if done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
}

// close ends the processes.
func (p *crowdProcesses) close() {
	for _, c := range p.children {
		_ = c.orders.Close() // it may have ended
	}
	for _, c := range p.children {
		<-c.ended
	}
}
