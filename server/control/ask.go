package control

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
)

// ErrStopped says that no server serves a socket.
var ErrStopped = errors.New("the router does not run")

// ErrAuth says that a command needs a role.
var ErrAuth = errors.New("AUTH: the command needs a role that this session does not have")

// Ask sends a command to the server of a socket and returns the lines of its answer. An answer that is an error is one, too,
// without its prefix.
func Ask(socket, command string) ([]string, error) {
	if strings.ContainsAny(command, "\r\n") || len(command) > maxLine || !isText([]byte(command)) {
		return nil, fmt.Errorf("a command is one line of text, of at most %d bytes", maxLine)
	}
	c, err := net.Dial("unix", socket)
	if err != nil {
		return nil, ErrStopped
	}
	defer c.Close()
	in := bufio.NewReader(c)
	if _, err := answer(in); err != nil { // the greeting
		return nil, err
	}
	if _, err := io.WriteString(c, command+"\n"); err != nil {
		return nil, err
	}
	if command == "quit" {
		return nil, nil
	}
	lines, err := answer(in)
	if err != nil || len(lines) == 0 {
		return lines, err
	}
	first := lines[0]
	switch text, is := strings.CutPrefix(first, errorPrefix); {
	case is:
		return nil, errors.New(text)
	case strings.HasPrefix(first, "error"): // "error, queue is inactive" is the reference's
		return nil, errors.New(strings.TrimLeft(strings.TrimPrefix(first, "error"), ", "))
	case first == unauthorized:
		return nil, ErrAuth
	}
	return lines, nil
}

// answer reads up to the empty line that ends an answer.
func answer(in *bufio.Reader) (lines []string, err error) {
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return nil, errors.New("the router ended before it was done")
		}
		if line == "\n" {
			return lines, nil
		}
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
}
