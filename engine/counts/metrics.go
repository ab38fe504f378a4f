package counts

import (
	"strconv"

	"switchyard/server/statistics"
	"switchyard/shard/tally"
)

// The metrics have the names, labels and notes of the reference, misspelt as they are there: dashboards and alarms know them.

const (
	counter   = "counter"
	gauge     = "gauge"
	histogram = "histogram"
)

// one is a metric with one sample; the note is what the reference calls it inside.
func one(kind, name, help string, id statistics.ID, note string) statistics.Family {
	return many(kind, name, help, sample("", id, note))
}

func many(kind, name, help string, samples ...statistics.Sample) statistics.Family {
	return statistics.Family{Name: name, Kind: kind, Help: help, Samples: samples}
}

func sample(labels string, id statistics.ID, note string) statistics.Sample {
	return statistics.Sample{Labels: labels, ID: id, Note: note}
}

// typed is a sample with the label type, whose note is the number's name.
func typed(kind string, c tally.Counter) statistics.Sample {
	return sample(`type="`+kind+`"`, of(c), names[c])
}

func sections() []statistics.Section {
	return []statistics.Section{
		{Title: "Queues", Families: queueMetrics()},
		{Title: "Subscriptions", Families: []statistics.Family{
			count("subscribtion_successes", "subscriptions that found a message", tally.Subs),
			one(counter, "subscribtion_successes_batch", "blocks of several subscriptions", blocksOfSubs, "qSubAllB"),
			count("subscribtion_end", "subscriptions that were ended", tally.SubsEnded),
			count("subscribtion_end_batch", "batches in which clients were told so", tally.SubsEndedBatch),
			many(counter, "subscribtion_errors", "subscriptions that were refused, or were there",
				typed("auth", tally.SubsAuth), typed("duplicate", tally.SubsDuplicate), typed("prohibited", tally.SubsProhibited)),
		}},
		{Title: "Messages", Families: []statistics.Family{
			count("messages_sent", "messages accepted", tally.Sent),
			many(counter, "messages_sent_errors", "messages refused",
				typed("auth", tally.SentAuth), typed("quota", tally.SentQuota), typed("large", tally.SentLarge), typed("block", tally.SentBlocked)),
			count("messages_received", "messages that their recipients have acknowledged", tally.Received),
			count("messages_expired", "messages deleted for their age", tally.Expired),
			one(gauge, "messages_total", "messages stored", of(tally.Messages), "msgCount"),
		}},
		{Title: "Notification messages (client)", Families: clientNotificationMetrics()},
		{Title: "Notifications (server)", Families: []statistics.Family{
			count("messages_ntf_successes", "notifications sent to notification servers", tally.Notified),
			count("messages_ntf_successes_batch", "batches of them", tally.NotifiedBatch),
			many(counter, "messages_ntf_errors", "notifications that were not sent",
				sample(`type="nosub"`, notifyNoSubscriber, "msgNtfNoSub"), typed("lost", tally.NotifyLost), typed("expired", tally.NotifyExpired)),
			count("subscription_ntf_requests", "subscriptions of notification servers", tally.NotifierSubs),
			one(counter, "subscription_ntf_requests_batch", "blocks of several of them", blocksOfNotifierSubs, "ntfSubB"),
			many(counter, "subscribtion_ntf_errors", "those that were refused, or were there",
				typed("auth", tally.NotifierSubsAuth), typed("duplicate", tally.NotifierSubsDuplicate)),
		}},
		{Title: "Relays", Families: relayMetrics()},
		{Title: "Services", Tight: true, Families: serviceMetrics()},
		{Title: "Info", Families: infoMetrics()},
	}
}

// count is a counter of the shards.
func count(name, help string, c tally.Counter) statistics.Family {
	return one(counter, name, help, of(c), names[c])
}

