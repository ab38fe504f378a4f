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
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// What disturbs a router may live in processes of its own: each has its own limit of open files, and none of its work
// delays the clients whose latency is measured. The parent writes orders to the standard input of such a process and reads
// its states from the standard output, both one line each. The end of the input ends the process.

// stateEvery is how often a child says how far it is.
const stateEvery = 100 * time.Millisecond

// childState is what every process says of itself.
type childState struct {
	Done int    `json:"done"` // orders that were carried out
	Err  string `json:"err,omitempty"`
}

func (s childState) common() childState { return s }

// stated is a state, which embeds childState.
type stated interface{ common() childState }

// child is a process of the run's own, whose states are of type S.
type child[S stated] struct {
	command *exec.Cmd
	orders  io.WriteCloser
	ended   chan struct{} // closed when the process has ended

	mu    sync.Mutex
	state S
}

// startChild starts a process whose priority lower has made lower. program is its command, to which the configuration is added as JSON.
func startChild[S stated](program []string, lower priority, config any) (*child[S], error) {
	text, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	p := &child[S]{command: exec.Command(program[0], append(program[1:len(program):len(program)], string(text))...),
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
		p.read(states)
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

func (p *child[S]) read(states io.Reader) {
	for lines := bufio.NewScanner(states); lines.Scan(); {
		var s S
		if json.Unmarshal(lines.Bytes(), &s) == nil {
			p.mu.Lock()
			p.state = s
			p.mu.Unlock()
		}
	}
}

// last is what the process said last.
func (p *child[S]) last() S {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

var errChildEnded = errors.New("a process of the load ended")

// children are processes that get the same orders.
type children[S stated] struct {
	all    []*child[S]
	orders int // given so far
}

// order gives an order to all; carriedOut tells when they have obeyed.
func (c *children[S]) order(name string) error {
	c.orders++
	for _, p := range c.all {
		if _, err := fmt.Fprintln(p.orders, name); err != nil {
			return fmt.Errorf("%w: %w", errChildEnded, err)
		}
	}
	return nil
}

// carriedOut reports whether all orders were carried out, or what went wrong.
func (c *children[S]) carriedOut() (bool, error) {
	done := true
	for _, p := range c.all {
		s := p.last().common()
		if s.Err != "" {
			return false, errors.New(s.Err)
		}
		select {
		case <-p.ended:
			return false, errChildEnded
		default:
		}
		done = done && s.Done >= c.orders
	}
	return done, nil
}

// close ends the processes.
func (c *children[S]) close() {
	for _, p := range c.all {
		_ = p.orders.Close() // it may have ended
	}
	for _, p := range c.all {
		<-p.ended
	}
}

// obedience is a child's side: it carries out orders and says its state. The scenario's part is in the functions.
type obedience struct {
	orders io.Reader
	obey   func(ctx context.Context, order string) error
	state  func(childState) any

	mu  sync.Mutex
	out *json.Encoder
	now childState
}

// serve carries out orders until the input ends.
func (s *obedience) serve(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() { s.tell(ctx) })
	defer all.Wait()
	defer cancel()
	lines := make(chan string)
	go func() { // ends with the input
		defer cancel()
		for in := bufio.NewScanner(s.orders); in.Scan(); {
			select {
			case lines <- in.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case order := <-lines:
			s.finish(s.obey(ctx, order))
		}
	}
}

// tell says the state now and then.
func (s *obedience) tell(ctx context.Context) {
	ticker := time.NewTicker(stateEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.say()
		}
	}
}

func (s *obedience) finish(err error) {
	s.mu.Lock()
	s.now.Done++
	if err != nil {
		s.now.Err = err.Error()
	}
	s.mu.Unlock()
	s.say()
}

func (s *obedience) say() {
	s.mu.Lock()
	defer s.mu.Unlock()
	// When nobody listens any more the input has ended, too.
	_ = s.out.Encode(s.state(s.now))
}
