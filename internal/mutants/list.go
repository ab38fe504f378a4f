package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The list of a package, docs/mutants/PACKAGE.txt, has the survivors that are none: changes that nothing outside can tell from
// the code as it is. Each is a line that names it, and below it, indented, why it survives:
//
//	queue.go queue.advance: `q.count == 0` → `q.count <= 0`
//		the count is never negative

// readReasons reads the list of a package, by the keys of the mutants.
func readReasons(dir, name string) (map[string]string, error) {
	file := filepath.Join(dir, strings.ReplaceAll(filepath.ToSlash(name), "/", "-")+".txt")
	data, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	reasons := make(map[string]string)
	key := ""
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		switch {
		case strings.TrimSpace(line) == "", strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "\t"):
			if key == "" {
				return nil, fmt.Errorf("%s:%d: a reason of nothing: name the change in the line above", file, n)
			}
			reasons[key] = strings.TrimSpace(reasons[key] + " " + strings.TrimSpace(line))
		default:
			key = line
			reasons[key] = ""
		}
	}
	for key, reason := range reasons {
		if reason == "" {
			return nil, fmt.Errorf("%s: no reason for %s: write it below, indented", file, key)
		}
	}
	return reasons, lines.Err()
}

// report writes what became of the changes, and tells whether there are survivors without a reason.
func report(out io.Writer, name string, all []*mutant, results []result, reasons map[string]string) bool {
	var killed, ended, excused int
	var survivors, excuses, stale []string
	for _, r := range results {
		why, listed := reasons[r.key()]
		switch {
		case r.killed:
			killed++
			if r.ended {
				ended++
			}
			if listed {
				stale = append(stale, r.place())
			}
		case listed:
			excused++
			excuses = append(excuses, r.place()+"\n    "+why)
		case r.tests == 0:
			survivors = append(survivors, r.place()+" (no test comes here)")
		default:
			survivors = append(survivors, fmt.Sprintf("%s (%d tests come here)", r.place(), r.tests))
		}
	}
	section(out, "survivors with a reason:", excuses)
	section(out, "in the list, and killed:", stale)
	section(out, "in the list, and not in the package:", unknown(all, reasons))
	section(out, "survivors:", survivors)
	fmt.Fprintf(out, "%s: of %d mutants %d tried: %d killed (%s), %d of them by a limit; %d survived, %d of them with a reason\n",
		name, len(all), len(results), killed, percent(killed, len(results)), ended, len(results)-killed, excused)
	return len(survivors) > 0
}

// unknown are the keys of reasons that no mutant has.
func unknown(all []*mutant, reasons map[string]string) (keys []string) {
	known := make(map[string]bool)
	for _, m := range all {
		known[m.key()] = true
	}
	for _, key := range slices.Sorted(maps.Keys(reasons)) {
		if !known[key] {
			keys = append(keys, key)
		}
	}
	return keys
}

func section(out io.Writer, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintln(out, title)
	for _, l := range lines {
		fmt.Fprintln(out, "  "+l)
	}
}

func percent(n, of int) string {
	if of == 0 {
		return "none"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(of))
}
