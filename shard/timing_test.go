//go:build timing

package shard

import (
	"math"
	"testing"

	"switchyard/box"
	"switchyard/internal/leak"
	"switchyard/smp"
)

const timingSamples = 20_000

// tolerated is the part of a drain's time by which the classes may differ: a queue that is there is looked at in memory,
// and its key is another one each time. A verification that is left out would be ninety of a hundred.
const tolerated = 0.03

// TestTimingRefusal: a SUB of a queue that is there with a signature of somebody else, and one of a queue that is not,
// each with an answer of ERR AUTH; by `make timing`. The times are those of a whole drain, without the store's disk.
func TestTimingRefusal(t *testing.T) {
	for _, test := range []struct {
		name    string
		alg     box.Alg
		samples int
	}{{"Ed25519", box.Ed25519, timingSamples}, {"Ed448", box.Ed448, timingSamples / 4}, {"X25519", box.X25519, timingSamples}} {
		t.Run(test.name, func(t *testing.T) {
			r := leak.Measure(test.samples, 4, refused(t, test.alg))
			t.Log(r)
			if there, not := float64(r.Median[0]), float64(r.Median[1]); r.Leaks() && math.Abs(there-not) > tolerated*there {
				t.Error("time tells whether a queue is there")
			}
		})
	}
}

// refused makes drains of one command that is refused: of class 0 for one of many queues, of class 1 for none.
func refused(t *testing.T, alg box.Alg) func(class int) func() {
	c := newTestCore(t, newFakeStore())
	owner, client := c.connect(), c.connect() // what a session has authorized is remembered for it alone
	var known, unknown [64][]byte
	for i := range known {
		known[i] = c.newQueue(owner, alg).recipient
		var id smp.ID
		c.router.set.partitions.DrawOwned(&id, c.router.random, 0)
		unknown[i] = id[:]
	}
	stranger := c.router.newKeyOf(alg)
	next := 0
	return func(class int) func() {
		next++
		entity := known[next%len(known)]
		if class == 1 {
			entity = unknown[next%len(unknown)]
		}
		client.inbox = nil
		batch := c.batch(client, stranger, entity, smp.AppendSub(nil))
		return func() { c.runDrain(batch) }
	}
}
