package control

import (
	"errors"
	"fmt"
	"net"
	"os"
)

// Socket is the name of a server's socket, beside its store.
func Socket(storePath string) string { return storePath + ".sock" }

// ListenSocket serves the socket of that name, which only the user of this process may open. Where another process serves it,
// it stays that one's.
func (s *Server) ListenSocket(name string) error {
	if c, err := net.Dial("unix", name); err == nil {
		c.Close()
		return fmt.Errorf("%s is served by another process", name)
	}
	l, err := listenPrivately(name)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.path = name
	s.mu.Unlock()
	s.serve(l, s.socket, true)
	return nil
}

// listenPrivately makes the socket where nobody else comes, and moves it to its place when it is closed to others: it would be
// open to them for a moment. What is in its place belongs to a process that was killed.
func listenPrivately(name string) (net.Listener, error) {
	dir := name + ".d"
	err := os.RemoveAll(dir)
	if err == nil {
		err = os.Mkdir(dir, 0o700)
	}
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	draft := dir + "/s"
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: draft, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	err = os.Chmod(draft, 0o600)
	if err == nil {
		err = os.Rename(draft, name)
	}
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// removeSocket takes the socket away.
func (s *Server) removeSocket() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.path != "" {
		_ = os.Remove(s.path)
		s.path = ""
	}
}
