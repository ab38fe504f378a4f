package control

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"switchyard/server/listen"
)

// testServer has a command for each role, and one with a long answer.
func testServer(log *slog.Logger) *Server {
	say := func(text string) func(*Args) Action { return Plain(func(c *Call) { c.Line("%s", text) }) }
	return New(Config{
		Name: "Test", Help: "commands: help, quit", Log: log, Settings: Settings{Admin: "admin", User: "user"},
		Commands: []Command{
			{Name: "any", Parse: say("for everybody")},
			{Name: "use", Role: User, Parse: say("for users")},
			{Name: "rule", Role: Admin, Parse: say("for administrators")},
			{Name: "flood", Parse: Plain(func(c *Call) {
				for range 1 << 16 {
					c.Line("a line of a long answer")
				}
			})},
			{Name: "fail", Role: User, Parse: func(a *Args) Action {
				id := a.ID()
				return func(c *Call) { c.Done(fmt.Errorf("%d bytes\nare no queue", len(id))) }
			}},
			Version("test 1"),
		},
	})
}

// piped begins a session in memory, with the clock of synctest. cause has why it ended.
func piped(s *Server, local bool) (peer net.Conn, cause <-chan listen.Cause) {
	peer, conn := net.Pipe()
	ended := make(chan listen.Cause, 1)
	go func() {
		defer conn.Close()
		ended <- newSession(s, conn, local).run()
	}()
	return peer, ended
}

// greeting reads what a session begins with.
func greeting(t *testing.T, in *bufio.Reader) {
	t.Helper()
	for _, want := range []string{"Test server control port\n", "'help' for supported commands\n"} {
		if line, err := in.ReadString('\n'); line != want {
			t.Fatalf("%q, %v", line, err)
		}
	}
}

// give sends a line and reads one of its answer.
func give(t *testing.T, peer net.Conn, in *bufio.Reader, line string) string {
	t.Helper()
	if _, err := io.WriteString(peer, line+"\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := in.ReadString('\n')
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return strings.TrimSuffix(answer, "\n")
}

// A wrong password costs its session a second, and no other.
func TestWrongPasswordWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testServer(nil)
		peer, cause := piped(s, false)
		other, otherCause := piped(s, false)
		in, otherIn := bufio.NewReader(peer), bufio.NewReader(other)
		greeting(t, in)
		greeting(t, otherIn)
		began := time.Now()
		if _, err := io.WriteString(peer, "auth wrong\n"); err != nil {
			t.Fatal(err)
		}
		if got := give(t, other, otherIn, "auth user"); got != "Current role is CPRUser" || time.Since(began) != 0 {
			t.Errorf("the other session: %s after %v", got, time.Since(began))
		}
		if line, _ := in.ReadString('\n'); line != "Current role is CPRNone\n" || time.Since(began) != time.Second {
			t.Errorf("%q after %v", line, time.Since(began))
		}
		for _, test := range []struct{ line, want string }{
			{"use", "AUTH"}, {"any", "for everybody"}, {"auth user", "Current role is CPRUser"}, {"rule", "AUTH"}, {"use", "for users"},
			{"auth admin", "Current role is CPRUser, start new session to change."}, {"rule", "AUTH"},
		} {
			if got := give(t, peer, in, test.line); got != test.want {
				t.Errorf("%s: %s, want %s", test.line, got, test.want)
			}
		}
		s.SetPasswords(Settings{Admin: "new"})
		if got := give(t, other, otherIn, "auth new"); got != "Current role is CPRUser, start new session to change." {
			t.Error(got)
		}
		for _, conn := range []net.Conn{peer, other} {
			io.WriteString(conn, "quit\n")
		}
		if a, b := <-cause, <-otherCause; a != listen.CausePeer || b != listen.CausePeer {
			t.Error(a, b)
		}
	})
}

// Without a password in the settings nobody has the role, and the empty one is none.
func TestNoPasswords(t *testing.T) {
	s := testServer(nil)
	s.SetPasswords(Settings{})
	for _, password := range []string{"", "admin", "user"} {
		if role := s.roleOf(password); role != None {
			t.Errorf("%q: %v", password, role)
		}
	}
}

