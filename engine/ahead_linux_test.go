//go:build linux && !poll_opt && !simulate

package engine_test

import (
	"testing"

	"switchyard/smp"
)

// write sends a block some times, in the background.
func (c *rawClient) write(block []byte, times int) {
	go func() {
		for range times {
			if _, err := c.conn.Write(block); err != nil {
				return // as the test finds
			}
		}
	}()
}

// A client that is far ahead of the shards waits, and so does what it sends; then everything is answered.
func TestReadingStopsFarAheadOfShards(t *testing.T) {
	r, store := startHanging(t)
	c := r.rawDial(t, 19)
	const blocks = 1024
	c.write(c.padded(smp.AppendBatch(nil, c.transmission(nil, "s", string(make([]byte, 24)), "SEND F hello"))), blocks)
	<-store.reads
	r.pausedAt(t, 1)
	close(store.answers)
	go func() {
		for range store.reads {
		}
	}()
	for _, answer := range c.responses(blocks) {
		if string(answer.Command) != "ERR STORE failed" {
			t.Fatalf("SEND is answered %q", answer.Command)
		}
	}
	until(t, "the router reads again", func() bool { return r.Sockets().Paused == 0 })
	r.closedNone(t)
	if err := r.Stop(testContext(t)); err != nil {
		t.Error(err)
	}
	close(store.reads)
}

// Nor is a client that asks for far more than it reads.
func TestLargeAnswersWait(t *testing.T) {
	r := startRouter(t)
	c := r.rawDial(t, 19)
	contact := c.newQueue("n", smp.NewParams{Mode: smp.ModeContact})
	link := smp.LinkParams{LinkID: []byte("link"), Fixed: []byte("fixed"), User: make([]byte, 16000)}
	if got := c.ask(c.signed(contact.key, "l", string(contact.RecipientID), string(smp.AppendLSet(nil, link))))[0]; string(got.Command) != "OK" {
		t.Fatalf("LSET is answered %.20q", got.Command)
	}
	const blocks, commands = 20, 250 // 80 MiB of answers
	var block [][]byte
	for range commands {
		block = append(block, c.transmission(nil, "c", "link", "LGET"))
	}
	c.write(c.padded(smp.AppendBatch(nil, block...)), blocks)
	r.pausedAt(t, 1)
	for range blocks * commands {
		if got := c.responses(1)[0]; len(got.Command) < len(link.User) {
			t.Fatalf("LGET is answered %.20q", got.Command)
		}
	}
	r.closedNone(t)
}
