package main

import (
	"bufio"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestLogWithoutReader: a router whose log and output have lost their reader serves on, whatever it has to say, and stops in
// order.
func TestLogWithoutReader(t *testing.T) {
	p := newProcess(t, "log_tls_errors = off", "log_tls_errors = on")
	log, stderr, err := os.Pipe()
	check(t, err)
	p.startInto(stderr)
	check(t, stderr.Close())
	check(t, log.Close())
	stranger, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", p.address.Port))
	check(t, err)
	_, err = stranger.Write([]byte("GET / HTTP/1.0\r\n\r\n"))
	check(t, err)
	_, _ = io.ReadAll(stranger) // until the router has closed the connection, which it logs
	check(t, p.dial().Ping(testContext(t)))
	p.stop()
}

// TestSignalsThatDoNotEnd: a router lives through every signal that is no order to stop and no fault of its own, and rereads
// its settings on SIGHUP.
func TestSignalsThatDoNotEnd(t *testing.T) {
	p := newProcess(t)
	log, stderr, err := os.Pipe()
	check(t, err)
	p.startInto(stderr)
	check(t, stderr.Close())
	defer log.Close()
	for _, s := range []syscall.Signal{
		syscall.SIGHUP, syscall.SIGPIPE, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM, syscall.SIGCHLD, syscall.SIGCONT,
		syscall.SIGURG, syscall.SIGXCPU, syscall.SIGXFSZ, syscall.SIGVTALRM, syscall.SIGWINCH, syscall.SIGIO,
	} {
		check(t, p.cmd.Process.Signal(s))
		check(t, p.dial().Ping(testContext(t)))
	}
	lines := bufio.NewScanner(log)
	for lines.Scan() && !strings.Contains(lines.Text(), "settings and certificates are reread") {
	}
	check(t, lines.Err())
	go io.Copy(io.Discard, log)
	p.stop()
}
