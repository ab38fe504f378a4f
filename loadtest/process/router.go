package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"switchyard/smp"
)

// Router is a router process of our own, ours or the reference's, with its files in one directory. Its methods are for
// one goroutine.
type Router struct {
	Address  smp.ServerAddress
	Profiler string        // address of its profiler, which has its figures, too; empty: it serves none
	Took     time.Duration // from the last start of the process to the first connection that it accepted

	kind    *routerKind
	dir     string
	command []string // program and arguments before "start"
	start   []string // "start" and what follows
	process *exec.Cmd
	exited  chan struct{} // closed when process has ended
	began   time.Time     // of the process
}

// routerKind is what tells the programs of SMP and XFTP routers apart.
type routerKind struct {
	ini    string // its name
	env    string // what the names of the directories' variables begin with
	init   []string
	files  string // option of init for a directory of packets; empty: there is none
	scheme smp.Scheme
}

var (
	smpRouter = routerKind{ini: "smp-server.ini", env: "SMP_SERVER_", scheme: smp.SchemeSMP,
		init: []string{"init", "-y", "-l", "--ip", "127.0.0.1", "--no-password", "--disable-web", "-a", "ED25519"}}
	xftpRouter = routerKind{ini: "file-server.ini", env: "XFTP_SERVER_", scheme: smp.SchemeXFTP,
		init: []string{"init", "-q", "10000gb", "--ip", "127.0.0.1", "-a", "ED25519"}, files: "--path"}
)

const (
	startWord    = "start"
	startTimeout = 60 * time.Second
	stopTimeout  = 20 * time.Second
	pollInterval = 2 * time.Millisecond
)

// portMark stands for the router's port in the values of settings.
const portMark = "$PORT"

// NewRouter initialises a router in dir: command with "init …" in place of "start …", then the port in its ini set to
// a free one, and the settings, in which $PORT is that one. The command names the program and contains the word start. A router that is in dir
// already keeps its identity and its queues.
func NewRouter(ctx context.Context, dir string, command []string, settings ...Setting) (*Router, error) {
	return setUp(ctx, &smpRouter, dir, command, settings)
}

// NewXFTPRouter is NewRouter for XFTP; the packets are in dir, too.
func NewXFTPRouter(ctx context.Context, dir string, command []string, settings ...Setting) (*Router, error) {
	return setUp(ctx, &xftpRouter, dir, command, settings)
}

func setUp(ctx context.Context, kind *routerKind, dir string, command []string, settings []Setting) (*Router, error) {
	at := slices.Index(command, startWord)
	if at < 1 {
		return nil, errors.New("the command of the router must be a program and `start`, as in `-- smp-server start`")
	}
	r := &Router{kind: kind, dir: dir, command: command[:at], start: command[at:]}
	if err := r.init(ctx); err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	settings = append(slices.Clone(settings), Setting{"TRANSPORT", "port", strconv.Itoa(port)})
	for i := range settings {
		settings[i].Value = strings.ReplaceAll(settings[i].Value, portMark, strconv.Itoa(port))
	}
	if err := changeSettings(r.ini(), settings); err != nil {
		return nil, err
	}
	fingerprint, err := os.ReadFile(filepath.Join(r.config(), "fingerprint"))
	if err != nil {
		return nil, err
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(fingerprint)), "\n")
	r.Address, err = smp.ParseAddress(fmt.Sprintf("%s://%s@127.0.0.1:%d", kind.scheme, line, port))
	return r, err
}

// init calls the program's init, unless that was done before.
func (r *Router) init(ctx context.Context) error {
	if _, err := os.Stat(r.ini()); err == nil {
		return nil
	}
	for _, d := range []string{r.config(), r.state()} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return err
		}
	}
	args := slices.Clone(r.kind.init)
	if r.kind.files != "" {
		args = append(args, r.kind.files, filepath.Join(r.dir, "files"))
	}
	init := r.run(ctx, args...)
	if out, err := init.CombinedOutput(); err != nil {
		if said := lastLine(out); said != "" {
			err = fmt.Errorf("%w: %s", err, said)
		}
		return fmt.Errorf("%s init: %w", r.command[0], err)
	}
	return nil
}

// profile has the router serve its profiler from the next start on.
func (r *Router) profile() error {
	port, err := freePort()
	if err != nil {
		return err
	}
	r.Profiler = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	r.start = append(slices.Clone(r.start), "--pprof", r.Profiler)
	return nil
}

