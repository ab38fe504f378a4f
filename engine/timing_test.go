//go:build timing

package engine_test

import (
	"crypto/ed25519"
	"math"
	"testing"

	"switchyard/box"
	"switchyard/internal/leak"
	"switchyard/smp"
	"switchyard/smp/client"
)

const timingSamples = 20_000

// TestTimingRouter is what a client sees of it: the time from SUB to ERR AUTH over loopback and TLS, of queues that are
// there with a signature of somebody else, and of queues that are not; by `make timing`. What is left beside equal
// verifications is the lookup: a queue that is not there is looked for in the store.
func TestTimingRouter(t *testing.T) {
	r := startRouter(t)
	owner := r.dial(t)
	var known, unknown [64]string
	for i := range known {
		q, err := owner.NewQueue(testContext(t), client.QueueParams{Alg: box.Ed25519, Mode: smp.ModeMessaging})
		if err != nil {
			t.Fatal(err)
		}
		known[i] = string(q.ID)
		absent := append([]byte(nil), q.ID...)
		absent[len(absent)-1] ^= 1
		unknown[i] = string(absent)
	}
	c := r.rawDial(t, smp.CurrentVersion)
	_, stranger, _ := ed25519.GenerateKey(nil)
	next := 0
	result := leak.Measure(timingSamples, 5, func(class int) func() {
		next++
		entity := known[next%len(known)]
		if class == 1 {
			entity = unknown[next%len(unknown)]
		}
		block := c.signed(stranger, "corr", entity, string(smp.AppendSub(nil)))
		return func() {
			if answer := c.ask(block)[0]; string(answer.Command) != "ERR AUTH" {
				t.Fatalf("%q", answer.Command)
			}
		}
	})
	t.Log(result)
	if there, not := float64(result.Median[0]), float64(result.Median[1]); result.Leaks() && math.Abs(there-not) > 0.1*there {
		t.Error("time tells a client whether a queue is there")
	}
}
