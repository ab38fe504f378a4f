package loadtest

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
)

// WriteJSON writes a report to a file as JSON; "-" is out.
func WriteJSON(out io.Writer, path string, report any) error {
	data, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	data = append(data, '\n')
	if path == "-" {
		_, err = out.Write(data)
		return err
	}
	return replaceFile(path, data)
}

// replaceFile writes a file whole or not at all.
func replaceFile(path string, data []byte) error {
	temporary := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".new")
	if err := os.WriteFile(temporary, data, 0o644); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}

// table aligns columns; the first error of its writer is for the caller of the last write to see.
type table struct{ w *tabwriter.Writer }

func newTable(w io.Writer) table { return table{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)} }

func (t table) row(cells ...any) {
	text := make([]string, len(cells))
	for i, c := range cells {
		text[i] = fmt.Sprint(c)
	}
	fmt.Fprintln(t.w, strings.Join(text, "\t"))
}

func (t table) latency(name string, l Latencies) {
	if l.Count == 0 {
		t.row(name, "–", "–", "–", "–", "–")
		return
	}
	t.row(name, fixed(l.P50), fixed(l.P90), fixed(l.P99), fixed(l.P999), fixed(l.Max))
}

func (t table) flush() error { return t.w.Flush() }

// fixed prints a figure with three digits or all before the point.
func fixed(x float64) string {
	switch {
	case x >= 100 || x == 0:
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	default:
		return fmt.Sprintf("%.2f", x)
	}
}

func mebi(bytes int64) string { return fixed(float64(bytes) / (1 << 20)) }
