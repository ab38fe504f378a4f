package counts

import (
	"switchyard/server/statistics"
	"switchyard/shard/tally"
)

// The numbers: those of the shards, then those of loops, relays and services, which go on over restarts as well, then gauges.
const (
	blocksOfSubs statistics.ID = iota + statistics.ID(tally.Counters) // blocks of several SUB
	blocksOfDeletes
	blocksOfNotifierDeletes
	blocksOfNotifierSubs
	notifyNoSubscriber // which the reference shows and never counts
	forwardsReceived
	connects      // PRXY, by relayForm
	ownConnects   = connects + relayNumbers
	forwards      = ownConnects + relayNumbers // PFWD
	ownForwards   = forwards + relayNumbers
	services      = ownForwards + relayNumbers // that receive messages
	notifierServs = services + 1
	named         = notifierServs + 1
)

// relayNumbers is how many numbers there are of requests to relays: requests, successes and three kinds of errors.
const relayNumbers = 5

// Gauges.
const (
	usedDay statistics.ID = iota + named
	usedWeek
	usedMonth
	notifyDay
	notifyWeek
	notifyMonth
	sessions
	goroutines
	delivered
	deliveredClients
	oldestDelivery
	subscriptions
	subscribedClients
	subscribedServices
	subscribedServiceQueues
	notifierSubscriptions
	notifierClients
	notifierServices
	notifierServiceQueues
	loadedQueues
	loadedNotifiers
	nothing // of which this router has none
	numbers
)

// The sets of queues in use: those with a message that was sent or received, and with one that had the flag for notifications.
const (
	used = iota
	usedNotify
)

// of is the number of a shard's counter.
func of(c tally.Counter) statistics.ID { return statistics.ID(c) }

// names are what the numbers are called in a router's store. The backup has most of them.
var names = func() []string {
	n := make([]string, named)
	for c, name := range map[tally.Counter]string{
		tally.QueuesCreated: "qCreated", tally.QueuesSecured: "qSecured", tally.QueuesDeleted: "qDeletedAll",
		tally.QueuesDeletedNew: "qDeletedNew", tally.QueuesDeletedSecured: "qDeletedSecured", tally.QueuesBlocked: "qBlocked",
		tally.Subs: "qSub", tally.SubsAuth: "qSubAuth", tally.SubsDuplicate: "qSubDuplicate", tally.SubsProhibited: "qSubProhibited",
		tally.SubsEnded: "qSubEnd", tally.SubsEndedBatch: "qSubEndB",
		tally.NotifiersCreated: "ntfCreated", tally.NotifiersCreatedNew: "ntfNewCreated", tally.NotifiersDeleted: "ntfDeleted",
		tally.NotifierSubs: "ntfSub", tally.NotifierSubsAuth: "ntfSubAuth", tally.NotifierSubsDuplicate: "ntfSubDuplicate",
		tally.Sent: "msgSent", tally.SentAuth: "msgSentAuth", tally.SentQuota: "msgSentQuota", tally.SentLarge: "msgSentLarge",
		tally.SentBlocked: "msgSentBlock", tally.Received: "msgRecv", tally.ReceivedGet: "msgRecvGet",
		tally.Get: "msgGet", tally.GetNothing: "msgGetNoMsg", tally.GetAuth: "msgGetAuth", tally.GetDuplicate: "msgGetDuplicate",
		tally.GetProhibited: "msgGetProhibited", tally.Expired: "msgExpired", tally.SentNotify: "msgSentNtf", tally.ReceivedNotify: "msgRecvNtf",
		tally.Notified: "msgNtfs", tally.NotifiedBatch: "msgNtfsB", tally.NotifyLost: "msgNtfLost", tally.NotifyExpired: "msgNtfExpired",
		tally.ServiceMessages: "rcvServicesSubMsg", tally.ServiceMessagesDuplicate: "rcvServicesSubDuplicate",
		tally.Queues: "qCount", tally.Notifiers: "notifierCount", tally.Messages: "msgCount", tally.Notifications: "ntfCount",
		tally.ServiceQueues: "rcvServiceQueuesCount", tally.NotifierServiceQueues: "ntfServiceQueuesCount",
	} {
		n[c] = name
	}
	for c, name := range map[tally.Counter]string{
		tally.AssociatedNew: "srvAssocNew", tally.AssociatedDuplicate: "srvAssocDuplicate", tally.AssociatedUpdated: "srvAssocUpdated",
		tally.AssociatedRemoved: "srvAssocRemoved", tally.ServiceSubs: "srvSubCount", tally.ServiceSubsDuplicate: "srvSubDuplicate",
		tally.ServiceSubsQueues: "srvSubQueues", tally.ServiceSubsEnded: "srvSubEnd", tally.ServiceSame: "srvSubOk",
		tally.ServiceMore: "srvSubMore", tally.ServiceFewer: "srvSubFewer", tally.ServiceDifferent: "srvSubDiff",
		tally.ServiceMoreTotal: "srvSubMoreTotal", tally.ServiceFewerTotal: "srvSubFewerTotal",
	} {
		n[c], n[c+tally.Notification] = "rcv."+name, "ntf."+name
	}
	for id, name := range map[statistics.ID]string{
		blocksOfSubs: "qSubAllB", blocksOfDeletes: "qDeletedAllB", blocksOfNotifierDeletes: "ntfDeletedB", blocksOfNotifierSubs: "ntfSubB",
		notifyNoSubscriber: "msgNtfNoSub", forwardsReceived: "pMsgFwdsRecv", services: "rcvServiceCount", notifierServs: "ntfServiceCount",
	} {
		n[id] = name
	}
	for id, name := range map[statistics.ID]string{connects: "pRelays", ownConnects: "pRelaysOwn", forwards: "pMsgFwds", ownForwards: "pMsgFwdsOwn"} {
		for i, suffix := range [relayNumbers]string{"pRequests", "pSuccesses", "pErrorsConnect", "pErrorsCompat", "pErrorsOther"} {
			n[int(id)+i] = name + "_" + suffix
		}
	}
	return n
}()

// table is all of it.
var table = statistics.Table{
	Names:     names,
	Numbers:   int(numbers),
	Sets:      []string{used: "activeQueues", usedNotify: "activeQueuesNtf"},
	SetGauges: [][3]statistics.ID{used: {usedDay, usedWeek, usedMonth}, usedNotify: {notifyDay, notifyWeek, notifyMonth}},
	Daily:     daily(),
	Backup:    backup(),
	Old: map[string]statistics.Old{
		"/qDeleted":         {As: "qDeletedAll"},
		"/qSubNoMsg":        {},
		"subscribedQueues/": {},
		"/dayMsgQueues":     {Set: "activeQueues/dayHashes"},
		"/weekMsgQueues":    {Set: "activeQueues/weekHashes"},
		"/monthMsgQueues":   {Set: "activeQueues/monthHashes"},
	},
	Lines:    lines(),
	Prefix:   "simplex_smp_",
	Sections: sections(),
	Today:    []statistics.ID{of(tally.QueuesBlocked)},
}
