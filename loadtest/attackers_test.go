package loadtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"

	"switchyard/loadtest/seeded"
	"switchyard/smp"
)

func TestReason(t *testing.T) {
	for want, err := range map[string]error{
		"STORE limit":        fmt.Errorf("new queue: %w", smp.ErrStore("limit")),
		"timeout":            fmt.Errorf("dial: %w", os.ErrDeadlineExceeded),
		"connection refused": errors.New("dial tcp 127.0.0.1:1: connect: connection refused"),
	} {
		if got := reason(err); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}

// What a router tells at its end is read by cause, summed over its lives.
func TestCauses(t *testing.T) {
	r := &Router{dir: t.TempDir()}
	log := "level=INFO msg=\"since the start\" accepted=10 failed=0 closed.peer=7 closed.slow=2 refused.new_queues=30\n" +
		"level=INFO msg=stopped\nlevel=INFO msg=\"since the start\" accepted=1 closed.peer=1\n"
	if err := os.WriteFile(filepath.Join(r.dir, "router.log"), []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{"closed.peer": 8, "closed.slow": 2, "refused.new_queues": 30}
	if got := r.causes(); !reflect.DeepEqual(got, want) {
		t.Error(got)
	}
	if got := counts(want); got != "closed.peer 8, closed.slow 2, refused.new_queues 30" {
		t.Error(got)
	}
}

func TestAbuseRefuses(t *testing.T) {
	for want, c := range map[string]AbuseConfig{
		"no attacker":  {Kinds: []string{"queues", "flowers"}, Attackers: 1},
		"in the store": {Kinds: []string{"slow-readers"}, Attackers: 1},
		"a scale":      {Kinds: []string{"queues"}},
	} {
		if err := c.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// The attackers of a kind are spread over processes, none of which has more connections than it may have open files, and
// each has its own queues.
func TestCrewIsShared(t *testing.T) {
	c := AbuseConfig{Kinds: []string{"burst"}, Scale: 0.5, Full: &seeded.Plan{Count: 100}}
	if got := c.crew("burst"); got.Conns != 5000 || got.Seeded != nil {
		t.Errorf("%+v", got)
	}
	if got := c.crew("slow-readers"); got.Conns != 16 || got.Queues != 100 || got.Seeded != c.Full {
		t.Errorf("%+v", got)
	}
	conns, queues := 0, 0
	for _, part := range shares(AttackConfig{Conns: 2*attackConns + 1, Queues: 100}) {
		if part.First != conns || part.FirstQueue != queues || part.Conns > attackConns {
			t.Errorf("%+v", part)
		}
		conns, queues = conns+part.Conns, queues+part.Queues
	}
	if conns != 2*attackConns+1 || queues != 100 {
		t.Error(conns, queues)
	}
}

// A quantile of a histogram is within the bucket that has it, of what was counted between two readings.
func TestQuantile(t *testing.T) {
	histogram := func(counts ...uint64) *dto.Histogram {
		h := &dto.Histogram{SampleCount: new(counts[len(counts)-1])}
		for i, n := range counts[:len(counts)-1] {
			h.Bucket = append(h.Bucket, &dto.Bucket{UpperBound: new(float64(int(1) << i)), CumulativeCount: new(n)})
		}
		return h
	}
	none := &dto.Histogram{}
	for _, c := range []struct {
		before, after *dto.Histogram
		q, want       float64
	}{
		{none, histogram(10, 10, 20, 20), 0.5, 1},
		{none, histogram(10, 10, 20, 20), 0.75, 3},
		{histogram(10, 10, 20, 20), histogram(10, 10, 30, 30), 0.5, 3},
		{none, histogram(0, 0, 0, 5), 0.5, 4}, // above all buckets
		{none, none, 0.5, 0},
	} {
		if len(c.after.Bucket) == 0 {
			c.after = histogram(0)
		}
		if got := quantile(c.before, c.after, c.q); got != c.want {
			t.Errorf("%v of %v since %v: %v, want %v", c.q, c.after, c.before, got, c.want)
		}
	}
}
