// Package controltest replays recorded sessions of the reference's control ports against a server of ours. It is for tests.
package controltest

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Exchange is one line that was sent to the reference's server, and what came back.
type Exchange struct {
	Server  string
	Session int
	N       int
	Role    string
	Send    string // with its end; empty: the greeting was read
	Receive string
	Closed  bool   // the server closed the session
	Varies  string // what differs from run to run
	Comment string
}

// Read reads the exchanges with one of the servers: smp, xftp or ntf.
func Read(t testing.TB, path, server string) (all []Exchange) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var cases []Exchange
	if err := json.NewDecoder(z).Decode(&cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if c.Server == server {
			all = append(all, c)
		}
	}
	return all
}

// Session is a session with a control port on TCP.
type Session struct {
	t       testing.TB
	conn    net.Conn
	in      *bufio.Reader
	version string
}

// patience bounds how long a test waits for what has to come.
const patience = time.Minute

// Dial begins a session with a server whose command version answers with that line; nothing else does. Nothing is read.
func Dial(t testing.TB, address, version string) *Session {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return &Session{t, c, bufio.NewReader(c), version + "\n"}
}

// Give sends a line and returns the answer. Answers have no end on the wire: the version is asked for behind it.
func (s *Session) Give(line string) string {
	s.t.Helper()
	if _, err := io.WriteString(s.conn, line+"version\n"); err != nil {
		s.t.Fatal(err)
	}
	var answer strings.Builder
	for {
		text, err := s.in.ReadString('\n')
		switch {
		case err != nil:
			s.t.Fatalf("%q: after %q: %v", line, answer.String(), err)
		case text == s.version:
			return answer.String()
		}
		answer.WriteString(text)
	}
}

// End sends a line and wants the server to close the session without an answer.
func (s *Session) End(line string) {
	s.t.Helper()
	if _, err := io.WriteString(s.conn, line); err != nil {
		s.t.Fatal(err)
	}
	if rest, err := io.ReadAll(s.in); err != nil || len(rest) > 0 {
		s.t.Errorf("%q: the session goes on: %q, %v", line, rest, err)
	}
}

// Replay gives the recorded lines, session by session, and compares the answers. Of what varies only the numbers may differ. An
// answer that other tells of is compared with that.
func Replay(t *testing.T, address, version string, all []Exchange, other func(Exchange) (want string, is bool)) {
	t.Helper()
	var s *Session
	for i, e := range all {
		if i == 0 || all[i-1].Session != e.Session {
			s = Dial(t, address, version)
		}
		if e.Closed {
			s.End(e.Send)
			continue
		}
		want, is := other(e)
		if !is {
			want = e.Receive
		}
		got := s.Give(e.Send)
		if got == want || e.Varies != "" && shape(got) == shape(want) {
			continue
		}
		t.Errorf("session %d, %d, %s: %q (%s):\n%s\nwant\n%s", e.Session, e.N, e.Role, e.Send, e.Comment, got, want)
	}
}

var numbers = regexp.MustCompile(`[0-9]+(\.[0-9]+)?`)

// shape is an answer without its numbers.
func shape(answer string) string { return numbers.ReplaceAllString(answer, "0") }
