//go:build simulate

package shard

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"time"

	"switchyard/box"
	"switchyard/internal/simulate"
	"switchyard/internal/simulate/sync"
	"switchyard/smp"
)

// simStep is what the driver does now and then.
type simStep struct {
	name   string
	weight int
	always bool // runs without it would try nothing
	do     func(*simulation)
}

var simSteps []simStep

func init() { // they lead to each other
	simSteps = []simStep{
		// What clients do.
		{"give commands", 60, true, (*simulation).giveBlocks},
		{"create a queue", 4, true, (*simulation).createSome},
		{"subscribe to many queues", 10, true, (*simulation).subscribeMany},
		{"acknowledge", 20, true, (*simulation).acknowledge},
		{"read", 20, true, (*simulation).readSome},
		{"stall", 10, false, (*simulation).stallOne},
		{"cut", 6, false, (*simulation).cutOne},
		// What the disk does.
		{"hold commits", 10, false, (*simulation).hold},
		{"free commits", 10, true, (*simulation).free},
		{"refuse commits", 3, false, func(w *simulation) { w.store.setFail(true, "commit") }},
		{"fail", 4, false, func(w *simulation) { w.store.fail() }},
		{"mend", 6, true, (*simulation).mend},
		{"damage a queue", 1, false, (*simulation).damage},
		{"fail to read", 2, false, (*simulation).failToRead},
		{"fill", 2, false, (*simulation).fill},
		// What time and the operator do.
		{"set the clock", 4, false, (*simulation).setClock},
		{"let time pass", 8, true, (*simulation).pass},
		{"look after connections", 3, false, (*simulation).lookAfter},
		{"rest", 2, false, (*simulation).restAndExpire},
		{"restart", 2, false, (*simulation).restart},
	}
}

// makeStep makes one step of the driver, and then some of the actors.
func (w *simulation) makeStep(n int) {
	w.Rand = rand.New(rand.NewPCG(w.seed, uint64(n)+10))
	w.step = n
	w.model.now = w.router.clock.time().Unix()
	for _, q := range w.model.queues {
		if q.link != nil {
			q.knownLink = q.link.id
		}
	}
	if w.vague {
		w.rest()
	}
	s := &simSteps[w.pick(w.weights)]
	w.note("step %d: %s", n, s.name)
	s.do(w)
	w.let(w.IntN(2 * w.pace))
}

// pick chooses by weight.
func (w *simulation) pick(weights []int) int {
	total := 0
	for _, n := range weights {
		total += n
	}
	at := w.IntN(total)
	for i, n := range weights {
		if at -= n; at < 0 {
			return i
		}
	}
	panic("weights")
}

// someEnd is one of the connections that take commands; nil when none is found.
func (w *simulation) someEnd() *simEnd {
	for range 4 {
		if e := w.ends[w.IntN(len(w.ends))]; e.open() && len(e.asked) <= askedMost {
			return e
		}
	}
	return nil
}

// askedMost is how many commands without an answer keep a client from giving more.
const askedMost = 24

// giveTo has a client give a block of commands.
func (w *simulation) giveTo(e *simEnd, block []action) {
	var cmds []command
	for i := range block {
		a := &block[i]
		cmd := w.encode(a)
		large := len(cmd.text) > 1000 // fills a block
		if len(cmd.entity) == 0 || large && len(cmds) > 0 {
			continue
		}
		w.note("client %d gives %s of queue %d, signed %d %s", w.number(e.client), a.op, a.queue.number, slices.Index(w.keys, a.key), a.body[:min(20, len(a.body))])
		w.order++
		w.given[a.corr] = &simGiven{end: e, action: *a, order: w.order}
		if cmds = append(cmds, cmd); large {
			break
		}
	}
	if len(cmds) > 0 {
		e.send(cmds)
	}
}

// simOps are the commands, with how often they come.
var simOps = []struct {
	op     smp.CommandTag
	weight int
}{
	{smp.CmdSend, 16}, {smp.CmdAck, 8}, {smp.CmdSub, 6}, {smp.CmdGet, 2}, {smp.CmdQue, 4}, {smp.CmdKey, 2}, {smp.CmdLSet, 2},
	{smp.CmdLGet, 4}, {smp.CmdLDel, 1}, {smp.CmdDel, 1}, {smp.CmdOff, 1},
}

