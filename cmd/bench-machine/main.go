// Command bench-machine measures what the machine itself can do with the things that a router lives on: copying
// memory, the loopback network, syncing a log, and the crypto of a message. It prints the resource sketch of
// BENCHMARKS.md: the ceilings that figures of the router are held against.
//
// Each line is one figure: the best of --runs runs and, in parentheses, the worst. For crypto it runs `openssl speed`;
// the kernels of the router are measured by `make bench-go PKG=./box/`. It imports nothing of ours but server/cli.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"switchyard/server/cli"
)

// What the options say.
var (
	dir  = "."
	runs = 5
	span = time.Second
)

func main() { cli.Main(rootCommand()) }

func rootCommand() *cobra.Command {
	root := cli.Root(&cobra.Command{
		Use:     "bench-machine",
		Short:   "measure what this machine can do: memory, loopback network, disk, crypto",
		Example: "  bench-machine --dir /var/opt/simplex",
	})
	root.Args = cli.Arguments(0, 0)
	root.RunE = func(cmd *cobra.Command, _ []string) error {
		if runs < 1 || span <= 0 {
			return errors.New("--runs and --span must be above 0; give both, or leave them out")
		}
		return sketch(cmd.OutOrStdout())
	}
	f := root.Flags()
	f.SortFlags = false
	f.StringVar(&dir, "dir", dir, "`DIRECTORY` on the disk to measure")
	f.IntVar(&runs, "runs", runs, "`NUMBER` of runs of each measurement")
	f.DurationVar(&span, "span", span, "`TIME` of each run")
	return root
}

func sketch(w io.Writer) error {
	describe(w)
	fmt.Fprintln(w)
	for _, m := range measurements {
		if err := m.print(w); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	fmt.Fprintln(w)
	return opensslSpeed(w)
}

// describe names the machine.
func describe(w io.Writer) {
	row := func(name, value string) { fmt.Fprintf(w, "%-34s %s\n", name, value) }
	row("processor", fmt.Sprintf("%d × %s", runtime.NumCPU(), field("/proc/cpuinfo", "model name")))
	row("memory", field("/proc/meminfo", "MemTotal"))
	row("kernel", strings.TrimSpace(contents("/proc/sys/kernel/osrelease")))
	row("go", runtime.Version()+" "+runtime.GOOS+"/"+runtime.GOARCH)
	if out, err := exec.Command("openssl", "version").Output(); err == nil {
		row("openssl", strings.TrimSpace(string(out)))
	}
}

func contents(file string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return "unknown"
	}
	return string(data)
}

// field finds `name : value` in a file of /proc.
func field(file, name string) string {
	for line := range strings.Lines(contents(file)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// opensslSpeed prints the last lines of openssl's own benchmark: throughput in 16 KiB pieces, and operations.
func opensslSpeed(w io.Writer) error {
	seconds := fmt.Sprint(max(1, int(span.Seconds())))
	for _, args := range [][]string{
		{"-bytes", "16384", "-evp", "chacha20-poly1305"},
		{"-bytes", "16384", "-evp", "aes-128-gcm"},
		{"-bytes", "16384", "-evp", "sha512"},
		{"ed25519"},
		{"ed448"},
		{"ecdhx25519"},
		{"ecdhx448"},
	} {
		args = append([]string{"speed", "-seconds", seconds}, args...)
		out, err := exec.Command("openssl", args...).Output()
		if err != nil {
			return fmt.Errorf("openssl %s: %w", strings.Join(args, " "), err)
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		fmt.Fprintf(w, "openssl %-26s %s\n", args[len(args)-1], strings.Join(strings.Fields(lines[len(lines)-1]), " "))
	}
	return nil
}
