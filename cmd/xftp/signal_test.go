package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"switchyard/smp"
	"switchyard/xftp/router/routertest"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// started is a running xftp in a directory that is its home, too.
type started struct {
	t      *testing.T
	cmd    *exec.Cmd
	out    *bufio.Reader
	stdin  io.WriteCloser
	stderr *bufio.Reader
	said   strings.Builder // of stderr, by awaitNote
}

func start(t *testing.T, dir string, args ...string) *started {
	t.Helper()
	s := &started{t: t, cmd: exec.Command("xftp", args...)}
	s.cmd.Dir = dir
	s.cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_STATE_HOME=", "TMPDIR="+tempOf(t, dir))
	out, err := s.cmd.StdoutPipe()
	check(t, err)
	stderr, err := s.cmd.StderrPipe()
	check(t, err)
	s.stdin, err = s.cmd.StdinPipe()
	check(t, err)
	s.out, s.stderr = bufio.NewReader(out), bufio.NewReader(stderr)
	check(t, s.cmd.Start())
	t.Cleanup(func() { s.cmd.Process.Kill() })
	return s
}

func tempOf(t *testing.T, dir string) string {
	temp := filepath.Join(dir, "tmp")
	check(t, os.MkdirAll(temp, 0o700))
	return temp
}

func (s *started) signal(sig os.Signal) { check(s.t, s.cmd.Process.Signal(sig)) }

// await reads standard output until it has a text.
func (s *started) await(text string) {
	s.t.Helper()
	var seen []byte
	for !bytes.Contains(seen, []byte(text)) {
		c, err := s.out.ReadByte()
		if err != nil {
			rest, _ := io.ReadAll(s.stderr)
			s.t.Fatalf("%q ends without %q: %s", seen, text, rest)
		}
		seen = append(seen, c)
	}
}

// awaitNote reads lines of standard error until one has a text.
func (s *started) awaitNote(text string) {
	s.t.Helper()
	for {
		line, err := s.stderr.ReadString('\n')
		s.said.WriteString(line)
		if strings.Contains(line, text) {
			return
		}
		if err != nil {
			s.t.Fatalf("%q is not said, but %q", text, s.said.String())
		}
	}
}

// end is what is said from now on, when the process ends with exit code 1.
func (s *started) end() (out, stderr string) {
	s.t.Helper()
	var wg sync.WaitGroup
	var rest [2][]byte
	for i, r := range []io.Reader{s.out, s.stderr} {
		wg.Go(func() { rest[i], _ = io.ReadAll(r) })
	}
	wg.Wait()
	var exit *exec.ExitError
	if err := s.cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		s.t.Errorf("ends with %v: %s", err, rest[1])
	}
	return string(rest[0]), s.said.String() + string(rest[1])
}

// interrupted checks that the first signal ends the process in order, with these words before the error.
func (s *started) interrupted(words ...string) {
	s.t.Helper()
	_, said := s.end()
	for _, w := range append(words, "xftp: error: interrupted\n") {
		if !strings.Contains(said, w) {
			s.t.Errorf("%q is not said, but %q", w, said)
		}
	}
}

// onlyIn checks what a directory has.
func onlyIn(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	check(t, err)
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("%s has %q, want %q", dir, got, names)
	}
}

// frozen stands before a router. After so many bytes in a direction nothing more passes in it until it is thawed, and
// connections stay.
type frozen struct {
	address smp.ServerAddress
	mu      sync.Mutex
	left    map[string]int64
	reached chan struct{}
	thawed  chan struct{}
}

func freeze(t *testing.T, r *routertest.Router, up, down int64) *frozen {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	f := &frozen{address: r.Address, left: map[string]int64{"up": up, "down": down}, reached: make(chan struct{}), thawed: make(chan struct{})}
	behind := r.Addrs()[0].String()
	_, f.address.Port, err = net.SplitHostPort(l.Addr().String())
	check(t, err)
	ended := make(chan struct{})
	t.Cleanup(func() {
		close(ended)
		l.Close()
		select {
		case <-f.thawed:
		default:
			close(f.thawed)
		}
	})
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			router, err := net.Dial("tcp", behind)
			if err != nil {
				client.Close()
				return
			}
			go func() { <-ended; client.Close(); router.Close() }()
			go f.pass(router, client, "up")
			go f.pass(client, router, "down")
		}
	}()
	return f
}

