package counts

import (
	"switchyard/server/statistics"
	"switchyard/shard/tally"
)

// daily is the columns of the CSV line, 96 of them.
func daily() []statistics.Column {
	var all []statistics.Column
	add := func(kind statistics.ColumnKind, set int) { all = append(all, statistics.Column{Kind: kind, Set: set}) }
	numbered := func(kind statistics.ColumnKind, ids ...statistics.ID) {
		for _, id := range ids {
			all = append(all, statistics.Column{Kind: kind, ID: id})
		}
	}
	counters := func(ids ...tally.Counter) {
		for _, c := range ids {
			numbered(statistics.ColumnCounter, of(c))
		}
	}
	row := func(kind statistics.ColumnKind, first statistics.ID, n int) {
		for i := range n {
			numbered(kind, first+statistics.ID(i))
		}
	}
	periods := func(set int) {
		add(statistics.ColumnDay, set)
		add(statistics.ColumnWeek, set)
		add(statistics.ColumnMonth, set)
	}
	const counter, kept = statistics.ColumnCounter, statistics.ColumnKept

	add(statistics.ColumnDate, 0)
	counters(tally.QueuesCreated, tally.QueuesSecured, tally.QueuesDeleted, tally.Sent, tally.Received)
	periods(used)
	counters(tally.SentNotify, tally.ReceivedNotify)
	periods(usedNotify)
	numbered(kept, of(tally.Queues), of(tally.Messages))
	counters(tally.Expired, tally.QueuesDeletedNew, tally.QueuesDeletedSecured)
	row(counter, connects, 4*relayNumbers)
	numbered(counter, forwardsReceived)
	counters(tally.Subs, tally.SubsAuth, tally.SubsDuplicate, tally.SubsProhibited)
	counters(tally.SentAuth, tally.SentQuota, tally.SentLarge, tally.Notified)
	numbered(counter, notifyNoSubscriber)
	counters(tally.NotifyLost)
	add(statistics.ColumnZero, 0)
	counters(tally.ReceivedGet, tally.Get, tally.GetNothing, tally.GetAuth, tally.GetDuplicate, tally.GetProhibited)
	for range 3 {
		add(statistics.ColumnZero, 0)
	}
	numbered(kept, of(tally.Queues))
	counters(tally.NotifiersCreated, tally.NotifiersDeleted, tally.NotifierSubs, tally.NotifierSubsAuth, tally.NotifierSubsDuplicate)
	numbered(kept, of(tally.Notifiers))
	numbered(counter, blocksOfDeletes, blocksOfSubs)
	counters(tally.SubsEnded, tally.SubsEndedBatch)
	numbered(counter, blocksOfNotifierDeletes, blocksOfNotifierSubs)
	counters(tally.NotifiedBatch, tally.NotifyExpired)
	numbered(kept, of(tally.Notifications), services, notifierServs, of(tally.ServiceQueues), of(tally.NotifierServiceQueues))
	row(kept, of(tally.AssociatedNew), 8) // up to ServiceSubsEnded; unlike the others they go on
	row(kept, of(tally.AssociatedNew+tally.Notification), 8)
	numbered(statistics.ColumnReset, of(tally.QueuesBlocked))
	return all
}
