// Command weave runs tests of packages that are made for simulation: it writes copies of their sources in which goroutines can
// be run one step at a time (package simulate), and has go test compile those in the place of the sources.
//
//	go run ./internal/simulate/weave -- ./shard -run TestSimulation -args -simulate.seeds 1000
//
// Everything behind -- goes to go test. With -fault FILE the change in FILE, a patch, is made to the copies first; with
// -faults DIR this is done with each patch in DIR, and the end is a table of how many seeds it took to find each. It is to be
// run in the root of the repository.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	fault := flag.String("fault", "", "patch of the sources")
	faults := flag.String("faults", "", "directory with patches, each of which is to be found")
	flag.Parse()
	var err error
	if *faults != "" {
		err = findAll(ctx, os.Stdout, *faults, flag.Args())
	} else {
		err = test(ctx, *fault, flag.Args())
	}
	switch exit := (*exec.ExitError)(nil); {
	case errors.As(err, &exit):
		os.Exit(1) // go test has said why
	case err != nil:
		fmt.Fprintln(os.Stderr, "weave: error:", err)
		os.Exit(1)
	}
}

// test runs go test with the sources as they are, or with a fault.
func test(ctx context.Context, fault string, args []string) error {
	cmd, clean, err := goTest(ctx, fault, args)
	if err != nil {
		return err
	}
	defer clean()
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

// goTest is go test on woven sources; clean removes them.
func goTest(ctx context.Context, fault string, args []string) (cmd *exec.Cmd, clean func(), err error) {
	root, err := os.Getwd()
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp("", "weave-")
	if err != nil {
		return nil, nil, err
	}
	clean = func() { _ = os.RemoveAll(dir) }
	changed, err := apply(ctx, root, dir, fault)
	var overlay string
	if err == nil {
		overlay, err = writeOverlay(root, dir, changed)
	}
	if err != nil {
		clean()
		return nil, nil, err
	}
	flags := []string{"test", "-count=1", "-vet=off", "-tags=" + tag, "-overlay=" + overlay}
	cmd = exec.CommandContext(ctx, "go", append(flags, args...)...)
	return cmd, clean, nil
}
