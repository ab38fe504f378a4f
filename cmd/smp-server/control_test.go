package main

import (
	"encoding/base64"
	"strings"
	"testing"

	"switchyard/server/control"
	"switchyard/smp/client"
)

// TestOperatorOutlivesKill: what the operator was told is done is done, though the router is killed right after it; and who is
// subscribed is told.
func TestOperatorOutlivesKill(t *testing.T) {
	p := newProcess(t)
	p.start()
	ctx := testContext(t)
	c := p.dial()
	make := func() *client.RcvQueue {
		q, err := c.NewQueue(ctx, client.QueueParams{Subscribe: true})
		check(t, err)
		return q
	}
	blocked, unblocked, deleted := make(), make(), make()
	check(t, c.Send(ctx, deleted.Sender(nil), false, []byte("a message")))
	<-c.Events() // it
	socket := control.Socket(p.dir + "/var/store")
	say := func(command string, q *client.RcvQueue, more, want string) {
		t.Helper()
		lines, err := control.Ask(socket, command+" "+base64.RawURLEncoding.EncodeToString(q.SenderID)+more)
		if err != nil {
			lines = []string{err.Error()}
		}
		if got := strings.Join(lines, "\n"); got != want {
			t.Errorf("%s: %s, want %s", command, got, want)
		}
	}
	const asSpam = "EntityBlocked (BlockingInfo {reason = BRSpam, notice = Nothing})"
	say("block", unblocked, " reason=spam", "ok, queue blocked: "+asSpam)
	<-c.Events() // BLOCKED
	say("block", blocked, " reason=spam", "ok, queue blocked: "+asSpam)
	<-c.Events()
	say("unblock", unblocked, "", "ok, queue unblocked, reason to block was: BlockingInfo {reason = BRSpam, notice = Nothing}")
	say("delete", deleted, "", "ok, 1 messages deleted")
	check(t, p.cmd.Process.Kill())
	p.cmd.Wait()
	p.start()
	say("block", blocked, " reason=spam", "ok, already inactive: "+asSpam)
	say("unblock", unblocked, "", "ok, queue was active")
	say("delete", deleted, "", "AUTH")
	c = p.dial()
	check(t, c.Send(ctx, unblocked.Sender(nil), false, []byte("a message")))
	if err := c.Send(ctx, blocked.Sender(nil), false, nil); err == nil || err.Error() != "BLOCKED reason=spam" {
		t.Error(err)
	}
	if err := c.Send(ctx, deleted.Sender(nil), false, nil); err == nil || err.Error() != "AUTH" {
		t.Error(err)
	}
	p.stop()
}