func queueMetrics() []statistics.Family {
	return []statistics.Family{
		count("queues_created", "queues created", tally.QueuesCreated),
		count("queues_secured", "queues secured", tally.QueuesSecured),
		many(counter, "queues_deleted", "queues deleted, by whether they were secured",
			sample(`type="all"`, of(tally.QueuesDeleted), "qDeleted"), typed("new", tally.QueuesDeletedNew), typed("secured", tally.QueuesDeletedSecured)),
		count("queues_blocked", "queues blocked by the operator", tally.QueuesBlocked),
		one(counter, "queues_deleted_batch", "blocks of several deletions", blocksOfDeletes, "qDeletedAllB"),
		one(gauge, "queues_total1", "queues stored", of(tally.Queues), "qCount"),
		one(gauge, "queues_total2", "queues stored, once more", of(tally.Queues), "qCount2"),
		one(gauge, "queues_daily", "queues with a message sent or received today", usedDay, "dayMsgQueues"),
		one(gauge, "queues_weekly", "the same of this week", usedWeek, "weekMsgQueues"),
		one(gauge, "queues_monthly", "the same of this month", usedMonth, "monthMsgQueues"),
		one(gauge, "queues_notify_daily", "queues with a message for notification today", notifyDay, "dayCountNtf"),
		one(gauge, "queues_notify_weekly", "the same of this week", notifyWeek, "weekCountNtf"),
		one(gauge, "queues_notify_monthly", "the same of this month", notifyMonth, "monthCountNtf"),
	}
}

func clientNotificationMetrics() []statistics.Family {
	return []statistics.Family{
		count("messages_notify_sent", "messages accepted with the flag for notification", tally.SentNotify),
		count("messages_notify_received", "messages acknowledged that had the flag", tally.ReceivedNotify),
		count("messages_notify_get_sent", "messages that GET has returned", tally.Get),
		count("messages_notify_get_received", "messages acknowledged that GET has returned", tally.ReceivedGet),
		many(counter, "messages_notify_get_errors", "GETs that returned no message, or one again",
			typed("nomsg", tally.GetNothing), typed("auth", tally.GetAuth), typed("duplicate", tally.GetDuplicate), typed("prohibited", tally.GetProhibited)),
		count("queues_notify_created", "notification credentials made", tally.NotifiersCreated),
		count("queues_notify_new_created", "those made with their queue", tally.NotifiersCreatedNew),
		count("queues_notify_deleted", "notification credentials deleted", tally.NotifiersDeleted),
		one(counter, "queues_notify_deleted_batch", "blocks of several such deletions", blocksOfNotifierDeletes, "ntfDeletedB"),
		one(gauge, "queues_notify_total1", "notifications that wait for their notification server", of(tally.Notifications), "ntfCount1"),
		one(gauge, "queues_notify_total2", "queues with notification credentials", of(tally.Notifiers), "ntfCount2"),
	}
}

func relayMetrics() []statistics.Family {
	var all []statistics.Family
	for _, r := range []struct {
		name, what    string
		all, own      statistics.ID
		note, noteOwn string
	}{
		{"relay_sessions_", "sessions with relays that clients asked for", connects, ownConnects, "pRelays", "pRelaysOwn"},
		{"relay_messages_", "commands forwarded to relays", forwards, ownForwards, "pMsgFwds", "pMsgFwdsOwn"},
	} {
		sources := func(place statistics.ID, suffix string) []statistics.Sample {
			return []statistics.Sample{
				sample(`source="all"`, r.all+place, r.note+"_p"+suffix),
				sample(`source="own"`, r.own+place, r.noteOwn+"_p"+suffix),
			}
		}
		var faults []statistics.Sample
		for _, source := range []struct {
			name, note string
			first      statistics.ID
		}{{"all", r.note, r.all}, {"own", r.noteOwn, r.own}} {
			for i, kind := range []string{"Connect", "Compat", "Other"} {
				label := `source="` + source.name + `",type="` + [...]string{"connect", "compat", "other"}[i] + `"`
				faults = append(faults, sample(label, source.first+2+statistics.ID(i), source.note+"_pErrors"+kind))
			}
		}
		all = append(all,
			many(counter, r.name+"requests", r.what, sources(0, "Requests")...),
			many(counter, r.name+"successes", "those that succeeded", sources(1, "Successes")...),
			many(counter, r.name+"errors", "those that failed", faults...))
	}
	return append(all, one(counter, "relay_messages_received", "commands that proxies have forwarded to this router", forwardsReceived, "pMsgFwdsRecv"))
}

