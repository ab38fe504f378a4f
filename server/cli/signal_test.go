package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"
)

// program makes this test binary a program, which runs until it is told to end and then cleans up.
const program = "SWITCHYARD_TEST_CLI"

func TestMain(m *testing.M) {
	cleaned := os.Getenv(program)
	if cleaned == "" {
		os.Exit(m.Run())
	}
	MainUntilSignal(&cobra.Command{Use: "program", Args: cobra.ArbitraryArgs, SilenceErrors: true, SilenceUsage: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			fmt.Fprintln(cmd.OutOrStdout(), args)
			loseSocket()
			if len(args) > 1 { // it prints without end
				for cmd.Context().Err() == nil {
					fmt.Fprintln(cmd.OutOrStdout(), "more")
				}
			}
			<-cmd.Context().Done()
			fmt.Fprintln(cmd.OutOrStdout(), "cleaning up")
			if err := os.WriteFile(cleaned, nil, 0o600); err != nil {
				return err
			}
			return errors.New("it was told to end")
		}})
}

// loseSocket writes to a socket whose other end is closed, as programs do that lose the process they work with: that is not
// the end of them.
func loseSocket() {
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		panic(err)
	}
	syscall.Close(ends[1])
	if _, err := syscall.Write(ends[0], []byte("lost")); err != syscall.EPIPE {
		panic(err)
	}
}

// runs the program, lets end do with it and its output, and returns its exit code and what it said.
func runs(t *testing.T, end func(*exec.Cmd, io.ReadCloser), args ...string) (code int, said string) {
	t.Helper()
	cleaned := filepath.Join(t.TempDir(), "cleaned")
	var stderr strings.Builder
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), program+"="+cleaned)
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(io.LimitReader(out, int64(len(fmt.Sprintln(args))))).ReadString('\n'); line != fmt.Sprintln(args) {
		t.Fatalf("%q, %v", line, err)
	}
	end(cmd, out)
	cmd.Wait()
	if _, err := os.Stat(cleaned); err != nil {
		t.Error("it has not cleaned up:", err)
	}
	return cmd.ProcessState.ExitCode(), stderr.String()
}

func TestFirstSignal(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		code, said := runs(t, func(cmd *exec.Cmd, out io.ReadCloser) {
			if err := cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, out)
		}, "+RTS") // an argument of somebody else's program
		if code != 1 || said != "program: error: it was told to end\n" {
			t.Errorf("%v: exit code %d, %q", s, code, said)
		}
	}
}

// TestUnread: a program whose output nobody reads any more cleans up, and ends quietly.
func TestUnread(t *testing.T) {
	code, said := runs(t, func(_ *exec.Cmd, out io.ReadCloser) { out.Close() }, "print", "more")
	if code != exitUnread || said != "" {
		t.Errorf("exit code %d, %q", code, said)
	}
}

// TestOutputThatTakesNothing: what could not be written is an error.
func TestOutputThatTakesNothing(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	root, out := Root(&cobra.Command{Use: "program"}), NewOutput(full)
	root.SetOut(out)
	root.SetArgs([]string{"--help"})
	if err := execute(t.Context(), root, out); !errors.Is(err, syscall.ENOSPC) {
		t.Error(err)
	}
}
