package statistics

import (
	"strconv"
	"strings"
	"time"
)

// Section is a part of the metrics under a title.
type Section struct {
	Title    string
	Tight    bool // no empty line follows the title
	Families []Family
}

// Family is the samples of one metric.
type Family struct {
	Name    string // behind the table's prefix
	Kind    string // counter, gauge or histogram
	Help    string
	Samples []Sample
	// More makes the samples, for a family whose samples differ from time to time.
	More func(*Snapshot) []Sample
}

// Sample is a line of a family.
type Sample struct {
	Suffix string // of the name
	Labels string // with quotes and without braces; empty: none
	ID     ID
	Note   string // the comment below: what the reference calls the number inside; empty: none

	Own      bool // Value is the number, and not that of ID
	Value    int64
	Timeless bool // without the time
}

// AppendText appends the metrics of a snapshot in Prometheus' classic text format, as the reference writes them to its file.
func (t *Table) AppendText(b []byte, s *Snapshot) []byte {
	b = append(b, "# Recorded at: "+s.At.Format(time.RFC3339Nano)+"\n# Stats from: "+s.From.Format(time.RFC3339Nano)+"\n\n"...)
	at := append(strconv.AppendInt([]byte{' '}, s.At.UnixMilli(), 10), '\n')
	for _, section := range t.Sections {
		b = append(b, "# "+section.Title+"\n# "+strings.Repeat("-", len(section.Title))+"\n"...)
		if !section.Tight {
			b = append(b, '\n')
		}
		for i := range section.Families {
			b = append(t.appendFamily(b, &section.Families[i], s, at), '\n')
		}
	}
	return b
}

func (t *Table) appendFamily(b []byte, f *Family, s *Snapshot, at []byte) []byte {
	name := t.Prefix + f.Name
	b = append(b, "# HELP "+name+" "+f.Help+"\n# TYPE "+name+" "+f.Kind+"\n"...)
	samples := f.Samples
	if f.More != nil {
		samples = f.More(s)
	}
	for i := range samples {
		x := &samples[i]
		b = append(append(b, name...), x.Suffix...)
		if x.Labels != "" {
			b = append(append(append(b, '{'), x.Labels...), '}')
		}
		value := x.Value
		if !x.Own {
			value = s.Values[x.ID]
		}
		b = strconv.AppendInt(append(b, ' '), value, 10)
		if x.Timeless {
			b = append(b, '\n')
		} else {
			b = append(b, at...)
		}
		if x.Note != "" {
			b = append(b, "# "+x.Note+"\n"...)
		}
	}
	return b
}

// Info is the sample of a version: environment is the variable with the options of the reference's runtime, which its
// dashboards show.
func Info(version, environment, options string) []Sample {
	if options == "" {
		options = "set " + environment
	}
	return []Sample{{
		Labels: "version=" + strconv.Quote(version) + ",rts_options=" + strconv.Quote(options), Own: true, Value: 1, Timeless: true,
	}}
}
