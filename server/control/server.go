package control

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/server/crash"
	"switchyard/server/listen"
)

// maxSessions is how many sessions there may be at a time, of TCP and of the socket each.
const maxSessions = 16

// The causes for which sessions end, beside those of all listeners: a line that ends too late is CauseSlow, and nobody who
// says anything CauseIdle.
const (
	CauseLong   = listen.Cause("long_line") // a line of more than 4,096 bytes
	CauseBinary = listen.Cause("binary")    // a line that is no text
	CauseUnread = listen.Cause("unread")    // nobody reads the answer
)

// Config is what a server's control port is made of. Times that are zero have their defaults.
type Config struct {
	Name     string // of the protocol, in the greeting: SMP, XFTP, Ntf
	Help     string // the answer to help
	Commands []Command
	Settings Settings
	Log      *slog.Logger

	IdleTime   time.Duration // a session without a command; 15 min
	LineTime   time.Duration // from the first byte of a line to its end; 10 s
	WriteTime  time.Duration // for what the peer does not read; 10 s
	Punishment time.Duration // for a wrong password; 1 s
}

// Server serves the control port on TCP, the socket, or both.
type Server struct {
	// Immutable.
	cfg      Config
	commands map[string]Command
	tcp      *listen.Gate
	socket   *listen.Gate
	ctx      context.Context // ends when Stop begins
	cancel   context.CancelFunc

	passwords atomic.Pointer[passwords]
	running   sync.WaitGroup // sessions

	mu       sync.Mutex
	open     map[net.Conn]struct{}
	acceptor []*listen.Acceptor
	path     string // of the socket; empty: there is none
}

// New makes a server that listens nowhere yet.
func New(cfg Config) *Server {
	orTime(&cfg.IdleTime, 15*time.Minute)
	orTime(&cfg.LineTime, 10*time.Second)
	orTime(&cfg.WriteTime, 10*time.Second)
	orTime(&cfg.Punishment, time.Second)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	gate := func() *listen.Gate {
		return listen.NewGate(listen.Config{
			Files: maxSessions, Causes: []listen.Cause{CauseLong, CauseBinary, CauseUnread}, Log: cfg.Log.With("port", "control"),
		})
	}
	s := &Server{cfg: cfg, commands: make(map[string]Command), tcp: gate(), socket: gate(), open: make(map[net.Conn]struct{})}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.SetPasswords(cfg.Settings)
	for _, c := range cfg.Commands {
		if _, twice := s.commands[c.Name]; twice {
			panic("control: two commands have the name " + c.Name)
		}
		s.commands[c.Name] = c
	}
	return s
}

func orTime(d *time.Duration, def time.Duration) {
	if *d == 0 {
		*d = def
	}
}

// Listen serves TCP on the loopback interface, if the settings have a port.
func (s *Server) Listen() error {
	port := s.cfg.Settings.Port
	if port == "" {
		return nil
	}
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return fmt.Errorf("the control port: %w; set another control_port in section [TRANSPORT] of the ini", err)
	}
	s.Serve(l)
	return nil
}

// Serve serves the sessions of a listener, each of which begins without a role, until Stop.
func (s *Server) Serve(l net.Listener) { s.serve(l, s.tcp, false) }

func (s *Server) serve(l net.Listener, gate *listen.Gate, local bool) {
	a := gate.Accept([]net.Listener{l}, func(c net.Conn, source *listen.Source) error {
		if !s.enter(c) {
			gate.Leave(source, listen.CauseStop)
			return nil
		}
		go func() {
			defer crash.Report()
			defer s.running.Done()
			cause := newSession(s, c, local).run()
			s.leave(c)
			gate.Leave(source, cause)
		}()
		return nil
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acceptor = append(s.acceptor, a)
}

// enter notes a session that begins, unless the server stops.
func (s *Server) enter(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		c.Close()
		return false
	}
	s.running.Add(1)
	s.open[c] = struct{}{}
	return true
}

func (s *Server) leave(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
	c.Close()
}

// Stop takes no more sessions and commands, and waits for the commands that are under way, but not for a disk that hangs.
func (s *Server) Stop(timeout time.Duration) {
	s.mu.Lock()
	s.cancel()
	acceptors := s.acceptor
	s.mu.Unlock()
	for _, a := range acceptors {
		a.Stop()
	}
	s.mu.Lock()
	for c := range s.open {
		_ = c.SetReadDeadline(time.Unix(1, 0)) // its answer may still be written
	}
	s.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.running.Wait()
	}()
	select {
	case <-ended:
	case <-time.After(timeout):
	}
	s.removeSocket()
}

// Stats counts the sessions, of both kinds together.
func (s *Server) Stats() listen.Stats {
	all, other := s.tcp.Stats(), s.socket.Stats()
	all.Accepted += other.Accepted
	all.Open += other.Open
	all.Failed += other.Failed
	for cause, n := range other.Closed {
		all.Closed[cause] += n
	}
	return all
}