func (w *simulation) giveBlocks() {
	if len(w.live()) == 0 {
		return
	}
	for range 1 + w.IntN(3) {
		e := w.someEnd()
		if e == nil {
			return
		}
		size := 1 + w.IntN(3)
		if w.IntN(6) == 0 {
			size = 1 + w.IntN(2*quantum)
		}
		var block []action
		for range size {
			a := w.actionOf(e.client, w.queue(), simOps[w.pick(w.ops)].op)
			if len(a.body) > 1000 && w.IntN(4) > 0 {
				a.body = a.body[:20]
			}
			block = append(block, a)
		}
		w.giveTo(e, block)
	}
}

func (w *simulation) createSome() {
	if e := w.someEnd(); e != nil && len(w.live()) < w.most {
		w.create(e, w.IntN(4) > 0)
	}
}

// create creates a queue.
func (w *simulation) create(e *simEnd, subscribe bool) {
	o := queueOptions{mode: []smp.QueueMode{smp.ModeMessaging, smp.ModeContact}[w.IntN(2)], subscribe: subscribe, password: modelPassword}
	p, q, dh := w.newQueue(o)
	w.corrs++
	corr := binary.BigEndian.AppendUint64(make([]byte, 16), w.corrs)
	w.given[string(corr)] = &simGiven{
		end:    e,
		action: action{client: e.client, op: smp.CmdNew, queue: q, corr: string(corr)},
		create: func(m *received) { w.created(e, q, dh, o, m) },
	}
	e.send([]command{{key: q.key, text: smp.AppendNew(nil, e.client.shard.Version, &p), corr: corr}})
}

// created takes the answer to NEW.
func (w *simulation) created(e *simEnd, q *modelQueue, dh *box.PrivateKey, o queueOptions, m *received) {
	switch {
	case w.failed(q, m):
		w.hidden = true
		return
	case m.text() == "STORE full" && w.wasFull:
		return
	case m.tag != smp.RespIDs:
		w.t.Fatalf("NEW is answered %s", m.text())
	}
	q.created(w.t, e.client.shard.Version, m, dh)
	if o.subscribe {
		q.sub = &modelSub{client: e.client}
	}
	w.named[string(q.recipient)] = q
	w.model.queues = append(w.model.queues, q)
}

// subscribeMany has a client subscribe to many queues, as one does that comes back.
func (w *simulation) subscribeMany() {
	e := w.someEnd()
	if e == nil {
		return
	}
	op := smp.CmdSub
	if w.IntN(8) == 0 {
		op = smp.CmdGet
	}
	var block []action
	for _, q := range w.live() {
		if w.IntN(3) > 0 {
			a := w.actionOf(e.client, q, op)
			a.astray = false
			block = append(block, a)
		}
	}
	w.giveTo(e, block)
}

// acknowledge has a client acknowledge some of what was delivered.
func (w *simulation) acknowledge() {
	if e := w.someEnd(); e != nil {
		w.giveTo(e, w.acks(e.client, func() bool { return w.IntN(4) > 0 }))
	}
}

// acks acknowledge what was delivered to a client.
func (w *simulation) acks(c *client, chosen func() bool) (block []action) {
	for _, q := range w.live() {
		s := q.sub
		if s == nil || s.client != c || s.delivered == nil || q.status == StatusBlocked || !chosen() || len(block) >= DrainLimit {
			continue
		}
		a := w.actionOf(c, q, smp.CmdAck)
		a.message, a.key, a.astray = s.delivered, q.keys[0], false
		block = append(block, a)
	}
	return block
}

func (w *simulation) readSome() {
	for _, e := range w.ends {
		if e.open() && !e.stalled && w.IntN(2) == 0 {
			e.read([]int{1 + w.IntN(smp.BlockSize), 1 << 20}[w.IntN(2)])
		}
	}
}

// stallOne has a client stop reading, or go on.
func (w *simulation) stallOne() {
	if e := w.someEnd(); e != nil {
		e.stalled = !e.stalled
	}
}

// cutOne ends a connection, and the client comes back.
func (w *simulation) cutOne() {
	i := w.IntN(len(w.ends))
	if e := w.ends[i]; e.open() || e.left {
		e.close(w.IntN(2) == 0)
		w.gone = append(w.gone, e)
		w.connectAt(i)
	}
}

// hold has commits of some shards wait.
func (w *simulation) hold() {
	for _, waiter := range w.waiters() {
		if w.IntN(2) == 0 {
			w.store.hold(waiter)
		}
	}
}

