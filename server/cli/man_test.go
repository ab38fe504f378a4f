package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func sample() *cobra.Command {
	start := &cobra.Command{Use: "start", Short: "Run it", Run: func(*cobra.Command, []string) {}}
	start.Flags().String("log-level", "info", "`LEVEL` of the log")
	hidden := &cobra.Command{Use: "seed", Hidden: true, Run: func(*cobra.Command, []string) {}}
	return Root(&cobra.Command{Use: "some-server", Short: "A server", Version: "Some server v1 / abc"}, start, hidden)
}

// TestManual: a page for each command that is listed, with its options.
func TestManual(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1790000000")
	dir := filepath.Join(t.TempDir(), "man", "man8")
	root := sample()
	root.SetArgs([]string{"man", dir})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	var names []string
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{"some-server-start.8", "some-server.8"}; !slices.Equal(names, want) {
		t.Error(names)
	}
	page, err := os.ReadFile(filepath.Join(dir, "some-server-start.8"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`.TH "SOME-SERVER" "8" "Sep 2026" "Some server v1 / abc" "Switchyard"`, "some-server-start - Run it", `\fB--log-level\fP="info"`} {
		if !strings.Contains(string(page), want) {
			t.Errorf("no %q in %s", want, page)
		}
	}
	root = sample()
	root.SetArgs([]string{"man"})
	if err := root.Execute(); err == nil || !strings.HasPrefix(err.Error(), "something is missing: it is some-server man DIR") {
		t.Error(err)
	}
}

// TestCompletion: shells are offered commands, options and their values.
func TestCompletion(t *testing.T) {
	for args, want := range map[string]string{
		"completion bash":               "# bash completion",
		"completion zsh":                "#compdef some-server",
		"completion fish":               "# fish completion",
		"__complete st":                 "start\tRun it\n:4\n",
		"__complete start --log-level ": "trace\ndebug\ninfo\nnote\nwarn\nerror\n:4\n",
	} {
		var out bytes.Buffer
		root := sample()
		root.SetOut(&out)
		root.SetArgs(strings.Split(args, " "))
		if err := root.Execute(); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%s: %v\n%s", args, err, out.String())
		}
	}
}
