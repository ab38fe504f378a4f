package measure

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"switchyard/loadtest/results"
)

// observed is a process that stands for a router's.
type observed struct{ command *exec.Cmd }

// startProcess starts one and waits until it runs: before that it has no memory to speak of.
func startProcess(t *testing.T) observed {
	t.Helper()
	p := observed{exec.Command("cat")}
	in, err := p.command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	if _, err := in.Write([]byte{0}); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p observed) pid() int { return p.command.Process.Pid }

func (p observed) kill() {
	_ = p.command.Process.Kill() // it may have ended
	_ = p.command.Wait()
}

// What a scenario counts and how long it took comes into the recording, phase by phase, with what its process used.
func TestObserverRecords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	rec, err := results.CreateRecording(path, results.Run{})
	if err != nil {
		t.Fatal(err)
	}
	h, delivered := results.NewHistogram(), int64(0)
	o, err := Target{PID: os.Getpid(), Record: rec, interval: time.Hour}.Observe(Sources{
		Counts:  map[string]func() int64{"delivered": func() int64 { return delivered }},
		Latency: map[string]*results.Histogram{"delivery": h},
	})
	if err != nil {
		t.Fatal(err)
	}
	for phase, ms := range map[string]int{"quiet": 10, "storm": 100} {
		o.Enter(phase)
		for range 50 {
			h.Record(time.Duration(ms) * time.Millisecond)
			delivered++
		}
	}
	_, use := o.Stop()
	if use == nil || use.RSSMax < 1<<20 || use.RSSBefore < 1<<20 {
		t.Errorf("use %+v", use)
	}
	if err := rec.Finish(nil, nil); err != nil {
		t.Fatal(err)
	}
	r, err := results.LoadRecording(path)
	if err != nil {
		t.Fatal(err)
	}
	s := r.Summarize()
	if q := s.Latency["delivery"]; q.Count != 100 || q.P99 < 99 || q.P99 > 101 {
		t.Errorf("latency of all phases %+v", q)
	}
	if q := s.Latency["delivery, quiet"]; q.Count != 50 || q.Max > 10.1 {
		t.Errorf("latency of a phase %+v", q)
	}
	if last := r.Ticks[len(r.Ticks)-1]; last.Counts["delivered"] != 100 || last.At <= 0 || s.Router == nil || s.Router.RSSMax < 1<<20 {
		t.Errorf("last tick %+v, router %+v", last, s.Router)
	}
}

func TestObserverTellsThatTheRouterEnded(t *testing.T) {
	r := startProcess(t)
	ended := make(chan error, 1)
	o, err := Target{PID: r.pid(), interval: time.Millisecond}.Observe(Sources{Ended: func(err error) { ended <- err }})
	if err != nil {
		t.Fatal(err)
	}
	r.kill()
	if err := <-ended; !errors.Is(err, errRouterEnded) {
		t.Error(err)
	}
	if seconds, use := o.Stop(); seconds <= 0 || use.RSSMax == 0 {
		t.Errorf("%v s, %+v", seconds, use)
	}
	if _, err := (Target{PID: r.pid()}).Observe(Sources{}); err == nil {
		t.Error("no error for a process that is gone")
	}
}

func TestObserverFollowsARestart(t *testing.T) {
	r := startProcess(t)
	o, err := Target{PID: r.pid(), interval: time.Hour}.Observe(Sources{})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Follow(0); err != nil {
		t.Fatal(err)
	}
	r.kill()
	before, _ := o.Now()
	r = startProcess(t)
	if err := o.Follow(r.pid()); err != nil {
		t.Fatal(err)
	}
	if after, rss := o.Now(); after < before || rss == 0 {
		t.Errorf("CPU from %v to %v, RSS %d", before, after, rss)
	}
	o.Stop()
}
