package main

import (
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// workshop is a copy of the package with all changes in it, built with its tests.
type workshop struct {
	p       *pkg
	log     io.Writer
	work    string // directory for what is made
	binary  string
	mutants []*mutant
	ids     int // one more than the largest
	tests   []*test
	least   time.Duration // that a run may take
	idle    time.Duration // and may do nothing
}

func newWorkshop(ctx context.Context, p *pkg, log io.Writer) (*workshop, error) {
	work, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return nil, err
	}
	w := &workshop{p: p, log: log, work: work, binary: filepath.Join(work, "package.test"), least: runLeast, idle: idleLimit}
	if err := w.build(ctx); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *workshop) close() { _ = os.RemoveAll(w.work) }

func (w *workshop) build(ctx context.Context) error {
	texts, err := w.weave()
	if err != nil {
		return err
	}
	replace := make(map[string]string)
	for name, text := range texts {
		copied := filepath.Join(w.work, name)
		if err := os.WriteFile(copied, []byte(text), 0o600); err != nil {
			return err
		}
		replace[filepath.Join(w.p.dir, name)] = copied
	}
	overlay := filepath.Join(w.work, "overlay.json")
	data, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	if err := os.WriteFile(overlay, data, 0o600); err != nil {
		return err
	}
	fmt.Fprintf(w.log, "%s: %d mutants; building\n", w.p.name, len(w.mutants))
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay="+overlay, "-o", w.binary, w.p.path)
	cmd.Dir = w.p.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go test -c: %s", firstLine(string(out), err))
	}
	return nil
}

// weave writes all changes into the files. Changes that do not compile are dropped.
func (w *workshop) weave() (map[string]string, error) {
	original := make([]*ast.File, len(w.p.files))
	for i, f := range w.p.files {
		original[i] = f.syntax
	}
	info, faults := w.p.check(w.p.fset, original)
	if len(faults) > 0 {
		return nil, fmt.Errorf("%s: %s", w.p.name, faults[0].Msg)
	}
	dropped := make(map[int]bool)
	for {
		texts := make(map[string]string)
		w.mutants, w.ids = nil, 0
		for _, file := range w.p.files {
			f := finder{p: w.p, file: file, info: info, next: w.ids, dropped: dropped}
			f.find()
			w.mutants, w.ids = append(w.mutants, f.mutants...), f.next
			texts[file.name] = render(file.text, f.sites)
		}
		texts[switchFile] = switchText(original[0].Name.Name, w.ids)
		bad, err := w.faulty(texts)
		if err != nil {
			return nil, err
		}
		if len(bad) == 0 {
			number(w.mutants)
			return texts, nil
		}
		for _, id := range bad {
			dropped[id] = true
		}
	}
}

// number tells the same changes of a function apart.
func number(mutants []*mutant) {
	seen := make(map[string]int)
	for _, m := range mutants {
		m.ordinal = 0
		seen[m.key()]++
		m.ordinal = seen[m.key()]
	}
}

// render writes a file with its sites.
func render(text []byte, sites []site) string {
	slices.SortStableFunc(sites, func(a, b site) int {
		if a.from != b.from {
			return a.from - b.from
		}
		return b.to - a.to // the outer one first
	})
	var part func(from, to int) string
	part = func(from, to int) string {
		var b strings.Builder
		for len(sites) > 0 && sites[0].from < to {
			s := sites[0]
			sites = sites[1:]
			b.Write(text[from:s.from])
			b.WriteString(s.write(part(s.from, s.to)))
			from = s.to
		}
		b.Write(text[from:to])
		return b.String()
	}
	return part(0, len(text))
}
