package directories

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// using makes this test binary a server that lives in a directory.
const using = "SWITCHYARD_TEST_USE"

func TestMain(m *testing.M) {
	dir := os.Getenv(using)
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := Use(dir); err != nil {
		os.Stdout.WriteString(err.Error())
		os.Exit(1)
	}
	os.Stdout.WriteString("uses\n")
	os.Stdin.Read(make([]byte, 1)) // until the test says so
}

// server starts one, waits until it lives in dir, and returns how to end it; or what it says when it ends by itself.
func server(t *testing.T, dir string) (end func(), says string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), using+"="+dir)
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	said := make([]byte, 1000)
	n, _ := out.Read(said)
	return func() { in.Close(); cmd.Wait() }, string(said[:n])
}

func TestServersShareAndCommandsWait(t *testing.T) {
	dir := t.TempDir()
	endFirst, said := server(t, dir)
	endSecond, said2 := server(t, dir)
	if said != "uses\n" || said2 != "uses\n" {
		t.Fatal(said, said2)
	}
	for range 2 {
		if _, err := Alone(dir); !errors.Is(err, ErrInUse) || !strings.HasPrefix(err.Error(), dir) {
			t.Error(err)
		}
		endFirst()
	}
	endSecond()
	release, err := Alone(dir)
	if err != nil {
		t.Fatal(err)
	}
	if end, said := server(t, dir); said != dir+": is being deleted or restored; wait for the end of that" {
		t.Error(said)
	} else {
		end()
	}
	release()
	if end, said := server(t, dir); said != "uses\n" {
		t.Error(said)
	} else {
		end()
	}
	missing := filepath.Join(dir, "missing")
	if err := Use(missing); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if release, err := Alone(missing); err != nil {
		t.Error(err)
	} else {
		release()
	}
}

func TestRemoveLeavesWhatIsOthers(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "etc")
	for _, name := range []string{"ca.key", "ca.crt", "store/a/b", "store.sock", "notes", "photos/1", "restore"} {
		name = filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	own := []string{"ca.*", "store", "store.*"}
	if !Has(dir, own...) {
		t.Error("it has nothing")
	}
	left, err := Remove(dir, own...)
	var want []string
	for _, name := range []string{"notes", "photos", "restore"} {
		want = append(want, filepath.Join(dir, name))
	}
	if err != nil || !slices.Equal(left, want) {
		t.Errorf("left %q, %v", left, err)
	}
	if Has(dir, own...) {
		t.Error("it still has something")
	}
	if left, err := Remove(dir, "*"); err != nil || left != nil {
		t.Errorf("left %q, %v", left, err)
	}
	if _, err := os.Lstat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Error("the directory is there:", err)
	}
	if left, err := Remove(dir, "*"); err != nil || left != nil {
		t.Errorf("of nothing left %q, %v", left, err)
	}
}

// TestRemoveThroughALink: what a link leads to is emptied, not what is beside it.
func TestRemoveThroughALink(t *testing.T) {
	top := t.TempDir()
	target, link := filepath.Join(top, "disk", "etc"), filepath.Join(top, "etc")
	if err := errors.Join(os.MkdirAll(filepath.Join(target, "store"), 0o700), os.Symlink(target, link)); err != nil {
		t.Fatal(err)
	}
	if left, err := Remove(link, "store"); err != nil || left != nil {
		t.Errorf("left %q, %v", left, err)
	}
	if found, err := filepath.Glob(filepath.Join(top, "*", "*")); err != nil || found != nil {
		t.Errorf("there are %q, %v", found, err)
	}
}
