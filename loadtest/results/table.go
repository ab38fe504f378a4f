package results

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

// Table aligns columns; the first error of its writer is for the caller of the last write to see.
type Table struct{ w *tabwriter.Writer }

// NewTable begins a table.
func NewTable(w io.Writer) Table { return Table{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)} }

// Row adds a row.
func (t Table) Row(cells ...any) {
	text := make([]string, len(cells))
	for i, c := range cells {
		text[i] = fmt.Sprint(c)
	}
	fmt.Fprintln(t.w, strings.Join(text, "\t"))
}

// Latency adds a row of quantiles.
func (t Table) Latency(name string, l Latencies) {
	if l.Count == 0 {
		t.Row(name, "–", "–", "–", "–", "–")
		return
	}
	t.Row(name, Fixed(l.P50), Fixed(l.P90), Fixed(l.P99), Fixed(l.P999), Fixed(l.Max))
}

// Flush prints the table.
func (t Table) Flush() error { return t.w.Flush() }

// Fixed prints a figure with three digits or all before the point.
func Fixed(x float64) string {
	switch {
	case x >= 100 || x == 0:
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	default:
		return fmt.Sprintf("%.2f", x)
	}
}

// MiB prints bytes as MiB.
func MiB(bytes int64) string { return Fixed(float64(bytes) / (1 << 20)) }
