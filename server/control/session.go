package control

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"switchyard/server/listen"
)

// maxLine is how many bytes a line may have, without its end.
const maxLine = 4096

// session is one connection to the control port. It belongs to its goroutine.
type session struct {
	server *Server
	conn   net.Conn
	local  bool
	role   Role
	in     *bufio.Reader
	out    *bufio.Writer
}

func newSession(server *Server, conn net.Conn, local bool) *session {
	s := &session{server: server, conn: conn, local: local}
	s.in = bufio.NewReaderSize(conn, maxLine+len("\r\n"))
	s.out = bufio.NewWriter(&patient{conn, server.cfg.WriteTime})
	if local {
		s.role = Admin
	}
	return s
}

// patient gives the peer some time to take what is written.
type patient struct {
	conn net.Conn
	time time.Duration
}

func (p *patient) Write(b []byte) (int, error) {
	if err := p.conn.SetWriteDeadline(time.Now().Add(p.time)); err != nil {
		return 0, err
	}
	return p.conn.Write(b)
}

// run serves the session to its end, and returns why it ended.
func (s *session) run() listen.Cause {
	s.call().Line("%s server control port", s.server.cfg.Name)
	s.call().Line("'help' for supported commands")
	for {
		if cause := s.endAnswer(); cause != "" {
			return cause
		}
		line, cause := s.read()
		if cause != "" {
			return cause
		}
		if string(line) == "quit" {
			return listen.CausePeer
		}
		s.obey(line)
	}
}

// endAnswer lets the answer go. A cause means that nobody takes it.
func (s *session) endAnswer() listen.Cause {
	if s.local {
		s.out.WriteByte('\n')
	}
	switch err := s.out.Flush(); {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return CauseUnread
	case err != nil:
		return listen.CausePeer
	}
	return ""
}

// read returns the next line without its end, which is valid until the next read; or why the session ends.
func (s *session) read() ([]byte, listen.Cause) {
	if s.server.ctx.Err() != nil { // whatever has come
		return nil, listen.CauseStop
	}
	s.wait(s.server.cfg.IdleTime)
	if _, err := s.in.Peek(1); err != nil {
		return nil, s.why(err, listen.CauseIdle)
	}
	s.wait(s.server.cfg.LineTime)
	line, err := s.in.ReadSlice('\n')
	if err != nil {
		if errors.Is(err, bufio.ErrBufferFull) {
			return nil, CauseLong
		}
		return nil, s.why(err, listen.CauseSlow)
	}
	line = line[:len(line)-1]
	line = bytes.TrimSuffix(line, []byte("\r"))
	switch {
	case len(line) > maxLine:
		return nil, CauseLong
	case !isText(line):
		return nil, CauseBinary
	}
	return line, ""
}

// wait bounds the next read, unless the server stops: then there is none.
func (s *session) wait(d time.Duration) {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	if s.server.ctx.Err() == nil {
		_ = s.conn.SetReadDeadline(time.Now().Add(d))
	}
}

// why is the cause of a failed read, of which late is that of a deadline.
func (s *session) why(err error, late listen.Cause) listen.Cause {
	switch {
	case s.server.ctx.Err() != nil:
		return listen.CauseStop
	case errors.Is(err, os.ErrDeadlineExceeded), late == listen.CauseSlow: // a line that the peer does not end
		return late
	}
	return listen.CausePeer
}

func isText(line []byte) bool {
	return utf8.Valid(line) && !bytes.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// obey carries out a line.
func (s *session) obey(line []byte) {
	log := s.server.cfg.Log
	n := bytes.IndexByte(line, ' ')
	if n < 0 {
		n = len(line)
	}
	name, args := string(line[:n]), &Args{rest: slices.Clone(line[n:])}
	command, action := s.parse(name, args)
	if fault := args.end(); fault != "" {
		s.call().Line("%s%s", errorPrefix, fault)
		return
	}
	if s.role < command.Role {
		log.Error("command on the control port without the role for it", "command", name)
		s.call().Line(unauthorized)
		return
	}
	if command.Name != "" {
		log.Warn("control port", "command", name)
	}
	action(s.call())
}

// parse finds the command and reads its arguments. Those of the protocol itself, which are not logged, have no name.
func (s *session) parse(name string, args *Args) (c Command, do Action) {
	switch name {
	case "", "quit": // quit alone has ended the session
		return c, func(*Call) {}
	case "help":
		return c, s.help
	case "auth":
		password := args.password()
		return c, func(*Call) { s.auth(password) }
	}
	c, known := s.server.commands[name]
	if !known {
		args.rest = nil
		args.Refuse(faultReading + "bad ControlProtocol command")
		return c, nil
	}
	return c, c.Parse(args)
}

// help names the commands as the reference does. Whoever uses the socket is told of all.
func (s *session) help(c *Call) {
	c.Line("%s", s.server.cfg.Help)
	if !s.local {
		return
	}
	names := make([]string, 0, len(s.server.cfg.Commands))
	for _, command := range s.server.cfg.Commands {
		names = append(names, command.Name)
	}
	c.Line("all commands: %s, help, quit", strings.Join(names, ", "))
}

func (s *session) call() *Call {
	return &Call{Role: s.role, Local: s.local, ctx: s.server.ctx, out: s.out}
}
