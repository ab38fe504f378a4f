// Package namedtests has tests prove that they are about the commands for which smp/COMMANDS.md names them. The packages of
// these tests note what each test has a router do, and Main compares it with the page when they have run: a test that does not
// give its command fails the package, and so do tests of a command none of which has it carried out.
//
// It imports nothing of ours. A Log is safe for all goroutines.
package namedtests

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Log is what tests have routers do.
type Log struct {
	mu   sync.Mutex
	seen map[string]map[string]map[string]bool // test, command, answers to it
}

// Saw notes that a test had a command answered; an empty answer is one that nobody looked at. Of a subtest it is the test that
// counts.
func (l *Log) Saw(test, command, answer string) {
	test, _, _ = strings.Cut(test, "/")
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen == nil {
		l.seen = make(map[string]map[string]map[string]bool)
	}
	if l.seen[test] == nil {
		l.seen[test] = make(map[string]map[string]bool)
	}
	if l.seen[test][command] == nil {
		l.seen[test][command] = make(map[string]bool)
	}
	l.seen[test][command][answer] = true
}

// Main runs the tests of a package, which the page knows as dir, and then compares. It exits the process.
func (l *Log) Main(m *testing.M, dir, page string) {
	code := m.Run()
	if code == 0 {
		text, err := os.ReadFile(page)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		faults := l.compare(dir, string(text), everything())
		for _, f := range faults {
			fmt.Fprintln(os.Stderr, f)
		}
		if len(faults) > 0 {
			code = 1
		}
	}
	os.Exit(code)
}

// everything tells whether all tests of the package were asked for.
func everything() bool {
	value := func(name string) string {
		if f := flag.Lookup(name); f != nil {
			return f.Value.String()
		}
		return ""
	}
	run := value("test.run")
	return (run == "" || run == ".") && value("test.skip") == "" && value("test.list") == "" && value("test.short") != "true" &&
		value("test.fuzz") == ""
}

// row is what the page says of a command.
type row struct {
	command string
	answers []string
	tests   []string // as directory.Name
}

var answerWord = regexp.MustCompile(`\b[A-Z]{2,5}\b`)

// rows are the commands of the page: the table whose last column is the tests, and whose column before is the answer.
func rows(page string) (all []row) {
	inTable := false
	for line := range strings.Lines(page) {
		line = strings.TrimSpace(line)
		switch {
		case !strings.HasPrefix(line, "| "):
			inTable = inTable && strings.HasPrefix(line, "|---")
		case strings.HasSuffix(line, " answer | test |"):
			inTable = true
		case inTable:
			cells := strings.Split(strings.Trim(line, "| "), " | ")
			n := len(cells)
			all = append(all, row{cells[0], answerWord.FindAllString(cells[n-2], -1), strings.Split(cells[n-1], ", ")})
		}
	}
	return all
}

// compare finds the named tests that did not do what they are named for. Some may be about errors, but not all of a command.
// Those that did not run count only when all were asked for.
func (l *Log) compare(dir, page string, all bool) (faults []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	named := 0
	for _, r := range rows(page) {
		ran, done, here := false, false, false
		for _, name := range r.tests {
			test, ok := strings.CutPrefix(name, dir+".")
			if !ok {
				continue
			}
			named++
			here = true
			answers := l.seen[test][r.command]
			done = done || answers[""] || slices.ContainsFunc(r.answers, func(a string) bool { return answers[a] })
			switch {
			case l.seen[test] == nil && !all:
				done = true // as far as is known
			case answers == nil:
				faults = append(faults, fmt.Sprintf("%s is named for %s, which it does not give", name, r.command))
			default:
				ran = true
			}
		}
		if here && ran && !done {
			faults = append(faults, fmt.Sprintf("of the tests of %s named for %s none has it answered by %s", dir, r.command, strings.Join(r.answers, ", ")))
		}
	}
	if named == 0 {
		faults = append(faults, "the page names no test of "+dir)
	}
	return faults
}
