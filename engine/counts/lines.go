package counts

import (
	"switchyard/server/statistics"
	"switchyard/shard/tally"
)

// lines is what the control port tells, after the time of the beginning.
func lines() []statistics.Line {
	var all []statistics.Line
	line := func(format string, ids ...statistics.ID) {
		all = append(all, statistics.Line{Format: format, IDs: ids})
	}
	counters := func(ids ...statistics.ID) {
		for _, id := range ids {
			line(names[id]+": %d", id)
		}
	}
	relays := func(name string, first statistics.ID) {
		line(name+": requests=%d, successes=%d, errorsConnect=%d, errorsCompat=%d, errorsOther=%d", first, first+1, first+2, first+3, first+4)
	}
	counters(of(tally.QueuesCreated), of(tally.QueuesSecured), of(tally.QueuesDeleted), blocksOfDeletes, of(tally.QueuesDeletedNew),
		of(tally.QueuesDeletedSecured))
	line("daily active queues: %d", usedDay)
	counters(of(tally.Subs), blocksOfSubs, of(tally.SubsEnded), of(tally.SubsEndedBatch))
	line("other SUB events (auth, duplicate, prohibited): (%d,%d,%d)", of(tally.SubsAuth), of(tally.SubsDuplicate), of(tally.SubsProhibited))
	counters(of(tally.Sent), of(tally.Received), of(tally.ReceivedGet), of(tally.Get), of(tally.GetNothing))
	line("other GET events (auth, duplicate, prohibited): (%d,%d,%d)", of(tally.GetAuth), of(tally.GetDuplicate), of(tally.GetProhibited))
	counters(of(tally.SentNotify), of(tally.ReceivedNotify), of(tally.Notified), of(tally.NotifiedBatch), of(tally.NotifyExpired), of(tally.Queues))
	line("qCount 2: %d", of(tally.Queues))
	line("notifiers: %d", of(tally.Notifiers))
	counters(of(tally.Messages), of(tally.Notifications))
	all = append(all, statistics.Line{Format: "ntfCount 2: %d", IDs: []statistics.ID{of(tally.Notifications)}, Admin: true})
	relays("pRelays", connects)
	relays("pRelaysOwn", ownConnects)
	relays("pMsgFwds", forwards)
	relays("pMsgFwdsOwn", ownForwards)
	counters(forwardsReceived, services, notifierServs, of(tally.ServiceQueues), of(tally.NotifierServiceQueues))
	return all
}
