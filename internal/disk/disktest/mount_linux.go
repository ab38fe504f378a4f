package disktest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// ownMounts says that this test binary runs where it may mount what nobody else sees.
const ownMounts = "SWITCHYARD_TEST_OWN_MOUNTS"

// WithMounts calls run where Mount works: in another process that runs the calling test again, in name spaces of its own, for
// which Linux needs no root where it lets everybody have them. Where it does not the test says so.
func WithMounts(t *testing.T, run func()) {
	t.Helper()
	if os.Getenv(ownMounts) == "" {
		runWithMounts(t)
		return
	}
	probe := t.TempDir()
	if err := mount(probe, 1<<20); errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		t.Log("this system lets nobody mount in a name space of his own, so there is no disk to fill: ", err)
		return
	}
	if err := unix.Unmount(probe, 0); err != nil {
		t.Fatal(err)
	}
	run()
}

// runWithMounts runs the calling test again, in a process that may mount.
func runWithMounts(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.v", "-test.run=^"+t.Name()+"$") // it has time limits of its own
	cmd.Env = append(os.Environ(), ownMounts+"=1")
	root := func(id int) []syscall.SysProcIDMap { return []syscall.SysProcIDMap{{HostID: id, Size: 1}} }
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER | unix.CLONE_NEWNS, Pdeathsig: unix.SIGKILL,
		UidMappings: root(os.Getuid()), GidMappings: root(os.Getgid())}
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Log("this system lets nobody have name spaces of his own, so there is no disk to fill: ", err)
		return
	}
	err := cmd.Wait()
	if t.Log(out.String()); err != nil {
		t.Error(err)
	}
}

func mount(dir string, size int64) error {
	return unix.Mount("disk", dir, "tmpfs", 0, "size="+strconv.FormatInt(size, 10))
}

// Mount gives a directory a real file system of a size, in memory, until the test ends.
func Mount(t *testing.T, dir string, size int64) {
	t.Helper()
	if err := mount(dir, size); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

// Free is how many bytes of the disk of a directory are free.
func Free(t *testing.T, dir string) int64 {
	t.Helper()
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		t.Fatal(err)
	}
	return int64(s.Bavail) * s.Bsize
}

// Fill takes all space of the disk of a directory but some bytes, as another program would, and gives the file that has it.
func Fill(t *testing.T, dir string, but int64) (name string) {
	t.Helper()
	name = filepath.Join(dir, "of another program")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	size := int64(0)
	for piece := make([]byte, 4096); err == nil; {
		var n int
		n, err = f.Write(piece)
		size += int64(n)
	}
	if !errors.Is(err, unix.ENOSPC) {
		t.Fatal(err)
	}
	if err := f.Truncate(max(0, size-but)); err != nil {
		t.Fatal(err)
	}
	return name
}
