package abuse

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"switchyard/loadtest/results"
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

func TestCountsAreSorted(t *testing.T) {
	all := map[string]int64{"refused.new_queues": 30, "closed.slow": 2, "closed.peer": 8}
	if got := counts(all); got != "closed.peer 8, closed.slow 2, refused.new_queues 30" {
		t.Error(got)
	}
}

// Each phase of a run has a line of its own colour in the charts.
func TestChartsHaveAColourForEachPhase(t *testing.T) {
	phases := []string{"warm-up", "quiet", results.RestPhase} // beside those of attackers
	if n := len(phases) + len(Kinds()); n > results.Colours {
		t.Errorf("%d phases, %d colours", n, results.Colours)
	}
}

func TestAbuseRefuses(t *testing.T) {
	for want, c := range map[string]Config{
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
func TestAttackersAreSharedAmongProcesses(t *testing.T) {
	c := Config{Kinds: []string{"burst"}, Scale: 0.5, Full: &seeded.Plan{Count: 100}}
	if got := c.attackConfig("burst"); got.Conns != 5000 || got.Seeded != nil {
		t.Errorf("%+v", got)
	}
	if got := c.attackConfig("slow-readers"); got.Conns != 16 || got.Queues != 100 || got.Seeded != c.Full {
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
