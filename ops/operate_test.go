//go:build operate

package ops

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// make runs a target of the Makefile.
func makeTarget(t *testing.T, target string, variables ...string) {
	t.Helper()
	cmd := exec.Command("make", append([]string{"-C", "..", target}, variables...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make %s: %v\n%s", target, err, out)
	}
}

// TestPackages installs the packages of this architecture into empty roots, and runs what is there.
func TestPackages(t *testing.T) {
	if os.Getuid() != 0 {
		t.Fatal("dpkg and rpm install into a root as root only: run this as root")
	}
	makeTarget(t, "packages", "ARCHS="+runtime.GOARCH, "VERSION=0.0.1")
	rpmArch := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH]
	for _, c := range []struct{ server, deb, rpm string }{
		{"smp-server", "smp-server_0.0.1_" + runtime.GOARCH + ".deb", "smp-server-0.0.1-1." + rpmArch + ".rpm"},
		{"xftp-server", "xftp-server_0.0.1_" + runtime.GOARCH + ".deb", "xftp-server-0.0.1-1." + rpmArch + ".rpm"},
	} {
		t.Run(c.deb, func(t *testing.T) {
			root := t.TempDir()
			for _, dir := range []string{"var/lib/dpkg/info", "var/lib/dpkg/updates", "tmp"} {
				must(t, os.MkdirAll(filepath.Join(root, dir), 0o755))
			}
			must(t, os.WriteFile(filepath.Join(root, "var/lib/dpkg/status"), nil, 0o644))
			run(t, exec.Command("dpkg", "--root="+root, "--force-script-chrootless", "--install", filepath.Join("../bin/packages", c.deb)))
			installed(t, root, c.server)
		})
		t.Run(c.rpm, func(t *testing.T) {
			root := t.TempDir()
			// Scripts want a shell in the root, which an empty one has not.
			run(t, exec.Command("rpm", "--root", root, "--noscripts", "--nodeps", "--ignorearch", "-i", absolute(t, filepath.Join("../bin/packages", c.rpm))))
			installed(t, root, c.server)
		})
	}
}

// installed looks for the files of a package, and runs its router in the root.
func installed(t *testing.T, root, server string) {
	for _, name := range []string{
		"usr/bin/" + server, "usr/lib/systemd/system/" + server + ".service", "usr/lib/systemd/system/" + server + "-backup.timer",
		"usr/lib/sysusers.d/" + server + ".conf", "usr/lib/tmpfiles.d/" + server + ".conf", "usr/share/man/man8/" + server + ".8",
		"usr/share/bash-completion/completions/" + server,
	} {
		if info, err := os.Stat(filepath.Join(root, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, os.MkdirAll(filepath.Join(root, "tmp"), 0o777))
	arguments := []string{"init", "-y", "--ip", "127.0.0.1"}
	if server == "xftp-server" {
		arguments = []string{"init", "-q", "1gb", "--ip", "127.0.0.1", "-p", "/srv/xftp"}
		must(t, os.MkdirAll(filepath.Join(root, "srv/xftp"), 0o750))
	}
	environment := []string{"PATH=/usr/bin"}
	run(t, inRoot(root, 0, environment, "/usr/bin/"+server, arguments...))
	freePorts(t, root)
	run(t, inRoot(root, 0, environment, "/usr/bin/"+server, "check"))
	startsAndStops(t, inRoot(root, 0, environment, "/usr/bin/"+server, "start"))
}

// TestImage starts the files of an image, as its user and with nothing else.
func TestImage(t *testing.T) {
	if os.Getuid() != 0 {
		t.Fatal("the root of an image is entered as root only: run this as root")
	}
	const megabyte = 1e6
	for _, c := range []struct {
		server      string
		environment []string
	}{
		{"smp-server", []string{"ADDR=127.0.0.1", "PASS=", "WEB_MANUAL=1"}},
		{"xftp-server", []string{"ADDR=127.0.0.1", "PASS=", "QUOTA=1gb"}},
	} {
		t.Run(c.server, func(t *testing.T) {
			root := filepath.Join(t.TempDir(), "root")
			run(t, exec.Command("image/root", c.server, root))
			size := int64(0)
			must(t, filepath.Walk(root, func(_ string, info os.FileInfo, err error) error {
				if err == nil && info.Mode().IsRegular() {
					size += info.Size()
				}
				return err
			}))
			if size > 40*megabyte {
				t.Errorf("the image has %d bytes", size)
			}
			// The first start sets the router up, and fails behind that: a port below 1024 is not this user's here, as it is in
			// a container.
			first := inRoot(root, 1000, c.environment, "/server", "container", "--log-level", "loud")
			if out, err := first.CombinedOutput(); err == nil || !strings.Contains(string(out), "loud is unknown") {
				t.Fatalf("%v\n%s", err, out)
			}
			freePorts(t, root)
			startsAndStops(t, inRoot(root, 1000, c.environment, "/server", "container"))
			startsAndStops(t, inRoot(root, 1000, c.environment, "/server", "container"))
		})
	}
}

// freePorts has a router listen where nothing else does.
func freePorts(t *testing.T, root string) {
	t.Helper()
	for _, name := range []string{"etc/opt/simplex/smp-server.ini", "etc/opt/simplex-xftp/file-server.ini"} {
		name = filepath.Join(root, name)
		text, err := os.ReadFile(name)
		if os.IsNotExist(err) {
			continue
		}
		must(t, err)
		lines := strings.Split(string(text), "\n")
		for i, line := range lines {
			switch key, _, _ := strings.Cut(line, "="); strings.TrimSpace(key) {
			case "port":
				lines[i] = "port = 21743"
			case "https", "http", "cert", "key":
				lines[i] = "# " + line
			}
		}
		must(t, os.WriteFile(name, []byte(strings.Join(lines, "\n")), 0o600))
	}
}

// inRoot is a program with a directory as its root.
func inRoot(root string, user uint32, environment []string, program string, arguments ...string) *exec.Cmd {
	cmd := exec.Command(program, arguments...)
	cmd.Err, cmd.Path = nil, program // it is looked for in the root
	cmd.Dir, cmd.Env = "/", environment
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: user, Gid: user}}
	return cmd
}

// startsAndStops waits until a router says where it listens, and has it stop.
func startsAndStops(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	must(t, err)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	must(t, cmd.Start())
	ready, cancel := context.WithCancel(context.Background())
	defer cancel()
	var said strings.Builder
	lines := bufio.NewScanner(out)
	for ready.Err() == nil && lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), "creating new queues") || strings.HasPrefix(lines.Text(), "Listening on port") {
			cancel()
		}
	}
	if ready.Err() == nil {
		_ = cmd.Wait()
		t.Fatalf("%v did not start:\n%s%s", cmd.Args, said.String(), complaints.String())
	}
	must(t, cmd.Process.Signal(os.Interrupt))
	_, _ = io.Copy(io.Discard, out)
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %v\n%s", cmd.Args, err, complaints.String())
	}
}

func run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func absolute(t *testing.T, name string) string {
	t.Helper()
	name, err := filepath.Abs(name)
	must(t, err)
	return name
}