func (f *frozen) pass(dst, src net.Conn, direction string) {
	p := make([]byte, 16<<10)
	for {
		n, err := src.Read(p)
		f.mu.Lock()
		before := f.left[direction]
		f.left[direction] -= int64(n)
		now := f.left[direction]
		f.mu.Unlock()
		if before > 0 && now <= 0 {
			close(f.reached)
		}
		if err != nil {
			dst.Close()
			return
		}
		if now <= 0 {
			<-f.thawed
		}
		if _, err := dst.Write(p[:n]); err != nil {
			return
		}
	}
}

// unlimited is more than any test sends.
const unlimited = 1 << 40

// sendFile sends a file of a size in dir, and is the path of its description.
func sendFile(t *testing.T, dir string, r *routertest.Router, name, size string) string {
	t.Helper()
	run(t, dir, "rand", name, size)
	run(t, dir, "send", "-s", r.Address.String(), name)
	return name + ".xftp/rcv1.xftp"
}

// TestSignalAtAQuestion: the file is there, and the description stays.
func TestSignalAtAQuestion(t *testing.T) {
	dir := t.TempDir()
	run(t, dir, "rand", "file", "100kb")
	run(t, dir, "send", "-n", "3", "-s", routertest.Start(t, nil).Address.String(), "file")
	for i, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		n := strconv.Itoa(i + 1)
		s := start(t, dir, "recv", "file.xftp/rcv"+n+".xftp", n+"/")
		s.await("(Y/n): ")
		s.signal(sig)
		s.interrupted()
		onlyIn(t, filepath.Join(dir, n), "file")
	}
	onlyIn(t, filepath.Join(dir, "file.xftp"), "rcv1.xftp", "rcv2.xftp", "rcv3.xftp", "snd.xftp.private")
}

// TestSignalAtAPipe: neither a description nor standard input that does not come is waited for.
func TestSignalAtAPipe(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	check(t, unix.Mkfifo(pipe, 0o600))
	for _, args := range [][]string{{"recv", "pipe"}, {"info", "pipe"}, {"del", "pipe"}} {
		s := start(t, dir, args...)
		w, err := os.OpenFile(pipe, os.O_WRONLY, 0) // returns when the process has opened it
		check(t, err)
		s.signal(os.Interrupt)
		s.interrupted()
		w.Close()
	}
	s := start(t, dir, "send", "--name", "x", "-s", address, "-")
	_, err := s.stdin.Write(make([]byte, 1<<20)) // more than the pipe holds: the process reads
	check(t, err)
	s.signal(syscall.SIGTERM)
	s.interrupted()
	onlyIn(t, filepath.Join(dir, "tmp"))
}

// address is one of a router where nobody listens.
const address = "xftp://AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=@127.0.0.1:1"

// TestSignalInEncryption: nothing is left.
func TestSignalInEncryption(t *testing.T) {
	dir := t.TempDir()
	big := filepath.Join(dir, "big")
	check(t, os.WriteFile(big, nil, 0o600))
	check(t, os.Truncate(big, 1<<30))
	s := start(t, dir, "send", "--json", "-s", address, "big")
	s.await(`"phase":"encrypting"`)
	s.signal(os.Interrupt)
	s.await(`{"event":"error","text":"interrupted"}`)
	s.interrupted()
	onlyIn(t, dir, ".local", "big", "tmp")
	onlyIn(t, filepath.Join(dir, "tmp"))
	onlyIn(t, filepath.Join(dir, ".local/state/xftp"))
}