// What is wrong with a line or with whoever sends it ends the session, and is its cause.
func TestSessionsEnd(t *testing.T) {
	for _, test := range []struct {
		name, send string
		closes     bool
		reads      bool
		want       listen.Cause
	}{
		{name: "longest", send: strings.Repeat("x", maxLine) + "\r\nquit\n", reads: true, want: listen.CausePeer},
		{name: "too long", send: strings.Repeat("x", maxLine+1) + "\n", reads: true, want: CauseLong},
		{name: "a megabyte", send: strings.Repeat("x", 1<<20), reads: true, want: CauseLong},
		{name: "binary", send: "any\x00\n", reads: true, want: CauseBinary},
		{name: "no UTF-8", send: "any \xff\n", reads: true, want: CauseBinary},
		{name: "escape", send: "\x1b[2J\n", reads: true, want: CauseBinary},
		{name: "TLS", send: "\x16\x03\x01\x02\x00\x01\n", reads: true, want: CauseBinary},
		{name: "half a line", send: "any", reads: true, want: listen.CauseSlow},
		{name: "half a line and gone", send: "any", closes: true, reads: true, want: listen.CauseSlow},
		{name: "nothing", reads: true, want: listen.CauseIdle},
		{name: "gone", closes: true, reads: true, want: listen.CausePeer},
		{name: "never reads", want: CauseUnread},
		{name: "stops reading", send: "flood\n", want: CauseUnread},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				peer, cause := piped(testServer(nil), false)
				defer peer.Close()
				in := bufio.NewReaderSize(peer, 16)
				if test.reads || test.send != "" {
					greeting(t, in)
				}
				if test.reads {
					go io.Copy(io.Discard, in)
				}
				go func() {
					io.WriteString(peer, test.send) // the server may end before it has all
					if test.closes {
						peer.Close()
					}
				}()
				if got := <-cause; got != test.want {
					t.Errorf("ended by %s, want %s", got, test.want)
				}
			})
		})
	}
}

// listening serves the test's server on TCP.
func listening(t *testing.T, log *slog.Logger) (*Server, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := testServer(log)
	s.Serve(l)
	t.Cleanup(func() { s.Stop(time.Minute) })
	return s, l.Addr().String()
}

// The 17th session is closed at once, and counted; when one of the 16 ends there is room.
func TestSixteenSessions(t *testing.T) {
	s, address := listening(t, nil)
	var all []net.Conn
	dial := func() (net.Conn, error) {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		_, err = bufio.NewReader(c).ReadString('\n')
		return c, err
	}
	for range maxSessions {
		c, err := dial()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	if _, err := dial(); err == nil {
		t.Error("there are 17 sessions")
	}
	if n := s.Stats().Closed[string(listen.CauseFull)]; n != 1 {
		t.Errorf("%d sessions were refused", n)
	}
	all[0].Close()
	for {
		if _, err := dial(); err == nil {
			break
		}
		runtime.Gosched() // until the end of that one is noticed
	}
}

// Stop ends sessions, but for a command that is under way, whose answer comes whole.
func TestStopWaitsForAnswers(t *testing.T) {
	s := testServer(nil)
	begun, goOn := make(chan struct{}), make(chan struct{})
	s.commands["work"] = Command{Name: "work", Parse: Plain(func(c *Call) {
		close(begun)
		<-c.Context().Done()
		<-goOn
		c.Line("done")
	})}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Serve(l)
	idle, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	busy, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(busy)
	greeting(t, in)
	io.WriteString(busy, "work\nany\n")
	<-begun
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		s.Stop(time.Minute)
	}()
	if _, err := io.Copy(io.Discard, idle); err != nil {
		t.Error(err)
	}
	close(goOn)
	rest, err := io.ReadAll(in)
	if string(rest) != "done\n" { // and no further command
		t.Errorf("%q, %v", rest, err)
	}
	<-stopped
	if n := s.Stats().Closed[string(listen.CauseStop)]; n != 2 {
		t.Errorf("%d sessions were ended by the stop", n)
	}
}

