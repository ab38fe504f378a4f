package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"switchyard/xftp/packets"
)

// container is the command with these variables.
func (p *process) container(variables ...string) *exec.Cmd {
	cmd := p.command("container")
	cmd.Env = append(append(cmd.Env, "FILES_PATH="+filepath.Join(p.dir, "files")), variables...)
	return cmd
}

// TestContainerRefuses: what cannot be set up is one line, and nothing is made.
func TestContainerRefuses(t *testing.T) {
	p := &process{t: t, dir: t.TempDir()}
	for _, c := range []struct {
		variables []string
		want      string
	}{
		{nil, "ADDR is not set; "},
		{[]string{"ADDR=localhost", "QUOTA=1gb"}, `ADDR "localhost" is no name of a host on the Internet; `},
		{[]string{"ADDR=x.example"}, "QUOTA is not set; "},
		{[]string{"ADDR=x.example", "QUOTA=1tb"}, `--quota "1tb" is not a size; write digits and kb, mb or gb`},
		{[]string{"ADDR=x.example", "QUOTA=1gb", "PASS=a@b"}, "PASS is not valid: a password is "},
	} {
		out, err := p.container(c.variables...).CombinedOutput()
		if err == nil || !strings.HasPrefix(string(out), "xftp-server: error: "+c.want) || strings.Count(string(out), "\n") != 1 {
			t.Errorf("%v: %v, %s", c.variables, err, out)
		}
	}
	if entries, err := os.ReadDir(p.dir); err != nil || len(entries) > 0 {
		t.Error(entries, err)
	}
}

// TestContainer: the first start sets up as the reference's script does, and a later one makes a backup without the packets.
func TestContainer(t *testing.T) {
	port, err := freePort()
	check(t, err)
	p := &process{t: t, dir: t.TempDir(), port: port}
	out, err := func() ([]byte, error) {
		cmd := p.container("ADDR=192.0.2.7", "QUOTA=1GB", "PASS=s3cret")
		cmd.Args = append(cmd.Args, "--log-level", "loud") // it goes no further
		return cmd.CombinedOutput()
	}()
	if err == nil || !strings.Contains(string(out), "--log-level loud is unknown") {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(p.dir, "etc", iniName))
	check(t, err)
	for _, line := range []string{"create_password = s3cret", "storage_quota = 1gb", "path = " + filepath.Join(p.dir, "files"), "host = 192.0.2.7", "port = 443"} {
		if !strings.Contains(string(text), "\n"+line+"\n") {
			t.Errorf("the ini has no line %q", line)
		}
	}
	p.edit("port = 443", "port = "+port, "create_password = s3cret", "# create_password = ", "host = 192.0.2.7", "host = 127.0.0.1")
	log, err := os.Create(filepath.Join(p.dir, "log"))
	check(t, err)
	defer log.Close()
	backups := func() []string {
		found, _ := filepath.Glob(filepath.Join(p.dir, "var", "backups", "*"))
		return found
	}
	for start := range 2 {
		p.run(log, p.container())
		if n := len(backups()); n != start {
			t.Errorf("%d backups at start %d", n, start)
		}
		c := p.dial()
		check(t, c.Ping(ctx))
		c.Close()
		p.stop(syscall.SIGINT)
	}
	made := backups()[0]
	if _, err := os.Stat(filepath.Join(made, "etc", iniName)); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(made, backupPackets)); err == nil {
		t.Error("packets are in the backup")
	}
	check(t, packets.Look(filepath.Join(made, "store")))
}
