package shard

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"switchyard/box"
	"switchyard/smp"
)

// CheckServiceModel gives random commands of two services with two connections each, and of two plain ones, to a Set,
// one at a time, and compares what all of them receive with what a model says.
func CheckServiceModel(t *testing.T, disk func() Disk) {
	eachModelSeed(t, func(t *testing.T, seed uint64) (next func(int), trace *trace) {
		m := newServiceModel(t, seed, disk())
		return func(int) { m.next(); m.compare() }, &m.trace
	})
}

// serviceModel is the model, and what drives the Set.
type serviceModel struct {
	*rand.Rand
	t       *testing.T
	router  *router
	peers   []*servicePeer
	current [2]*servicePeer // that have the services
	queues  []*servedQueue
	sent    int
	want    []string
	trace   trace
}

// servicePeer is a connection.
type servicePeer struct {
	number     int
	service    int // -1: plain
	subscribed bool
	conn       *serviceClient // own is nil for a plain one
}

// servedQueue is a queue of the model.
type servedQueue struct {
	*testQueue
	owner    int // service, -1 without
	sub      *servicePeer
	messages []string
	holder   *servicePeer // to whom the first message is delivered
	id       []byte       // of that message
}

func newServiceModel(t *testing.T, seed uint64, disk Disk) *serviceModel {
	cfg := testConfig()
	m := &serviceModel{Rand: rand.New(rand.NewPCG(seed, 9)), t: t}
	cfg.Shards = 1 + m.IntN(3)
	cfg.QueueCache = cfg.Shards * (1 + m.IntN(4))
	m.router = newRouterOnDisk(t, cfg, disk, seed)
	for i, s := range []int{0, 0, 1, 1, -1, -1} {
		p := &servicePeer{number: i, service: s}
		m.peers = append(m.peers, p)
		m.connect(p)
	}
	return m
}

func (m *serviceModel) connect(p *servicePeer) {
	if p.subscribed = false; p.service < 0 {
		p.conn = &serviceClient{client: m.router.connect()}
	} else {
		p.conn = m.router.connectService(byte(1+p.service), smp.RoleMessaging)
	}
}

func (m *serviceModel) log(format string, args ...any) { m.trace.log(format, args...) }

// next takes a step: a command, or the end of a connection or of the router.
func (m *serviceModel) next() {
	p := m.peers[m.IntN(len(m.peers))]
	n := m.IntN(100)
	if n < 10 && len(m.queues) < 12 || len(m.queues) == 0 {
		m.create(p)
		return
	}
	q := m.queues[m.IntN(len(m.queues))]
	switch {
	case n < 30:
		m.send(q)
	case n < 55:
		m.ack(p, q)
	case n < 80:
		m.subscribe(p, q)
	case n < 90:
		m.subs(p)
	case n < 93:
		m.delete(p, q)
	case n < 99:
		m.log("%d reconnects", p.number)
		p.conn.close()
		m.ended(p)
		m.connect(p)
	default:
		crash := m.IntN(2) == 0
		m.log("restart, because the power fails: %v", crash)
		if crash {
			m.router.disk.Crash(m.Rand)
		}
		m.router.restart()
		for _, p := range m.peers {
			m.ended(p)
			m.connect(p)
		}
	}
}

// event is what a connection is to receive.
func (m *serviceModel) event(p *servicePeer, text string, id []byte) {
	if p != nil {
		m.want = append(m.want, fmt.Sprintf("%d %s %x", p.number, text, id))
	}
}

func (m *serviceModel) ended(p *servicePeer) {
	if p.service >= 0 && m.current[p.service] == p {
		m.current[p.service] = nil
	}
	for _, q := range m.queues {
		if q.sub == p {
			q.sub = nil
		}
		if q.holder == p {
			q.holder = nil
		}
	}
}

// take has a connection take its service over.
func (m *serviceModel) take(p *servicePeer) {
	old := m.current[p.service]
	if m.current[p.service] = p; old == nil || old == p {
		return
	}
	old.subscribed = false
	count := 0
	for _, q := range m.queues {
		if q.owner == p.service {
			count++
			q.holder = nil
		}
	}
	m.event(old, fmt.Sprint("ENDS ", count), p.conn.id())
}

// target is the connection that messages are pushed to.
func (m *serviceModel) target(q *servedQueue) *servicePeer {
	if q.owner >= 0 {
		return m.current[q.owner]
	}
	return q.sub
}

// deliver pushes the first message.
func (m *serviceModel) deliver(q *servedQueue) {
	if q.holder = m.target(q); q.holder != nil {
		m.event(q.holder, "MSG "+q.messages[0], q.recipient)
	}
}

