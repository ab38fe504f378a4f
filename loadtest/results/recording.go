package results

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A recording is the raw results of one run: a file of JSON lines that is written while the run goes on, so that it is
// good up to the last tick whatever happens to the harness or to the router. Reports are made from it afterwards.
//
//	{"run":{…}}       first: what was run, and where
//	{"tick":{…}}      one for each interval
//	{"result":{…}}    last: what the scenario reports; missing when the harness itself died
const recordingFormat = 1

// Run says what was run.
type Run struct {
	Format   int       `json:"format"`
	Scenario string    `json:"scenario"`
	Label    string    `json:"label,omitempty"` // which row of a table the run is for; see Rows
	Began    time.Time `json:"began"`
	Args     []string  `json:"args"` // command line behind the program's name
	Machine  Machine   `json:"machine"`
}

// Tick is what was seen in one interval.
type Tick struct {
	At      float64           `json:"t"`               // seconds from the start of what is measured to the end of the interval
	Phase   string            `json:"phase,omitempty"` // of the scenario
	CPU     float64           `json:"cpu"`             // seconds of user and system time of the router since the start
	RSS     int64             `json:"rss"`             // resident bytes of the router
	Counts  map[string]int64  `json:"n,omitempty"`     // since the start
	Latency map[string][]byte `json:"h,omitempty"`     // HdrHistogram V2 (compressed, base64) of the interval, microseconds
}

// Metric is one figure of a report, in the words of benchstat: the unit names it.
type Metric struct {
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
}

// Result is what a scenario ends with.
type Result struct {
	Report  json.RawMessage `json:"report"`
	Metrics []Metric        `json:"metrics"`
	Clean   bool            `json:"clean"`
	Ended   string          `json:"ended,omitempty"` // why the run ended early
}

// Recording is a recording as it is read.
type Recording struct {
	Run    Run
	Ticks  []Tick
	Result *Result // nil: the harness died
}

// recordingLine is one line of the file.
type recordingLine struct {
	Run    *Run    `json:"run,omitempty"`
	Tick   *Tick   `json:"tick,omitempty"`
	Result *Result `json:"result,omitempty"`
}

// What a recording may become in memory, whoever has written it. Runs stay far below.
const (
	maxLine    = 4 << 20 // bytes of a line: a report with all its findings
	maxTicks   = 1 << 18 // three days, a second each
	maxSeries  = 1 << 10 // counts, or histograms, of a tick
	maxSamples = 1 << 21 // counts and histograms of all ticks
	maxEncoded = 1 << 28 // bytes of histograms of all ticks
)

var (
	errNoRecording    = errors.New("is not a recording of a run")
	errLargeRecording = errors.New("is larger than a recording of a run")
)

// LoadRecording reads a file that a Recorder has written.
func LoadRecording(path string) (*Recording, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := ReadRecording(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// ReadRecording reads a recording. What was cut off in the middle of its last line counts up to there.
func ReadRecording(in io.Reader) (*Recording, error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	var r *Recording
	samples, encoded := 0, 0
	for lines.Scan() {
		var l recordingLine
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			if r == nil {
				return nil, errNoRecording
			}
			break
		}
		switch {
		case r == nil && (l.Run == nil || l.Run.Format != recordingFormat):
			return nil, errNoRecording
		case r == nil:
			r = &Recording{Run: *l.Run}
		case l.Tick != nil:
			samples += len(l.Tick.Counts) + len(l.Tick.Latency)
			for _, h := range l.Tick.Latency {
				encoded += len(h)
			}
			if len(r.Ticks) == maxTicks || len(l.Tick.Counts) > maxSeries || len(l.Tick.Latency) > maxSeries || samples > maxSamples || encoded > maxEncoded {
				return nil, errLargeRecording
			}
			r.Ticks = append(r.Ticks, *l.Tick)
		case l.Result != nil:
			r.Result = l.Result
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, errLargeRecording
	} else if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, errNoRecording
	}
	return r, nil
}

// Latency adds up the histograms of a name over all intervals in which the run was in the phase, or over all with an
// empty one. It is nil when nothing was recorded.
func (r *Recording) Latency(name, phase string) *hdrhistogram.Histogram {
	var sum *hdrhistogram.Histogram
	for i := range r.Ticks {
		if phase != "" && r.Ticks[i].Phase != phase {
			continue
		}
		h := r.Ticks[i].histogram(name)
		if h == nil {
			continue
		}
		if sum == nil {
			sum = newHDR()
		}
		sum.Merge(h)
	}
	return sum
}

// histogram is that of the interval; nil when there is none, or none that can be read.
func (t *Tick) histogram(name string) *hdrhistogram.Histogram {
	encoded := t.Latency[name]
	if len(encoded) == 0 {
		return nil
	}
	h, err := hdrhistogram.Decode(encoded)
	if err != nil {
		return nil
	}
	return h
}

// Use is what the router's process used while it was measured. Sizes are bytes.
type Use struct {
	CPUSeconds float64 `json:"cpuSeconds"` // user and system
	RSSBefore  int64   `json:"rssBefore"`
	RSSAfter   int64   `json:"rssAfter"`
	RSSMax     int64   `json:"rssMax"` // of the samples, one each second
}
