package wal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// holdVariable makes this test binary a process that opens a store and holds it until its standard input ends.
const holdVariable = "WAL_TEST_HOLD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(holdVariable); dir != "" {
		hold(dir)
		return
	}
	os.Exit(m.Run())
}

func hold(dir string) {
	s, err := Open(dir, Options{})
	if err != nil {
		os.Stdout.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
	os.Stdout.WriteString("open\n")
	io.Copy(io.Discard, os.Stdin)
	s.Close()
}

// holder starts a process that holds the store in dir, and returns when it does.
func holder(t *testing.T, dir string) (cmd *exec.Cmd, stdin io.Closer) {
	t.Helper()
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), holdVariable+"="+dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "open\n" {
		t.Fatal(line, err)
	}
	return cmd, in
}

// wantFault checks that Open fails with one line that names the place.
func wantFault(t *testing.T, dir string, o Options, fault string) {
	t.Helper()
	s, err := Open(dir, o)
	if err == nil {
		s.Close()
		t.Fatalf("opens, want %q", fault)
	}
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, which is not an *Error", err)
	}
	if !strings.Contains(e.Fault, fault) || e.Place == "" || e.Mend == "" || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %q, want %q", err, fault)
	}
	t.Log(err)
}

func TestTwoProcesses(t *testing.T) {
	dir := t.TempDir()
	cmd, stdin := holder(t, dir)
	wantFault(t, dir, Options{}, "in use")
	stdin.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	cmd, _ = holder(t, dir)
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	openStore(t, dir, Options{})
}

func TestTwoHandles(t *testing.T) {
	onEachFS(t, func(t *testing.T, dir string, o Options) {
		s := openStore(t, dir, o)
		wantFault(t, dir, o, "in use")
		s.Close()
		openStore(t, dir, o)
	})
}

func TestPartitionKeyStays(t *testing.T) {
	fs := vfs.NewMem()
	s := openStore(t, "a", Options{FS: fs})
	key := s.PartitionKey()
	s.Close()
	if s = openStore(t, "a", Options{FS: fs}); s.PartitionKey() != key {
		t.Error("the partition key changed")
	}
	if other := openStore(t, "b", Options{FS: fs}); other.PartitionKey() == key || key == [16]byte{} {
		t.Error("another store has the same partition key")
	}
}

// rewriteMeta changes what a store says about itself.
func rewriteMeta(t *testing.T, fs vfs.FS, key, value []byte) {
	t.Helper()
	s := openStore(t, "store", Options{FS: fs})
	if err := s.database().Set(key, value, pebble.Sync); err != nil {
		t.Fatal(err)
	}
	s.Close()
}

func TestOtherVersions(t *testing.T) {
	fs := vfs.NewMem()
	rewriteMeta(t, fs, metaFormat, binary.BigEndian.AppendUint32(nil, formatVersion+1))
	wantFault(t, "store", Options{FS: fs}, "newer version")
	fs = vfs.NewMem()
	rewriteMeta(t, fs, metaFormat, []byte{1})
	wantFault(t, "store", Options{FS: fs}, "corrupt")
	fs = vfs.NewMem()
	rewriteMeta(t, fs, metaPartition, []byte{1})
	wantFault(t, "store", Options{FS: fs}, "corrupt")
}

// TestNewerPebble gives a store the mark of a format that Pebble does not know yet.
func TestNewerPebble(t *testing.T) {
	fs := vfs.NewMem()
	openStore(t, "store", Options{FS: fs}).Close()
	names, _ := fs.List("store")
	for _, name := range names {
		if strings.HasPrefix(name, "marker.format-version.") {
			newer := name[:strings.LastIndexByte(name, '.')] + ".999"
			if err := fs.Rename("store/"+name, "store/"+newer); err != nil {
				t.Fatal(err)
			}
		}
	}
	wantFault(t, "store", Options{FS: fs}, "newer version")
}

func TestForeignDirectories(t *testing.T) {
	create := func(t *testing.T, fs vfs.FS, name string) {
		f, err := fs.Create(name, vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	t.Run("file", func(t *testing.T) {
		fs := vfs.NewMem()
		create(t, fs, "store")
		wantFault(t, "store", Options{FS: fs}, "not a directory")
	})
	t.Run("other files", func(t *testing.T) {
		fs := vfs.NewMem()
		fs.MkdirAll("store", 0o700)
		create(t, fs, "store/photo.jpg")
		wantFault(t, "store", Options{FS: fs}, "something else")
		if names, _ := fs.List("store"); len(names) != 1 {
			t.Errorf("the directory holds %q now", names)
		}
	})
	t.Run("other database", func(t *testing.T) {
		fs := vfs.NewMem()
		db, err := pebble.Open("store", &pebble.Options{FS: fs, Logger: silent{}})
		if err != nil {
			t.Fatal(err)
		}
		db.Close()
		wantFault(t, "store", Options{FS: fs}, "something else")
	})
	t.Run("other content", func(t *testing.T) {
		fs := vfs.NewMem()
		s := openStore(t, "store", Options{FS: fs})
		s.database().Delete(metaFormat, nil)
		s.database().Set([]byte("key"), nil, nil)
		s.Close()
		wantFault(t, "store", Options{FS: fs}, "something else")
	})
	t.Run("mount point", func(t *testing.T) {
		fs := vfs.NewMem()
		fs.MkdirAll("store/lost+found", 0o700)
		openStore(t, "store", Options{FS: fs})
	})
}

func TestUnwritable(t *testing.T) {
	for _, kind := range []errorfs.OpKind{errorfs.OpMkdirAll, errorfs.OpLock, errorfs.OpList} {
		fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
			if op.Kind == kind {
				return &os.PathError{Op: "open", Path: op.Path, Err: syscall.EACCES}
			}
			return nil
		}))
		wantFault(t, "store", Options{FS: fs}, "not readable and writable")
	}
}

// TestCreationCutShort crashes after each of the first writes of a new store.
func TestCreationCutShort(t *testing.T) {
	for n := 0; ; n++ {
		fs := vfs.NewCrashableMem()
		left := n
		var crashed *vfs.MemFS
		cut := errorfs.Wrap(fs, errorfs.InjectorFunc(func(op errorfs.Op) error {
			if op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
				if left == 0 {
					crashed = fs.CrashClone(vfs.CrashCloneCfg{})
				}
				left--
			}
			return nil
		}))
		s := openStore(t, "store", Options{FS: cut})
		if crashed == nil {
			return // there are no more writes
		}
		s.Close()
		openStore(t, "store", Options{FS: crashed}).Close()
	}
}
