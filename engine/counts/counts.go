package counts

import (
	"encoding/json"
	"time"

	"switchyard/engine/relay"
	"switchyard/server/statistics"
	"switchyard/shard/tally"
	"switchyard/smp"
)

// Live is what a router has counted since its start. The set of Shards are there when it is to be filled.
type Live struct {
	Shards     tally.Reading
	Blocks     [smp.CommandTags]int64 // of several commands of one party, by the first of them
	Forwarded  int64                  // responses to RFWD
	Relays     relay.Tally
	Sessions   int64 // connections now whose handshake is done
	Goroutines int64
	Sockets    []Sockets
}

// Sockets counts the connections of a port.
type Sockets struct {
	Port                     string
	Accepted, Closed, Active int64
}

// readings is what a snapshot has beside numbers.
type readings struct {
	times            tally.Times
	waiting          tally.Periods
	sockets          []Sockets
	version, options string
}

// Counts is the statistics of a router.
type Counts struct {
	*statistics.Book
	version, options string
	before           tally.Times // of earlier runs; changed by SetState alone
	failed           bool        // a commit has failed, as of the last reading
}

// New makes the statistics of a router that has just started; read has it fill in what it has counted. The version and the
// options are for the metrics.
func New(read func(*Live), now time.Time, version, options string) *Counts {
	c := &Counts{version: version, options: options}
	c.Book = statistics.NewBook(&table, now, func(r *statistics.Reading) {
		live := Live{Shards: tally.Reading{Used: &r.Sets[used], UsedNotify: &r.Sets[usedNotify]}}
		read(&live)
		c.fill(r, &live)
	})
	return c
}

func (c *Counts) fill(r *statistics.Reading, l *Live) {
	s := &l.Shards
	v := r.Values
	copy(v, s.Counts[:])
	v[blocksOfSubs], v[blocksOfDeletes] = l.Blocks[smp.CmdSub], l.Blocks[smp.CmdDel]
	v[blocksOfNotifierDeletes], v[blocksOfNotifierSubs] = l.Blocks[smp.CmdNDel], l.Blocks[smp.CmdNSub]
	v[forwardsReceived] = l.Forwarded
	for first, o := range map[statistics.ID]*relay.Outcomes{
		connects: &l.Relays.Connects, ownConnects: &l.Relays.OwnConnects, forwards: &l.Relays.Forwards, ownForwards: &l.Relays.OwnForwards,
	} {
		copy(v[first:], []int64{o.Requests, o.Successes, o.Connect, o.Compat, o.Other})
	}
	v[services], v[notifierServs] = s.Services, s.NotifierServices
	v[sessions], v[goroutines] = l.Sessions, l.Goroutines
	f := &s.Figures
	v[delivered], v[deliveredClients], v[oldestDelivery] = f.Waiting, f.WaitingClients, s.Oldest
	v[subscriptions], v[subscribedClients] = f.Subs, f.Clients
	v[notifierSubscriptions], v[notifierClients] = f.NotifierSubs, f.NotifierClients
	v[subscribedServices], v[subscribedServiceQueues] = s.Subscribed, s.SubscribedQueues
	v[notifierServices], v[notifierServiceQueues] = s.NotifierSubscribed, s.NotifierSubscribedQueues
	v[loadedQueues], v[loadedNotifiers] = f.LoadedQueues, f.LoadedNotifiers
	more := &readings{times: s.Times, waiting: s.Waiting, sockets: l.Sockets, version: c.version, options: c.options}
	more.times.Join(&c.before)
	r.Extra, c.failed = more, s.Failed
}

// StatsLines is what the control port tells.
func (c *Counts) StatsLines(now time.Time, admin bool) string {
	s := c.Read(now)
	return Lines(&s, admin)
}

// Lines is what the control port tells about a snapshot, for users, and with more for administrators.
func Lines(s *statistics.Snapshot, admin bool) string { return table.TellLines(s, admin) }

// AppendText appends the metrics, in Prometheus' classic text format.
func (c *Counts) AppendText(b []byte, now time.Time) []byte {
	s := c.Read(now)
	return table.AppendText(b, &s)
}

// BlockedToday is how many queues the operator has blocked since 00:00 UTC.
func (c *Counts) BlockedToday(now time.Time) int64 { return c.Today(of(tally.QueuesBlocked), now) }

// Held is how many queues and messages the router has.
func (c *Counts) Held(now time.Time) (queues, messages int64) {
	s := c.Read(now)
	return s.Values[of(tally.Queues)], s.Values[of(tally.Messages)]
}

// Levels is how much a store held when its router started.
type Levels struct {
	Queues, Notifiers, Messages, Notifications                int64
	Services, ServiceQueues, NotifierServices, NotifierQueues int64
}

// SetLevels says how much the store held when the router started. What has come and gone since is counted.
func (c *Counts) SetLevels(l Levels) {
	for id, n := range map[statistics.ID]int64{
		of(tally.Queues): l.Queues, of(tally.Notifiers): l.Notifiers, of(tally.Messages): l.Messages, of(tally.Notifications): l.Notifications,
		services: l.Services, notifierServs: l.NotifierServices,
		of(tally.ServiceQueues): l.ServiceQueues, of(tally.NotifierServiceQueues): l.NotifierQueues,
	} {
		c.SetBase(id, n)
	}
}

// own is what is kept beside the book.
type own struct {
	Exact bool // levels are what the store holds: the router stopped, and no commit has failed
	Times times
}

// times is tally.Times without its empty buckets.
type times struct {
	Sum, Max, Count int64
	Buckets         map[int]int64
}

// Keep is the statistics as they are kept in the store. At the end, when nothing is counted any more, stopped is set; then the
// levels need not be counted at the next start, if exact says that they were right at this one.
func (c *Counts) Keep(now time.Time, stopped bool) []byte {
	s := c.Read(now)
	t := &s.Extra.(*readings).times
	o := own{Exact: stopped && !c.failed, Times: times{Sum: t.Sum, Max: t.Max, Count: t.Count, Buckets: make(map[int]int64)}}
	for i, n := range &t.Buckets {
		if n > 0 {
			o.Times.Buckets[i] = n
		}
	}
	extra, err := json.Marshal(o)
	if err != nil {
		panic("counts: " + err.Error())
	}
	return c.State(now, extra)
}

// Resume goes on with what was kept, before the router is asked for anything. exact tells that the levels are what the store
// holds. After an error the numbers begin at 0.
func (c *Counts) Resume(kept []byte) (exact bool, err error) {
	extra, err := c.SetState(kept)
	if err != nil {
		return false, err
	}
	var o own
	if json.Unmarshal(extra, &o) != nil {
		return false, nil
	}
	c.before.Sum, c.before.Max, c.before.Count = o.Times.Sum, o.Times.Max, o.Times.Count
	for i, n := range o.Times.Buckets {
		if i >= 0 && i < len(c.before.Buckets) {
			c.before.Buckets[i] = n
		}
	}
	return o.Exact, nil
}

// FromBackup turns a backup of the reference into what is kept in a store. Levels are counted at the next start.
func FromBackup(text string, now time.Time) (kept []byte, err error) {
	c := New(func(*Live) {}, now, "", "")
	if err := c.Restore(text); err != nil {
		return nil, err
	}
	return c.Keep(now, false), nil
}

// ToBackup turns what is kept in a store into a backup of the reference.
func ToBackup(kept []byte, now time.Time) (text string, err error) {
	c := New(func(*Live) {}, now, "", "")
	if _, err := c.Resume(kept); err != nil {
		return "", err
	}
	return c.Backup(now), nil
}