// Call runs the program with other arguments than start, as the router's owner would, and passes on what it prints.
func (r *Router) Call(ctx context.Context, out io.Writer, args ...string) error {
	c := r.run(ctx, args...)
	c.Stdout, c.Stderr = out, out
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", r.command[0], args[0], err)
	}
	return nil
}

func (r *Router) ini() string    { return filepath.Join(r.config(), r.kind.ini) }
func (r *Router) config() string { return filepath.Join(r.dir, "etc") }
func (r *Router) state() string  { return filepath.Join(r.dir, "var") }
func (r *Router) log() string    { return filepath.Join(r.dir, "router.log") }

// run prepares a call of the program. It gets a process group of its own: a Ctrl-C in the terminal is for us.
func (r *Router) run(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, r.command[0], slices.Concat(r.command[1:], args)...)
	c.Env = append(os.Environ(), r.kind.env+"CFG_PATH="+r.config(), r.kind.env+"LOG_PATH="+r.state())
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return c
}

// Start starts the router's process, which does not outlive ours; Ready waits until it serves.
func (r *Router) Start() error {
	log, err := os.OpenFile(r.log(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	c := r.run(context.Background(), r.start...)
	c.Stdout, c.Stderr = log, log
	c.SysProcAttr.Pdeathsig = syscall.SIGKILL
	r.began = time.Now()
	started, exited := make(chan error, 1), make(chan struct{})
	go func() {
		// The death signal follows the thread that started the process, so that thread stays ours until the end.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(exited)
		err := c.Start()
		started <- err
		if err == nil {
			_ = c.Wait() // how it ended is in the process state
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	r.process, r.exited = c, exited
	return nil
}

// PID is the number of the router's process.
func (r *Router) PID() int { return r.process.Process.Pid }

// Exited is closed when the process that was started last has ended.
func (r *Router) Exited() <-chan struct{} { return r.exited }

// Ready waits until the router accepts connections. It fails when the process ends before.
func (r *Router) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	dialer := net.Dialer{}
	for {
		c, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(r.Address.Hosts[0], r.Address.Port))
		if err == nil {
			r.Took = time.Since(r.began)
			return c.Close()
		}
		select {
		case <-r.exited:
			return r.Ended()
		case <-ctx.Done():
			return fmt.Errorf("the router does not listen: %w", ctx.Err())
		case <-ticker.C:
		}
	}
}

// Ended is the error that the router ended without having been asked to.
func (r *Router) Ended() error {
	out, err := os.ReadFile(r.log())
	if err != nil {
		return err
	}
	return fmt.Errorf("the router ended by itself (%v): %s", r.process.ProcessState, lastLine(out))
}

// Kill ends the router's process group at once and waits until it is gone.
func (r *Router) Kill() {
	if r.process == nil {
		return
	}
	_ = syscall.Kill(-r.PID(), syscall.SIGKILL) // it may have ended
	<-r.exited
}

// Stop asks the router to end and waits until it has.
func (r *Router) Stop() error {
	_ = syscall.Kill(-r.PID(), syscall.SIGTERM) // it may have ended
	timeout := time.NewTimer(stopTimeout)
	defer timeout.Stop()
	select {
	case <-r.exited:
		return nil
	case <-timeout.C:
		r.Kill()
		return fmt.Errorf("the router did not end within %v of SIGTERM", stopTimeout)
	}
}

// Ports to choose from lie below those that the kernel gives to outgoing connections: while the router is down, a
// client that dials it again and again could else meet itself.
const (
	firstPort  = 10000
	portChoice = 20000
)

func freePort() (int, error) {
	for range 100 {
		port := firstPort + rand.IntN(portChoice)
		l, err := net.Listen("tcp", ":"+strconv.Itoa(port))
		if err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("no free port found")
}

// lastLine is the last line of a program's output that is not empty.
func lastLine(out []byte) string {
	text := strings.TrimSpace(string(out))
	return strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:])
}

// causeCount is a counter in the line in which a router tells at its end what it has closed and refused.
var causeCount = regexp.MustCompile(`\b((?:closed|refused)\.[a-z_]+)=(\d+)`)

// Causes reads what the router has counted, after its end.
func (r *Router) Causes() map[string]int64 {
	log, err := os.ReadFile(r.log())
	if err != nil {
		return nil
	}
	all := make(map[string]int64)
	for _, m := range causeCount.FindAllStringSubmatch(string(log), -1) {
		n, _ := strconv.ParseInt(m[2], 10, 64)
		all[m[1]] += n
	}
	return all
}