// Commands are logged by name alone: no password and no ID.
func TestLogOfCommands(t *testing.T) {
	var log lockedBuffer
	_, address := listening(t, slog.New(slog.NewTextHandler(&log, nil)))
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(c, "fail c2VjcmV0IElE\nauth user\nfail c2VjcmV0IElE\nhelp\nauth user\nquit\n")
	said, err := io.ReadAll(c)
	if want := "AUTH\nCurrent role is CPRUser\nerror: 9 bytes are no queue\ncommands: help, quit\nCurrent role is CPRUser\n"; !strings.HasSuffix(string(said), want) {
		t.Errorf("%q, %v", said, err)
	}
	text := log.String()
	for _, want := range []string{`level=ERROR msg="command on the control port without the role for it" command=fail`, `level=WARN msg="control port" command=fail`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in the log:\n%s", want, text)
		}
	}
	for _, secret := range []string{"c2VjcmV0", "auth", "user", "help"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is in the log:\n%s", secret, text)
		}
	}
}

// The socket is its user's alone; whoever opens it is administrator, and answers have an end.
func TestSocket(t *testing.T) {
	name := Socket(filepath.Join(t.TempDir(), "store"))
	if _, err := Ask(name, "any"); !errors.Is(err, ErrStopped) {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, nil, 0o600); err != nil { // as of a router that was killed
		t.Fatal(err)
	}
	s := testServer(nil)
	if err := s.ListenSocket(name); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
	if _, err := os.Stat(name + ".d"); !errors.Is(err, os.ErrNotExist) {
		t.Error("left over:", err)
	}
	if err := testServer(nil).ListenSocket(name); err == nil || err.Error() != name+" is served by another process" {
		t.Error("served twice:", err)
	}
	for _, test := range []struct{ command, want, fault string }{
		{command: "rule", want: "for administrators"},
		{command: "help", want: "commands: help, quit\nall commands: any, use, rule, flood, fail, version, help, quit"},
		{command: ""},
		{command: "fail AAAA", fault: "3 bytes are no queue"},
		{command: "fly", fault: "Failed reading: bad ControlProtocol command"},
		{command: "any\nany", fault: "a command is one line of text, of at most 4096 bytes"},
		{command: strings.Repeat("x", maxLine+1), fault: "a command is one line of text, of at most 4096 bytes"},
		{command: "quit"},
	} {
		lines, err := Ask(name, test.command)
		if got := strings.Join(lines, "\n"); got != test.want || (err == nil) != (test.fault == "") || err != nil && err.Error() != test.fault {
			t.Errorf("%q: %q, %v", test.command, got, err)
		}
	}
	if lines, err := Ask(name, "flood"); err != nil || len(lines) != 1<<16 {
		t.Errorf("%d lines, %v", len(lines), err)
	}
	s.Stop(time.Minute)
	if _, err := Ask(name, "any"); !errors.Is(err, ErrStopped) {
		t.Error(err)
	}
	if _, err := os.Lstat(name); !errors.Is(err, os.ErrNotExist) {
		t.Error("the socket is still there:", err)
	}
}

// FuzzLine: whatever a line is, it has an answer of text lines that end, or ends the session, and nothing else follows.
func FuzzLine(f *testing.F) {
	for _, line := range []string{
		"any", "auth user", "fail AAAA==", "fail \xc3\xa9=", "use", "rule x", " help", "auth a@b", "fail A=== ", "version\r", "quit",
		"block 6D2nvHPF8Ay9i_--xZjFbAsl3KXU5JLE reason=content,notice={\"ttl\":86400}",
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if len(line) > 64<<10 {
			return
		}
		s := testServer(nil)
		s.cfg.Punishment = time.Nanosecond
		s.commands["block"] = Command{Name: "block", Parse: func(a *Args) Action {
			id, link := a.IDOrLink()
			blocked := a.Blocking()
			return func(c *Call) { c.Line("%d %d %s", len(id), len(link), blocked) }
		}}
		delete(s.commands, "flood")
		peer, conn := net.Pipe()
		var cause listen.Cause
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			defer conn.Close()
			cause = newSession(s, conn, false).run()
		}()
		go func() {
			peer.Write(append(bytes.Clone(line), "\nquit\n"...))
		}()
		said, _ := io.ReadAll(peer)
		peer.Close()
		<-ended
		if len(said) == 0 || said[len(said)-1] != '\n' {
			t.Errorf("%q is answered with %q", line, said)
		}
		switch cause {
		case listen.CausePeer, CauseLong, CauseBinary:
		default:
			t.Errorf("%q ended the session: %s", line, cause)
		}
	})
}
