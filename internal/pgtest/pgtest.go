// Package pgtest runs a PostgreSQL server for tests: in a directory of its own, on a Unix socket, as a user who may do
// nothing else, since PostgreSQL refuses to run as root. The programs are Debian's, which `make tools` installs.
//
// pgtest imports nothing of ours. A Server belongs to the tests of one package.
package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Server is a running server with the superuser Owner and the database of the same name.
type Server struct {
	dir  string // data, socket and log
	bin  string // of the programs
	user *syscall.SysProcAttr
}

const (
	// Owner is the superuser.
	Owner = "owner"
	// Asked is a user who has to give Password.
	Asked = "asked"
	// Password is the password of Asked.
	Password = "correct-horse"
)

// nobody runs the server when the tests are root.
const nobody = 65534

// Start starts a server. Stop ends it.
func Start() (*Server, error) {
	all, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is right
	if len(all) == 0 {
		return nil, errors.New("pgtest: PostgreSQL is missing; run make tools")
	}
	slices.Sort(all)
	dir, err := os.MkdirTemp("/tmp", "pgtest") // a socket's path is short
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, bin: all[len(all)-1]}
	if err := s.start(); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

func (s *Server) start() error {
	if os.Getuid() == 0 {
		s.user = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		if err := os.Chown(s.dir, nobody, nobody); err != nil {
			return err
		}
	}
	data := filepath.Join(s.dir, "data")
	if err := s.run("initdb", "-D", data, "-U", Owner, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"); err != nil {
		return err
	}
	hba := "local all " + Asked + " scram-sha-256\nlocal all all trust\n"
	if err := os.WriteFile(filepath.Join(data, "pg_hba.conf"), []byte(hba), 0o600); err != nil {
		return err
	}
	if err := s.run("pg_ctl", "start", "-w", "-s", "-D", data, "-l", filepath.Join(s.dir, "log"),
		"-o", "-c fsync=off -c listen_addresses='' -c unix_socket_directories="+s.dir+" -c shared_buffers=16MB -c max_wal_size=128MB"); err != nil {
		return err
	}
	return s.SQL("postgres", "CREATE DATABASE "+Owner+"; CREATE ROLE "+Asked+" LOGIN SUPERUSER PASSWORD '"+Password+"'")
}

// run runs one of PostgreSQL's programs.
func (s *Server) run(name string, args ...string) error {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.SysProcAttr, cmd.Dir = s.user, s.dir
	// What pg_ctl starts must not hold a pipe of ours.
	out, err := os.CreateTemp(s.dir, name)
	if err != nil {
		return err
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(out.Name())
		return fmt.Errorf("pgtest: %s: %w: %s", name, err, text)
	}
	return nil
}

// URI is where a database is.
func (s *Server) URI(user, database string) string {
	return "postgresql://" + user + "@/" + database + "?host=" + s.dir
}

// Create makes a database, with what that of Owner has.
func (s *Server) Create(database string) error {
	return s.SQL("postgres", "CREATE DATABASE "+strconv.Quote(database)+" TEMPLATE "+Owner)
}

// SQL executes a script, in psql's words, in a database. It ends at the first failure.
func (s *Server) SQL(database, script string) error {
	cmd := exec.Command(filepath.Join(s.bin, "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", s.dir, "-U", Owner, database)
	cmd.Stdin = strings.NewReader(script)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("pgtest: %w: %s", err, out)
	}
	return nil
}

// Stop ends the server and removes what it had.
func (s *Server) Stop() error {
	err := s.run("pg_ctl", "stop", "-s", "-m", "immediate", "-w", "-D", filepath.Join(s.dir, "data"))
	return errors.Join(err, os.RemoveAll(s.dir))
}
