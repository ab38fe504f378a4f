package results

import "io"

// Work is what a router that serves its figures (/metrics beside its profiler) tells of its work while it was measured.
type Work struct {
	Stages []StageWork `json:"stages"`
	Drain  float64     `json:"commandsPerDrain"` // how many commands a shard takes at once, on average
	Group  float64     `json:"commitsPerSync"`   // how many transactions a sync of the log makes durable, on average
	Syncs  int64       `json:"syncs"`
}

// StageWork is a stage of the work on commands.
type StageWork struct {
	Stage   string  `json:"stage"`
	Times   int64   `json:"times"`
	Seconds float64 `json:"seconds"` // that passed in all, of the clock
	P99     float64 `json:"p99Ms"`
}

// StageLabel names the stage, in samples of a CPU profile and in the figures of stages.
const StageLabel = "stage"

// StageNames are those that a router may have, in the order in which a command passes them.
var StageNames = []string{"open", "ring", "load", "verify", "apply", "commit", "sync", "seal", "write"}

// P99 is that of a stage in milliseconds, for people; empty when it is not known.
func (w *Work) P99(stage string) string {
	if w != nil {
		for _, s := range w.Stages {
			if s.Stage == stage {
				return Fixed(s.P99)
			}
		}
	}
	return ""
}

// Metrics are the figures that can be compared.
func (w *Work) Metrics() (m []Metric) {
	if w == nil {
		return nil
	}
	if w.Drain > 0 {
		m = append(m, Metric{"commands/drain", w.Drain})
	}
	if w.Syncs > 0 {
		m = append(m, Metric{"commits/sync", w.Group})
	}
	return m
}

// WriteStages prints the stages, and what a message has of them: of the clock, so with what else ran on the machine.
func (w *Work) WriteStages(out io.Writer, messages int64) {
	if w == nil || len(w.Stages) == 0 {
		return
	}
	t := NewTable(out)
	t.Row("stage", "times", "mean µs", "µs/message")
	for _, s := range w.Stages {
		micros := s.Seconds * 1e6
		t.Row(s.Stage, s.Times, Fixed(micros/float64(s.Times)), Fixed(micros/float64(max(1, messages))))
	}
	t.Flush()
}
