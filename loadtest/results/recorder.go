package results

import (
	"encoding/json"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// Recorder writes a recording while a run goes on. A nil Recorder writes nothing. Its methods may be called by several
// goroutines.
type Recorder struct {
	path string

	mu  sync.Mutex
	out io.WriteCloser
	err error // the first
}

// CreateRecording begins a recording in a new file, or in the place of an old one.
func CreateRecording(path string, run Run) (*Recorder, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	r := &Recorder{path: path, out: f}
	run.Format = recordingFormat
	if run.Began.IsZero() {
		run.Began = time.Now().UTC().Truncate(time.Second)
	}
	r.write(recordingLine{Run: &run})
	return r, r.err
}

// Extensions of a recording and of the files beside it.
const (
	recordingExtension = ".jsonl"
	CPUProfile         = ".cpu.pprof"
	HeapProfile        = ".heap.pprof"
)

// Path is that of the file with another extension, for what belongs to the recording.
func (r *Recorder) Path(extension string) string {
	return strings.TrimSuffix(r.path, recordingExtension) + extension
}

func (r *Recorder) write(l recordingLine) {
	data, err := json.Marshal(l)
	if err == nil {
		_, err = r.out.Write(append(data, '\n'))
	}
	if err != nil && r.err == nil {
		r.err = err
	}
}

// Tick writes what was seen in one interval.
func (r *Recorder) Tick(t Tick) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.write(recordingLine{Tick: &t})
}

// Fail keeps an error for Finish to return.
func (r *Recorder) Fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
}

// Report is what every scenario reports.
type Report interface {
	// Metrics are the figures of the report that can be compared.
	Metrics() []Metric
	// Clean reports that nothing was wrong with the router.
	Clean() bool
	WriteText(io.Writer) error
}

// Finish ends the recording with the report of the run, nil when there is none, and the reason for which it ended
// early. The error is the first of all writes.
func (r *Recorder) Finish(report Report, cause error) error {
	if r == nil {
		return nil
	}
	result := Result{}
	if report != nil {
		data, err := json.Marshal(report)
		if err != nil {
			return err
		}
		result = Result{Report: data, Metrics: report.Metrics(), Clean: report.Clean()}
	}
	if cause != nil {
		result.Ended = cause.Error()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.write(recordingLine{Result: &result})
	if err := r.out.Close(); err != nil && r.err == nil {
		r.err = err
	}
	return r.err
}
