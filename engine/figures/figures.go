// Package figures names the figures of an SMP router for Prometheus: what a router counts, in engine, and what it is called.
// Those of connections and of the store are called the same by all routers, so their names are in server/connections and
// server/metrics. It imports engine and server/metrics, and holds nothing.
package figures

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/engine"
	"switchyard/server/metrics"
)

// Of is the figures of a router, but for those of connections and of its store, as a prometheus.Collector.
type Of struct{ *engine.Router }

var (
	sessionsDesc = metrics.Desc("sessions", "Connections now whose SMP handshake is done.")
	unreadDesc   = metrics.Desc("queues_unread", "Queues now whose next message cannot be read while somebody waits for it.")
	commandsDesc = metrics.Desc("commands_total", "Well-formed commands of clients, by what they are.", "command")
	blocksDesc   = metrics.Desc("blocks_total", "Blocks after the handshake, in or out.", "direction")
	endsDesc     = metrics.Desc("handshakes_total", "Handshakes that have ended, by the group of the key exchange, and by their outcome: ok, or why the connection was closed.", "group", "outcome")

	ringDesc     = metrics.Desc("ring_batches", "Batches that wait in the rings into a shard, by who put them there: loops, or other shards.", "shard", "of")
	ringSizeDesc = metrics.Desc("ring_capacity_batches", "Batches that a ring into a shard has room for.")
	ringFullDesc = metrics.Desc("ring_full_total", "How often a ring into a shard had no room.", "shard", "of")
	putOffDesc   = metrics.Desc("put_off_commands", "Commands of a shard that wait so that other connections have their turn.", "shard")

	loopsDesc     = metrics.Desc("loops", "Event loops that have had connections.")
	inboxDesc     = metrics.Desc("inbox_groups", "Groups of replies that wait for event loops.")
	inboxSizeDesc = metrics.Desc("inbox_capacity_groups", "Groups of replies that the event loops have room for.")
	inboxFullDesc = metrics.Desc("inbox_full_total", "How often an event loop had no room for replies.")
	waitingDesc   = metrics.Desc("waiting_bytes", "Bytes that wait: replies for event loops, input for other routers, and what sockets have not taken.", "where")

	cachedDesc  = metrics.Desc("queue_cache_queues", "Queues in memory.")
	cacheDesc   = metrics.Desc("queue_cache_limit_queues", "Queues that may be in memory without being used.")
	parkedDesc  = metrics.Desc("parked_subscriptions", "Subscriptions to queues that are not in memory.")
	lookupsDesc = metrics.Desc("queue_cache_lookups_total", "Lookups of queues that were in memory, and that were not.", "result")

	relaysDesc        = metrics.Desc("relays", "Other routers that this one forwards to, by state.", "state")
	unansweredDesc    = metrics.Desc("relay_unanswered_commands", "Forwarded commands that other routers have not answered.")
	relaySessionsDesc = metrics.Desc("relay_sessions_total", "Sessions with other routers that clients have asked for and got.")
	relayAnswersDesc  = metrics.Desc("relay_answers_total", "Forwarded commands that other routers have answered.")
	relayFailedDesc   = metrics.Desc("relay_failures_total", "What clients have asked of other routers in vain: to connect, or an answer to a forwarded command.", "what")
)

// Describe implements prometheus.Collector.
func (f Of) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{sessionsDesc, unreadDesc, commandsDesc, blocksDesc, endsDesc, ringDesc, ringSizeDesc, ringFullDesc,
		putOffDesc, loopsDesc, inboxDesc, inboxSizeDesc, inboxFullDesc, waitingDesc, cachedDesc, cacheDesc, parkedDesc, lookupsDesc,
		relaysDesc, unansweredDesc, relaySessionsDesc, relayAnswersDesc, relayFailedDesc} {
		out <- d
	}
}

// output takes figures.
type output chan<- prometheus.Metric

func (out output) gauge(d *prometheus.Desc, n int64, labels ...string) {
	out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n), labels...)
}

func (out output) counter(d *prometheus.Desc, n int64, labels ...string) {
	out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
}

// Collect implements prometheus.Collector.
func (f Of) Collect(metrics chan<- prometheus.Metric) {
	out := output(metrics)
	s := f.Router.Stats()
	out.gauge(sessionsDesc, s.Sessions)
	out.gauge(unreadDesc, s.Unread)
	for command, n := range s.Commands {
		out.counter(commandsDesc, n, command)
	}
	out.counter(blocksDesc, s.BlocksIn, "in")
	out.counter(blocksDesc, s.BlocksOut, "out")
	r := f.Router.Figures()
	for end, n := range r.Handshakes {
		out.counter(endsDesc, n, end.Group, string(end.Outcome))
	}
	out.shards(&r)
	out.gauge(loopsDesc, int64(r.Loops))
	out.gauge(inboxDesc, int64(r.Inbox.Len))
	out.gauge(inboxSizeDesc, int64(r.Inbox.Cap))
	out.counter(inboxFullDesc, int64(r.Inbox.Full))
	out.gauge(waitingDesc, r.InboxBytes, "inbox")
	out.gauge(waitingDesc, r.HeldBytes, "relays")
	out.gauge(waitingDesc, r.LateBytes, "sockets")
	out.relays(&r)
}

// shards has what is told of each shard, and what of all.
func (out output) shards(r *engine.Figures) {
	var queues, parked int64
	var hits, misses uint64
	for i, s := range r.Shards {
		shard := strconv.Itoa(i)
		out.gauge(ringDesc, int64(s.Ring.Len), shard, "loops")
		out.gauge(ringDesc, int64(s.Hops.Len), shard, "shards")
		out.counter(ringFullDesc, int64(s.Ring.Full), shard, "loops")
		out.counter(ringFullDesc, int64(s.Hops.Full), shard, "shards")
		out.gauge(putOffDesc, s.PutOff, shard)
		queues, parked = queues+s.Queues, parked+s.Parked
		hits, misses = hits+s.Hits, misses+s.Misses
	}
	if len(r.Shards) > 0 {
		out.gauge(ringSizeDesc, int64(r.Shards[0].Ring.Cap))
	}
	out.gauge(cachedDesc, queues)
	out.gauge(cacheDesc, int64(r.QueueCache))
	out.gauge(parkedDesc, parked)
	out.counter(lookupsDesc, int64(hits), "hit")
	out.counter(lookupsDesc, int64(misses), "miss")
}

// relays has nothing to tell of a router that is no proxy.
func (out output) relays(r *engine.Figures) {
	if r.Relays == nil {
		return
	}
	out.gauge(relaysDesc, int64(r.Relays.Sessions), "connected")
	out.gauge(relaysDesc, int64(r.Relays.Connecting), "connecting")
	out.gauge(relaysDesc, int64(r.Relays.Down), "down")
	out.gauge(unansweredDesc, r.Relays.Unanswered)
	sessions, messages := r.Outcomes.Connects, r.Outcomes.Forwards
	out.counter(relaySessionsDesc, sessions.Successes)
	out.counter(relayAnswersDesc, messages.Successes)
	out.counter(relayFailedDesc, sessions.Connect+sessions.Compat+sessions.Other, "connect")
	out.counter(relayFailedDesc, messages.Connect+messages.Compat+messages.Other, "answer")
}