// TestSignalInAnUpload: what is uploaded is kept, which is said, and the same call goes on.
func TestSignalInAnUpload(t *testing.T) {
	dir := t.TempDir()
	r := routertest.Start(t, nil)
	run(t, dir, "rand", "large", "30mb")
	// Of four packets of 4 MiB that are under way at a time one is there, at least, when 18 MiB have passed; of eight not
	// all are.
	slow := freeze(t, r, 18<<20, unlimited)
	s := start(t, dir, "send", "--json", "-s", slow.address.String(), "large")
	<-slow.reached
	s.await(`"event":"progress"`)
	s.signal(os.Interrupt)
	out, said := s.end()
	if !strings.Contains(out, "are uploaded already; the same command goes on from there") || !strings.Contains(said, "interrupted") {
		t.Errorf("%s, %s", out, said)
	}
	onlyIn(t, filepath.Join(dir, "tmp"))
	onlyIn(t, dir, ".local", "large", "tmp")
	close(slow.thawed)
	again := exec.Command("xftp", "send", "--json", "-s", slow.address.String(), "large")
	again.Dir, again.Env = dir, s.cmd.Env
	text, err := again.Output()
	if err != nil || !bytes.Contains(text, []byte(`"event":"resuming"`)) {
		t.Fatalf("%s, %v", text, err)
	}
	run(t, dir, "recv", "-y", "large.xftp/rcv1.xftp", "in/")
	if !bytes.Equal(read(t, filepath.Join(dir, "in/large")), read(t, filepath.Join(dir, "large"))) {
		t.Error("another file is received")
	}
	onlyIn(t, filepath.Join(dir, ".local/state/xftp"))
}

// TestSecondSignal ends the process while it tidies up, which a router that does not answer makes long.
func TestSecondSignal(t *testing.T) {
	dir := t.TempDir()
	run(t, dir, "rand", "large", "30mb")
	slow := freeze(t, routertest.Start(t, nil), 1<<20, unlimited)
	s := start(t, dir, "send", "-s", slow.address.String(), "large")
	<-slow.reached
	s.signal(os.Interrupt)
	s.awaitNote("ending in order; once more ends at once")
	s.signal(os.Interrupt)
	s.cmd.Wait()
	if status := s.cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGINT {
		t.Errorf("ends with %v: %s", s.cmd.ProcessState, s.said.String())
	}
}

// TestSignalInADownload: what has come is kept, which is said, and the same call goes on; what cannot serve goes.
func TestSignalInADownload(t *testing.T) {
	dir := t.TempDir()
	r := routertest.Start(t, nil)
	sendFile(t, dir, r, "large", "30mb")
	description := filepath.Join(dir, "large.xftp/rcv1.xftp")
	text := read(t, description)
	through := func(f *frozen) {
		check(t, os.WriteFile(description, bytes.ReplaceAll(text, []byte(":"+r.Address.Port+"\n"), []byte(":"+f.address.Port+"\n")), 0o600))
	}
	// Nothing has come: nothing is left.
	f := freeze(t, r, unlimited, 1<<20)
	through(f)
	s := start(t, dir, "recv", "large.xftp/rcv1.xftp", "in/")
	<-f.reached
	s.signal(os.Interrupt)
	s.interrupted()
	onlyIn(t, filepath.Join(dir, "tmp"))
	onlyIn(t, filepath.Join(dir, "in"))
	// A packet, at least, has come.
	f = freeze(t, r, unlimited, 18<<20)
	through(f)
	s = start(t, dir, "recv", "--json", "large.xftp/rcv1.xftp", "in/")
	<-f.reached
	s.await(`"event":"progress"`)
	s.signal(syscall.SIGTERM)
	out, _ := s.end()
	var note struct{ Text string }
	for line := range strings.Lines(out) {
		if strings.Contains(line, `"event":"note"`) {
			check(t, json.Unmarshal([]byte(line), &note))
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "tmp/*"))
	check(t, err)
	if len(left) != 1 || !strings.HasSuffix(note.Text, "are downloaded already; the same command goes on from there: see "+left[0]) {
		t.Errorf("%q is left: %q", left, note.Text)
	}
	onlyIn(t, filepath.Join(dir, "in"))
	check(t, os.WriteFile(description, text, 0o600))
	again := exec.Command("xftp", "recv", "-y", "large.xftp/rcv1.xftp", "in/")
	again.Dir, again.Env = dir, s.cmd.Env
	said, err := again.CombinedOutput()
	if err != nil || !bytes.Contains(said, []byte("xftp: note: going on: ")) {
		t.Errorf("%s, %v", said, err)
	}
	onlyIn(t, filepath.Join(dir, "tmp"))
	if !bytes.Equal(read(t, filepath.Join(dir, "in/large")), read(t, filepath.Join(dir, "large"))) {
		t.Error("another file is received")
	}
}
