// Command mutants tells how much of a package its tests hold to account: it changes the code in one place at a time, such as a
// < that becomes a <=, or a call that is left out, and looks whether a test fails. Such a change is a mutant; a test that fails
// kills it. A mutant that no test notices is a survivor: the tests say nothing of the code that it changes.
//
//	go run ./internal/mutants -sample 200 -seed 1 ./shard
//
//	find.go: places and changes ─▶ weave.go, compile.go, switch.go: all of them in one copy of the package, each behind a number
//	  ─▶ build once with go test -overlay ─▶ trace.go: which tests reach which mutant, and take how long
//	  ─▶ try.go: for each mutant the tests that reach it, the fastest first, until one fails
//	  ─▶ list.go: survivors that docs/mutants has a reason for, and others
//
// All mutants are compiled once, and the environment says which one lives. So a mutant costs the tests that reach it and not
// a build, and a sample of a few hundred takes minutes. A mutant that changes nothing a test could see stands in docs/mutants
// with the reason; a survivor that does not stand there makes the exit code 1.
//
// Not changed are locking, which is the race detector's, constants, and code that only other packages test.
//
// It runs go and the tests as processes, and imports nothing of this module.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "mutants: error:", err)
		os.Exit(1)
	}
}

var errSurvivors = errors.New("there are survivors without a reason: write a test that fails for each, or its reason into the list")

// options are what the command line says.
type options struct {
	sample, from int
	workers      int
	seed         uint64
	only         *regexp.Regexp
	tests, skip  string
	list         string
	dry          bool
}

// command does what the arguments say: results to out, progress to log.
func command(ctx context.Context, args []string, out, log io.Writer) error {
	var o options
	flags := flag.NewFlagSet("mutants", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.IntVar(&o.sample, "sample", 0, "try `N` mutants, chosen by the seed; 0: all")
	flags.IntVar(&o.from, "from", 0, "leave out the first `N` of the sample, which were tried before as a smaller one")
	flags.Uint64Var(&o.seed, "seed", 1, "`NUMBER` that chooses the sample")
	flags.IntVar(&o.workers, "workers", 1, "`N` mutants are tried at a time")
	only := flags.String("only", "", "try only mutants whose name matches, such as a file, a `REGEX`")
	flags.StringVar(&o.tests, "run", ".", "tests that are run, as a `REGEX`")
	flags.StringVar(&o.skip, "skip", "", "tests that are not, as a `REGEX`: slow ones, so that what they alone notice survives")
	flags.StringVar(&o.list, "list", "docs/mutants", "`DIRECTORY` with the survivors that have a reason")
	flags.BoolVar(&o.dry, "dry", false, "only tell the mutants and how many tests reach them")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var err error
	if o.only, err = regexp.Compile(*only); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("name one package, such as ./shard")
	}
	return run(ctx, flags.Arg(0), &o, out, log)
}

func run(ctx context.Context, pattern string, o *options, out, log io.Writer) error {
	p, err := loadPackage(ctx, pattern)
	if err != nil {
		return err
	}
	reasons, err := readReasons(o.list, p.name)
	if err != nil {
		return err
	}
	w, err := newWorkshop(ctx, p, log)
	if err != nil {
		return err
	}
	defer w.close()
	if err := w.trace(ctx, o.tests, o.skip); err != nil {
		return err
	}
	return w.examine(ctx, o, reasons, out)
}

// examine tries mutants as the options say, and tells what became of them.
func (w *workshop) examine(ctx context.Context, o *options, reasons map[string]string, out io.Writer) error {
	chosen := choose(w.mutants, o)
	if len(chosen) == 0 {
		return fmt.Errorf("no mutant of %s matches %q", w.p.name, o.only)
	}
	if o.dry {
		for _, m := range chosen {
			fmt.Fprintf(out, "%s: %d tests\n", m.place(), len(w.reaching(m)))
		}
		return nil
	}
	results := w.try(ctx, chosen, o.workers)
	if ctx.Err() != nil {
		fmt.Fprintln(out, "interrupted; of those tried so far:")
	}
	if report(out, w.p.name, w.mutants, results, reasons) {
		return errSurvivors
	}
	return ctx.Err()
}

// choose draws the sample. The same seed draws the same of the same code, and a smaller sample is the beginning of a larger one.
func choose(all []*mutant, o *options) (chosen []*mutant) {
	for _, m := range all {
		if o.only.MatchString(m.key()) {
			chosen = append(chosen, m)
		}
	}
	if o.sample > 0 {
		random := rand.New(rand.NewPCG(o.seed, 1))
		random.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
		n := min(o.sample, len(chosen))
		chosen = chosen[min(o.from, n):n]
		slices.SortFunc(chosen, func(a, b *mutant) int { return a.id - b.id })
	}
	return chosen
}
