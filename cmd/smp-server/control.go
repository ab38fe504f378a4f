package main

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"switchyard/server/connections"
	"switchyard/wal"
)

// The running router takes requests on a socket beside its store, which only its user may open: one line each, answered
// by one, `ok` or `error:` and what is wrong. The store's lock sees to it that there is one router for one socket.
const (
	controlSuffix = ".sock"
	requestBackup = "backup "
	answerOK      = "ok"
	answerError   = "error: "
	// requestTime is how long a request may take to arrive. How long it takes to be done depends on the disk.
	requestTime = 5 * time.Second
	maxRequest  = 8 << 10
)

// control sends a request to the router that has a store open. Without one, running is false.
func control(storePath, request string) (running bool, err error) {
	c, err := net.Dial("unix", storePath+controlSuffix)
	if err != nil {
		return false, nil
	}
	defer c.Close()
	if _, err := io.WriteString(c, request+"\n"); err != nil {
		return true, err
	}
	answer, err := bufio.NewReader(c).ReadString('\n')
	answer = strings.TrimSuffix(answer, "\n")
	switch {
	case err != nil:
		return true, errors.New("the router ended before it was done")
	case answer != answerOK:
		return true, errors.New(strings.TrimPrefix(answer, answerError))
	}
	return true, nil
}

// controller serves the socket.
type controller struct {
	listener net.Listener
	serving  sync.WaitGroup
	doing    sync.Mutex // one request at a time
	do       func(request string) error
}

// startControl listens beside an open store. The router runs without it where that is not possible.
func startControl(p paths, storePath string, store *wal.Store, log *slog.Logger) *controller {
	name := storePath + controlSuffix
	_ = os.Remove(name) // of a router that was killed: the store is ours
	l, err := net.Listen("unix", name)
	if err == nil {
		err = os.Chmod(name, 0o600)
	}
	if err != nil {
		log.Warn("no backup can be made while the router runs", "cause", err.Error())
		return nil
	}
	c := &controller{listener: connections.ForOperator(l, log), do: func(request string) error {
		if dir, ok := strings.CutPrefix(request, requestBackup); ok {
			log.Info("making a backup", "dir", dir)
			return makeBackup(p, storePath, store, dir)
		}
		return errors.New("the router does not know this request; it may be of another version than the program that sends it")
	}}
	c.serving.Go(c.accept)
	return c
}

func (c *controller) accept() {
	for {
		conn, err := c.listener.Accept()
		if err != nil {
			return // it is closed
		}
		c.serving.Go(func() { c.serve(conn) })
	}
}

func (c *controller) serve(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(requestTime))
	request, err := bufio.NewReader(io.LimitReader(conn, maxRequest)).ReadString('\n')
	if err != nil {
		return
	}
	c.doing.Lock()
	defer c.doing.Unlock()
	answer := answerOK
	if err := c.do(strings.TrimSuffix(request, "\n")); err != nil {
		answer = answerError + strings.Join(strings.Fields(err.Error()), " ")
	}
	_, _ = io.WriteString(conn, answer+"\n") // to one who may have left
}

// stop takes no more requests and waits for those that are under way, but not for a disk that hangs.
func (c *controller) stop(timeout time.Duration) {
	if c == nil {
		return
	}
	c.listener.Close()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c.serving.Wait()
	}()
	select {
	case <-ended:
	case <-time.After(timeout):
	}
}
