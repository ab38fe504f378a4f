package counts

import (
	"switchyard/server/statistics"
	"switchyard/shard/tally"
)

// backup is the lines of the backup, 95 of them.
func backup() []statistics.Group {
	var all []statistics.Group
	group := func(name string, ids ...statistics.ID) *statistics.Group {
		all = append(all, statistics.Group{Name: name})
		g := &all[len(all)-1]
		for _, id := range ids {
			g.Entries = append(g.Entries, statistics.Entry{Name: names[id], ID: id})
		}
		return g
	}
	set := func(name string, n int) {
		g := group(name)
		g.HasSet, g.Set = true, n
	}
	numbered := func(name string, first statistics.ID, entries ...string) {
		g := group(name)
		for i, entry := range entries {
			g.Entries = append(g.Entries, statistics.Entry{Name: entry, ID: first + statistics.ID(i)})
		}
	}
	plain := group("",
		of(tally.QueuesCreated), of(tally.QueuesSecured), of(tally.QueuesDeleted), of(tally.QueuesDeletedNew), of(tally.QueuesDeletedSecured),
		blocksOfDeletes, of(tally.QueuesBlocked), of(tally.Queues), of(tally.Subs), blocksOfSubs, of(tally.SubsAuth), of(tally.SubsDuplicate),
		of(tally.SubsProhibited), of(tally.SubsEnded), of(tally.SubsEndedBatch), of(tally.NotifiersCreated), of(tally.NotifiersCreatedNew),
		of(tally.NotifiersDeleted), blocksOfNotifierDeletes, of(tally.NotifierSubs), blocksOfNotifierSubs, of(tally.NotifierSubsAuth),
		of(tally.NotifierSubsDuplicate), of(tally.Sent), of(tally.SentAuth), of(tally.SentQuota), of(tally.SentLarge), of(tally.SentBlocked),
		of(tally.Received), of(tally.ReceivedGet), of(tally.Get), of(tally.GetNothing), of(tally.GetAuth), of(tally.GetDuplicate),
		of(tally.GetProhibited), of(tally.Expired), of(tally.SentNotify), of(tally.ReceivedNotify), of(tally.Notified), of(tally.NotifiedBatch),
		notifyNoSubscriber, of(tally.NotifyLost), of(tally.NotifyExpired))
	for i := range plain.Entries {
		e := &plain.Entries[i]
		switch e.ID {
		case of(tally.Queues):
			e.Told = true
		case of(tally.QueuesCreated), of(tally.QueuesSecured), of(tally.QueuesDeleted), of(tally.Sent), of(tally.Received):
			e.Need = true
		}
	}
	set("activeQueues", used)
	set("activeQueuesNtf", usedNotify)
	for _, r := range []struct {
		name  string
		first statistics.ID
	}{{"pRelays", connects}, {"pRelaysOwn", ownConnects}, {"pMsgFwds", forwards}, {"pMsgFwdsOwn", ownForwards}} {
		numbered(r.name, r.first, "requests", "successes", "errorsConnect", "errorsCompat", "errorsOther")
	}
	group("", forwardsReceived)
	service := []string{"assocNew", "assocDuplicate", "assocUpdatedt", "assocRemoved", "subCount", "subDuplicate", "subQueues", "subEnd"}
	numbered("rcvServices", of(tally.AssociatedNew), service...)
	numbered("ntfServices", of(tally.AssociatedNew+tally.Notification), service...)
	return all
}
