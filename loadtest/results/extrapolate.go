package results

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// minSizes is from how many different sizes a figure may be extrapolated: two always lie on a line.
const minSizes = 3

// Line is a figure as a linear function of the size of a run, by least squares.
type Line struct {
	Unit      string
	Base, Per float64 // figure = Base + Per × size
	At        float64 // the figure at the size that was asked for
	Off       float64 // the largest distance of a run from the line, as a part of what the run measured
}

// Extrapolate fits a line to each figure that all runs have, over their number of connections or another field of their
// reports, and tells its value at a size.
func Extrapolate(runs []*Recording, by string, to float64) ([]Line, error) {
	sizes := make([]float64, len(runs))
	var different []float64
	for i, r := range runs {
		size, err := r.field(by)
		if err != nil {
			return nil, err
		}
		sizes[i] = size
		if !slices.Contains(different, size) {
			different = append(different, size)
		}
	}
	if len(different) < minSizes {
		return nil, fmt.Errorf("the runs are of %d sizes: extrapolate from at least %d", len(different), minSizes)
	}
	var lines []Line
	for _, m := range runs[0].Result.Metrics {
		values := make([]float64, 0, len(runs))
		for _, r := range runs {
			s := r.Summarize()
			if v, ok := s.metric(m.Unit); ok {
				values = append(values, v)
			}
		}
		if len(values) == len(runs) {
			lines = append(lines, fitLine(m.Unit, sizes, values, to))
		}
	}
	return lines, nil
}

// field is a number in the report of a run.
func (r *Recording) field(name string) (float64, error) {
	if r.Result == nil || r.Result.Ended != "" {
		return 0, errors.New("a run ended early: it says nothing about its size")
	}
	n, ok := r.Result.numbers()[name]
	if !ok {
		return 0, fmt.Errorf("the report of a run has no number %q", name)
	}
	return n, nil
}

// fitLine is the line of least squares; the sizes are not all the same.
func fitLine(unit string, x, y []float64, to float64) Line {
	n := float64(len(x))
	var sx, sy, sxx, sxy float64
	for i := range x {
		sx, sy, sxx, sxy = sx+x[i], sy+y[i], sxx+x[i]*x[i], sxy+x[i]*y[i]
	}
	l := Line{Unit: unit}
	l.Per = (n*sxy - sx*sy) / (n*sxx - sx*sx)
	l.Base = (sy - l.Per*sx) / n
	l.At = l.Base + l.Per*to
	for i := range x {
		if y[i] != 0 {
			l.Off = max(l.Off, math.Abs(l.Base+l.Per*x[i]-y[i])/math.Abs(y[i]))
		}
	}
	return l
}

// WriteLines prints lines as a table.
func WriteLines(out io.Writer, lines []Line, by string, to float64) error {
	t := NewTable(out)
	t.Row("figure", "at 0", "per 1000 "+by, fmt.Sprintf("at %v", to), "off the line by at most")
	for _, l := range lines {
		t.Row(l.Unit, significant(l.Base), significant(l.Per*1000), significant(l.At), fmt.Sprintf("%.0f %%", l.Off*100))
	}
	return t.Flush()
}

// significant prints three digits of a figure that may be negative or small.
func significant(x float64) string {
	if math.Abs(x) >= 100 {
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.3g", x)
}
