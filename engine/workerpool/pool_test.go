package workerpool

import (
	"runtime"
	"sync/atomic"
	"testing"
)

func TestHandshakesWaitWhileShardsAreBehind(t *testing.T) {
	for name, behind := range map[string]int64{"not at all": 0, "for a while": 3, "for ever": 1 << 60} {
		var looks atomic.Int64
		w := Start(1, func() bool { return looks.Add(1) <= behind })
		done := make(chan struct{})
		w.Submit(func() { close(done) })
		<-done
		if n := looks.Load(); n < min(behind, gateTries) {
			t.Errorf("behind %s: the job was done after %d looks", name, n)
		}
		w.Stop()
	}
}

func TestStopDoesNotWaitForShards(t *testing.T) {
	var looks atomic.Int64
	w := Start(1, func() bool { looks.Add(1); return true })
	begun, hold := make(chan struct{}), make(chan struct{})
	w.Submit(func() { close(begun); <-hold })
	jobs := 0
	for range 100 {
		w.Submit(func() { jobs++ })
	}
	<-begun
	before := looks.Load()
	stopped := make(chan struct{})
	go func() { w.Stop(); close(stopped) }()
	for !w.stopping.Load() {
		runtime.Gosched()
	}
	close(hold)
	<-stopped
	if jobs != 100 || looks.Load() != before {
		t.Errorf("%d of 100 jobs were done, with %d looks at the shards", jobs, looks.Load()-before)
	}
}