func serviceMetrics() []statistics.Family {
	all := []statistics.Family{
		one(gauge, "rcv_services_count", "services that receive messages", services, "rcvServiceCount"),
		one(gauge, "rcv_services_queues_count", "queues that are associated with them", of(tally.ServiceQueues), "rcv.rcvServiceQueuesCount"),
		one(gauge, "ntf_services_count", "services that receive notifications", notifierServs, "ntfServiceCount"),
		one(gauge, "ntf_services_queues_count", "queues that are associated with them", of(tally.NotifierServiceQueues), "ntfServiceQueuesCount"),
		count("rcv_services_sub_msg_count", "queues of a service that had a message when it subscribed", tally.ServiceMessages),
		count("rcv_services_sub_duplicate_count", "those whose message was delivered already", tally.ServiceMessagesDuplicate),
	}
	for _, party := range []struct {
		prefix, name string
		distance     tally.Counter
	}{{"rcv", "message", 0}, {"ntf", "notification", tally.Notification}} {
		add := func(kind, name, help string, c tally.Counter) {
			all = append(all, one(kind, party.prefix+"_services_"+name, help+", of "+party.name+" services", of(c+party.distance), names[c+party.distance]))
		}
		add(counter, "assoc_new", "queues associated", tally.AssociatedNew)
		add(counter, "assoc_duplicate", "queues associated that were", tally.AssociatedDuplicate)
		add(counter, "assoc_updated", "queues taken over from another service", tally.AssociatedUpdated)
		add(counter, "assoc_removed", "queues that left their service", tally.AssociatedRemoved)
		add(counter, "sub_count", "sessions that took queues", tally.ServiceSubs)
		add(counter, "sub_duplicate", "subscriptions that were there", tally.ServiceSubsDuplicate)
		add(gauge, "sub_queues", "queues subscribed one by one", tally.ServiceSubsQueues)
		add(gauge, "sub_end", "subscriptions ended", tally.ServiceSubsEnded)
		add(gauge, "sub_ok", "subscriptions to all queues whose client knows them", tally.ServiceSame)
		add(gauge, "sub_more", "those with more queues than the client knows", tally.ServiceMore)
		add(gauge, "sub_fewer", "those with fewer", tally.ServiceFewer)
		add(gauge, "sub_diff", "those with as many but others", tally.ServiceDifferent)
		add(gauge, "sub_more_total", "queues that clients did not know", tally.ServiceMoreTotal)
		add(gauge, "sub_fewer_total", "queues that clients believed to have", tally.ServiceFewerTotal)
	}
	return all
}

// OptionsVariable is the variable with the options of the reference's runtime.
const OptionsVariable = "SMP_RTS_OPTIONS"

