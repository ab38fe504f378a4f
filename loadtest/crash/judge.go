package crash

import (
	"errors"
	"time"

	"switchyard/loadtest/history"
	"switchyard/loadtest/journal"
	"switchyard/loadtest/load"
	"switchyard/loadtest/results"
	"switchyard/loadtest/verify"
)

// verdict adds up what the journals of all clients tell.
type verdict struct {
	report     *verify.Report
	crash      *verify.CrashReport
	lossWindow *history.LossWindow
	cause      error // why the run ended early
	latency    load.Histograms
	histories  []history.History
	orphans    int
}

// judge reports on a run whose clients have written their journals in dir.
func (k *killer) judge(c *Config, dir string, took time.Duration, cause error) (*verify.Report, error) {
	r := &verify.Report{Scenario: "crash", Connections: c.Conns, Size: c.Size, Faults: make(map[string]int),
		Disconnects: k.clients.disconnects.Load(), Seconds: took.Seconds()}
	v := verdict{report: r, crash: k.report(c), lossWindow: k.lossWindow, cause: cause, latency: load.NewHistograms()}
	k.lossWindow.LastTaken = make(map[uint32]time.Duration)
	all := func(uint32) bool { return true }
	err := errors.Join(journal.ReadAll(dir, all, v.lastTaken), journal.ReadAll(dir, all, v.take), journal.ReadFaults(dir, r.Faults))
	if err != nil {
		return nil, err
	}
	r.Verdict, r.Findings = history.Judge(v.histories, k.lossWindow)
	r.Orphans, r.Crash = int64(v.orphans), v.crash
	if f := v.crash.Forgets; f != nil {
		f.Oldest = results.Millis(k.lossWindow.Oldest())
	}
	r.Measured = int64(r.Delivered)
	r.Rate = float64(r.Delivered) / r.Seconds
	r.Latency.Answer, r.Latency.Delivery = v.latency.Answer.Quantiles(), v.latency.Delivery.Quantiles()
	if cause != nil {
		r.Ended = cause.Error()
	}
	return r, nil
}

// lastTaken looks for the last messages that were taken.
func (v *verdict) lastTaken(_ uint32, f *journal.QueueHistory) error {
	for i, a := range f.Messages.Attempts {
		if a.Outcome == history.Accepted {
			v.lossWindow.Taken(a.Epoch, f.Sent[i])
		}
	}
	return nil
}

// take adds a queue.
func (v *verdict) take(_ uint32, f *journal.QueueHistory) error {
	v.orphans += f.Creates
	if f.Rcv != nil {
		v.orphans--
		v.report.Queues++
	}
	v.forgets(f)
	timeMessages(f, v.latency)
	h := f.Messages
	h.Cut = v.cause != nil && !errors.Is(v.cause, load.ErrStalled) && f.State == history.QueueOpen
	v.histories = append(v.histories, h)
	return nil
}

// forgets tells what the router may have forgotten of a queue from what it may not.
func (v *verdict) forgets(f *journal.QueueHistory) {
	excused := v.crash.Forgets
	for _, secured := range f.LostKeys {
		if v.lossWindow.Excuse(secured) {
			excused.Keys++
		}
	}
	switch {
	case f.State == history.QueueGone:
		v.crash.Deleted++
		switch {
		case !f.KnownAgain:
		case v.lossWindow.Excuse(f.Deleted):
			excused.Deletions++
		default:
			v.report.Undeleted++
		}
	case f.State != history.QueueMissing:
	case v.lossWindow.Excuse(f.Created):
		excused.Queues++
	default:
		v.report.Missing++
		v.report.Faults[f.Reason]++
	}
}

// timeMessages adds the latencies of a queue's messages, counted from their first attempt.
func timeMessages(f *journal.QueueHistory, l load.Histograms) {
	first := make(map[uint32]time.Duration)
	for i, a := range f.Messages.Attempts {
		if _, again := first[a.Message]; !again {
			first[a.Message] = f.Sent[i]
		}
		if at := f.Answered[i]; at > 0 {
			l.Answer.Record(at - first[a.Message])
		}
	}
	seen := make(map[uint32]bool)
	for i, d := range f.Messages.Deliveries {
		if int(d.Position) >= len(f.Messages.Attempts) { // for the checker to find
			continue
		}
		if m := f.Messages.Attempts[d.Position].Message; !seen[m] {
			seen[m] = true
			l.Delivery.Record(f.Arrived[i] - first[m])
		}
	}
}
