package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"
)

// progress is what was done so far, as kept in progress.json.
type progress struct {
	dir string

	Spent time.Duration      `json:"spent"` // of the budget, in nanoseconds
	Steps map[string]*record `json:"steps"`
}

// record is the progress of one step. Tried and Failures are of all budgets so far.
type record struct {
	Next     uint64        `json:"next"` // seed
	Tried    int           `json:"tried"`
	Took     time.Duration `json:"took"`
	Failures []failure     `json:"failures,omitempty"`
}

type failure struct {
	Seed    uint64 `json:"seed"`
	Command string `json:"command"` // repeats it
	Log     string `json:"log"`     // has what it printed
}

const progressName = "progress.json"

// openProgress reads the progress in dir, or begins it there.
func openProgress(dir string) (*progress, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	p := &progress{dir: dir, Steps: make(map[string]*record)}
	name := filepath.Join(dir, progressName)
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, p); err != nil {
		return nil, fmt.Errorf("%s: %w: remove it to begin anew", name, err)
	}
	return p, nil
}

// save replaces the file at once, so that an interrupt leaves the old or the new one.
func (p *progress) save() error {
	data, err := json.MarshalIndent(p, "", "\t")
	if err != nil {
		return err
	}
	name := filepath.Join(p.dir, progressName)
	if err := os.WriteFile(name+".new", append(data, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// again begins another budget; seeds go on.
func (p *progress) again() { p.Spent = 0 }

// of is the progress of a step, from seed 1 when it has none.
func (p *progress) of(s step) *record {
	r := p.Steps[s.name]
	if r == nil {
		r = &record{Next: 1}
		p.Steps[s.name] = r
	}
	return r
}

func (p *progress) failed() bool {
	for _, r := range p.Steps {
		if len(r.Failures) > 0 {
			return true
		}
	}
	return false
}

// writeTable writes what was tried and what failed, and then for each failure how to repeat it.
func (p *progress) writeTable(w io.Writer, steps []step) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "what\ttried\tfailed\tseeds\ttime\tfault")
	for _, s := range steps {
		r := p.of(s)
		seeds := "–" // of a turn that has not ended
		if r.Next > 1 {
			seeds = fmt.Sprintf("1…%d", r.Next-1)
		}
		fmt.Fprintf(t, "%s\t%d %s\t%d\t%s\t%v\t%s\n", s.name, r.Tried, s.unit, len(r.Failures), seeds,
			r.Took.Round(time.Second), s.fault)
	}
	_ = t.Flush() // to a terminal
	for _, s := range steps {
		for _, f := range p.of(s).Failures {
			fmt.Fprintf(w, "%s failed at seed %d: see %s; again: %s\n", s.name, f.Seed, f.Log, f.Command)
		}
	}
}