// waiters are the actors that wait for commits. In loose runs they have no names.
func (w *simulation) waiters() []string {
	if w.sim == nil {
		return []string{""}
	}
	return w.sim.Actors("wait")
}

func (w *simulation) free() { w.store.free() }

func (w *simulation) mend() {
	w.store.setFail(false, "commit", "load", "header", "body")
	w.store.full.Store(false)
	if w.IntN(2) == 0 {
		w.store.mend()
	}
}

// damage has the messages of a queue not be read any more.
func (w *simulation) damage() {
	if live := w.live(); len(live) > 0 {
		w.store.damage(live[w.IntN(len(live))].recipient)
	}
}

func (w *simulation) failToRead() {
	w.store.setFail(true, []string{"load", "header", "body"}[w.IntN(3)])
}

func (w *simulation) fill() {
	w.wasFull = true
	w.store.full.Store(true)
}

// setClock sets the clock of the machine. That of the shards stands still but for restAndExpire, as the model has to know the
// time of each message.
func (w *simulation) setClock() {
	d := time.Duration(w.Int64N(int64(2 * time.Hour)))
	if w.IntN(2) == 0 {
		d = -d
	}
	if w.sim != nil {
		w.sim.JumpClock(d)
	}
}

// pass has time pass for who waits for it.
func (w *simulation) pass() {
	for range 1 + w.IntN(5) {
		w.advance(simPatience)
		w.let(w.IntN(2 * w.pace))
	}
}

func (w *simulation) lookAfter() {
	for _, l := range w.loops {
		front := w.front
		l.do(func() { front.LookAfter(l) })
	}
}

// restAndExpire comes to rest, and sometimes time passes then and old messages are deleted.
func (w *simulation) restAndExpire() {
	w.rest()
	if w.IntN(2) == 0 {
		return
	}
	w.router.clock.advance(time.Duration(w.IntN(50)) * time.Minute)
	w.model.now = w.router.clock.time().Unix()
	simulate.Go("expire", w.router.set.expire)
	for _, q := range w.model.queues {
		w.model.expire(q)
	}
	w.rest()
}

func (w *simulation) restart() {
	w.stop()
	w.start()
}

// stop stops the router in the middle of what it does, in the order of engine.Router: loops take no more commands, shards answer
// what they have.
func (w *simulation) stop() {
	var loops, all sync.WaitGroup
	var err error
	set, front := w.router.set, w.front
	w.running = false
	loops.Add(len(w.loops))
	all.Go(func() {
		for _, l := range w.loops {
			l.do(func() {
				defer loops.Done()
				front.StopInput(l)
			})
		}
		loops.Wait()
		err = set.Close()
	})
	stopped := false
	simulate.Go("stopped", func() {
		all.Wait()
		stopped = true
	})
	w.let(w.IntN(4 * w.pace))
	w.release()
	w.settle()
	if !stopped {
		w.t.Fatalf("the router does not stop")
	}
	w.note("stopped: %v", err)
	for _, e := range w.ends {
		if s := w.front.Session(e.socket); s.Open && s.Asked > 0 && !e.left {
			w.t.Fatalf("client %d has no answer to %d commands of those that the router had taken when it stopped", w.number(e.client), s.Asked)
		}
	}
	for _, l := range w.loops {
		l.end()
	}
	w.stepAll()
	w.forgetAll()
}

// abandon ends the goroutines of a loose run that has failed, which may be anywhere.
func (w *simulation) abandon() {
	w.release()
	simulate.Go("abandon", func() {
		if w.running {
			_ = w.router.set.Close()
		}
		for _, l := range w.loops {
			l.end()
		}
	})
	for range 100 {
		w.stepAll()
		w.advance(simPatience)
	}
}

// forgetAll has all connections be gone, as the router has stopped, and ends the doubts.
func (w *simulation) forgetAll() {
	for _, e := range append(w.ends, w.gone...) {
		w.model.closed(e.client)
	}
	w.gone, w.model.out = nil, nil
	clear(w.given)
	clear(w.inner)
	clear(w.endOf)
	for _, q := range w.model.queues {
		if d := w.doubts[q]; d != nil {
			w.settleDoubt(q, d)
		}
	}
	w.checkStore()
	w.wasFull, w.hidden, w.vague = false, false, false
}
