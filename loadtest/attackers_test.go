package loadtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

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

func TestAbuseRefusesUnknownKind(t *testing.T) {
	c := AbuseConfig{Kinds: []string{"queues", "flowers"}, Attackers: 1}
	if err := c.check(); err == nil {
		t.Error("an unknown kind is taken")
	}
}