func infoMetrics() []statistics.Family {
	more := func(kind, name, help string, samples func(*readings) []statistics.Sample) statistics.Family {
		return statistics.Family{Name: name, Kind: kind, Help: help,
			More: func(s *statistics.Snapshot) []statistics.Sample { return samples(s.Extra.(*readings)) }}
	}
	socket := func(name, help string, n func(*Sockets) int64) statistics.Family {
		return more(gauge, name, help, func(r *readings) (all []statistics.Sample) {
			for i := range r.sockets {
				s := &r.sockets[i]
				all = append(all, statistics.Sample{Labels: "port=" + strconv.Quote(s.Port), Own: true, Value: n(s)})
			}
			return all
		})
	}
	return []statistics.Family{
		more(gauge, "info", "version of the router, and what "+OptionsVariable+" says", func(r *readings) []statistics.Sample {
			return statistics.Info(r.version, OptionsVariable, r.options)
		}),
		socket("sockets_accepted", "connections accepted", func(s *Sockets) int64 { return s.Accepted }),
		socket("sockets_closed", "connections closed", func(s *Sockets) int64 { return s.Closed }),
		socket("sockets_active", "connections now", func(s *Sockets) int64 { return s.Active }),
		socket("sockets_leaked", "connections of which nobody knows", func(s *Sockets) int64 { return s.Accepted - s.Closed - s.Active }),
		one(gauge, "threads_total", "goroutines", goroutines, ""),
		one(gauge, "clients_total", "connections whose handshake is done", sessions, ""),
		one(gauge, "delivered_total", "subscriptions with a message that waits for its acknowledgement", delivered, "delivered.subsCount"),
		one(gauge, "delivered_clients_total", "connections with some", deliveredClients, "delivered.subClientsCount"),
		more(histogram, "delivery_ack_confirmed_time", "seconds from delivery to acknowledgement", confirmedTimes),
		more(counter, "delivery_ack_confirmed_count", "the same by period", func(r *readings) []statistics.Sample { return periods(r.times.Periods()) }),
		more(gauge, "delivery_ack_pending_count", "deliveries that wait, by how long", func(r *readings) []statistics.Sample { return periods(r.waiting) }),
		one(gauge, "delivery_ack_time_max", "seconds that the oldest of them waits", oldestDelivery, "delivered.maxTime"),
		one(gauge, "subscribtion_total", "subscriptions to messages", subscriptions, "smp.subsCount"),
		one(gauge, "subscribtion_clients_total", "connections with some", subscribedClients, "smp.subClientsCount"),
		one(gauge, "subscribtion_services_total", "services that are subscribed to messages", subscribedServices, "smp.subServicesCount"),
		one(gauge, "subscribtion_service_subs_total", "queues that they have", subscribedServiceQueues, "smp.subServiceSubsCount"),
		one(gauge, "subscription_ntf_total", "subscriptions to notifications", notifierSubscriptions, "ntf.subsCount"),
		one(gauge, "subscription_ntf_clients_total", "connections with some", notifierClients, "ntf.subClientsCount"),
		one(gauge, "subscribtion_nts_services_total", "services that are subscribed to notifications", notifierServices, "ntf.subServicesCount"),
		one(gauge, "subscription_ntf_service_subs_total", "queues that they have", notifierServiceQueues, "ntf.subServiceSubsCount"),
		one(gauge, "loaded_queues_queue_count", "queues in memory", loadedQueues, "loadedCounts.loadedQueueCount"),
		one(gauge, "loaded_queues_ntf_count", "notification credentials in memory", loadedNotifiers, "loadedCounts.loadedNotifierCount"),
		one(gauge, "loaded_queues_open_journal_count", "always 0: this router has no journals", nothing, "loadedCounts.openJournalCount"),
		one(gauge, "loaded_queues_queue_lock_count", "always 0: nothing locks a queue", nothing, "loadedCounts.queueLockCount"),
		one(gauge, "loaded_queues_ntf_lock_count", "always 0: nothing locks a notifier", nothing, "loadedCounts.notifierLockCount"),
	}
}

// longestGap is how far bounds of buckets may lie apart, for those who draw lines through them.
const longestGap = 60

// confirmedTimes is the histogram: the buckets that hold something, and one before each that comes after a gap.
func confirmedTimes(r *readings) []statistics.Sample {
	t := &r.times
	own := func(suffix string, n int64) statistics.Sample {
		return statistics.Sample{Suffix: suffix, Own: true, Value: n}
	}
	all := []statistics.Sample{own("_sum", t.Sum), own("_count", t.Count)}
	bucket := func(bound string, n int64) {
		s := own("_bucket", n)
		s.Labels = `le="` + bound + `"`
		all = append(all, s)
	}
	total, last := int64(0), int64(0)
	for i, n := range &t.Buckets {
		if n == 0 {
			continue
		}
		bound := tally.Bound(i)
		if bound-longestGap > last {
			bucket(strconv.FormatInt(bound-longestGap, 10), total)
		}
		total += n
		bucket(strconv.FormatInt(bound, 10), total)
		last = bound
	}
	bucket("+Inf", t.Count)
	return all
}

// periods are the samples of times by period.
func periods(p tally.Periods) []statistics.Sample {
	var all []statistics.Sample
	from := int64(0)
	for i, n := range p {
		label := strconv.FormatInt(from, 10) + "+"
		if i < len(tally.PeriodBounds) {
			label = strconv.FormatInt(from, 10) + "-" + strconv.FormatInt(tally.PeriodBounds[i], 10)
			from = tally.PeriodBounds[i]
		}
		all = append(all, statistics.Sample{Labels: `period="` + label + `"`, Own: true, Value: n})
	}
	return all
}