func (m *serviceModel) create(p *servicePeer) {
	m.log("%d creates", p.number)
	q := &servedQueue{owner: p.service}
	if p.service >= 0 {
		m.take(p)
		q.testQueue = p.conn.newQueue(queueOptions{alg: box.Ed25519})
	} else {
		q.testQueue, q.sub = p.conn.client.newQueue(queueOptions{subscribe: true, alg: box.Ed25519}), p
	}
	m.queues = append(m.queues, q)
}

func (m *serviceModel) send(q *servedQueue) {
	if len(q.messages) == m.router.cfg.Quota {
		return
	}
	m.sent++
	m.log("SEND to %x", q.recipient[:2])
	want(m.t, m.router.probe.sendTo(q.testQueue, fmt.Sprint(m.sent)), "OK")
	if q.messages = append(q.messages, fmt.Sprint(m.sent)); len(q.messages) == 1 {
		m.deliver(q)
	}
}

func (m *serviceModel) ack(p *servicePeer, q *servedQueue) {
	if q.holder != nil && m.IntN(4) > 0 {
		p = q.holder
	}
	m.log("%d ACK %x", p.number, q.recipient[:2])
	id := q.id
	if id == nil {
		id = []byte("none")
	}
	answer := p.conn.ack(q.testQueue, id)
	if q.holder != p {
		want(m.t, answer, "NO_MSG")
		return
	}
	if q.messages, q.holder = q.messages[1:], nil; len(q.messages) == 0 {
		want(m.t, answer, "OK")
		return
	}
	q.holder, q.id = p, wantMessage(m.t, q.testQueue, answer, q.messages[0], false)
}

func (m *serviceModel) subscribe(p *servicePeer, q *servedQueue) {
	m.log("%d SUB %x", p.number, q.recipient[:2])
	if p.service >= 0 {
		m.take(p)
	}
	if q.owner != p.service {
		m.event(m.target(q), "END", q.recipient)
	} else if q.owner < 0 && q.sub != p {
		m.event(q.sub, "END", q.recipient)
	}
	q.owner, q.sub, q.holder = p.service, nil, nil
	if p.service < 0 {
		q.sub = p
		wantSOK(m.t, p.conn.client.sub(q.testQueue), nil)
	} else {
		wantSOK(m.t, p.conn.sub(q.testQueue), p.conn.id())
	}
	if len(q.messages) > 0 {
		m.deliver(q)
	}
}

func (m *serviceModel) subs(p *servicePeer) {
	if p.service < 0 {
		return
	}
	m.log("%d SUBS", p.number)
	m.take(p)
	var ids [][]byte
	for _, q := range m.queues {
		if q.owner != p.service {
			continue
		}
		ids = append(ids, q.recipient)
		if !p.subscribed && len(q.messages) > 0 && q.holder == nil {
			m.deliver(q)
		}
	}
	if !p.subscribed {
		m.event(p, "ALLS", nil)
	}
	p.subscribed = true
	wantSubs(m.t, p.conn.subs(), ids...)
}

func (m *serviceModel) delete(p *servicePeer, q *servedQueue) {
	m.log("%d DEL %x", p.number, q.recipient[:2])
	if to := m.target(q); to != p {
		m.event(to, "DELD", q.recipient)
	}
	want(m.t, p.conn.del(q.testQueue), "OK")
	m.queues = slices.DeleteFunc(m.queues, func(o *servedQueue) bool { return o == q })
}

// compare checks that the connections have received what the model says.
func (m *serviceModel) compare() {
	m.t.Helper()
	for range 3 { // what goes from shard to shard, and back, and the walks
		m.router.sync()
	}
	var got []string
	for _, p := range m.peers {
		for _, e := range p.conn.pending() {
			got = append(got, fmt.Sprintf("%d %s %x", p.number, m.describe(&e), e.entity))
		}
	}
	slices.Sort(got)
	slices.Sort(m.want)
	if !slices.Equal(got, m.want) {
		m.t.Errorf("received\n%q\nthe model says\n%q", got, m.want)
	}
	m.want = nil
}

func (m *serviceModel) describe(e *received) string {
	switch e.tag {
	case smp.RespMsg:
		i := slices.IndexFunc(m.queues, func(q *servedQueue) bool { return string(q.recipient) == e.entity })
		msg := e.msg(m.t)
		m.queues[i].id = msg.ID
		return "MSG " + string(m.queues[i].open(m.t, msg).Body)
	case smp.RespEnds:
		return fmt.Sprint("ENDS ", m.router.parseSubs(*e).Count)
	}
	return e.text()
}
