package tally

// Counter is something that is counted.
type Counter uint8

// The counters. Those up to the last of Notification's services begin anew with a daily line, or go on, as the table of the
// reference says; levels go up and down.
const (
	QueuesCreated Counter = iota
	QueuesSecured
	QueuesDeleted
	QueuesDeletedNew     // which were not secured
	QueuesDeletedSecured // which were
	QueuesBlocked

	Subs           // that found a message
	SubsAuth       // refused
	SubsDuplicate  // of a connection that is subscribed
	SubsProhibited // of a connection that uses GET
	SubsEnded      // END, DELD and ENDS
	SubsEndedBatch // in how many batches

	NotifiersCreated
	NotifiersCreatedNew // together with their queue
	NotifiersDeleted
	NotifierSubs
	NotifierSubsAuth
	NotifierSubsDuplicate

	Sent
	SentAuth
	SentQuota
	SentLarge
	SentBlocked
	Received
	ReceivedGet // of those, by GET
	Get
	GetNothing
	GetAuth
	GetDuplicate
	GetProhibited
	Expired
	SentNotify     // with the flag for notifications
	ReceivedNotify // the same

	Notified
	NotifiedBatch
	NotifyLost    // as more gathered than are kept for a queue
	NotifyExpired // nobody has taken them in time

	// Of services that receive messages, and at Notification's distance of those that receive notifications.
	AssociatedNew
	AssociatedDuplicate
	AssociatedUpdated
	AssociatedRemoved
	ServiceSubs
	ServiceSubsDuplicate // which the reference never counts
	ServiceSubsQueues
	ServiceSubsEnded // which the reference never counts
	ServiceSame      // SUBS whose client knows the same queues
	ServiceMore      // has more queues than the client knows
	ServiceFewer
	ServiceDifferent // as many, but others
	ServiceMoreTotal
	ServiceFewerTotal
	firstOfNotification
)

// Notification is how far the counters of notification services are from those of message services.
const Notification = firstOfNotification - AssociatedNew

const (
	ServiceMessages          = firstOfNotification + Notification + iota // that waited when a service subscribed
	ServiceMessagesDuplicate                                             // the same, when they were delivered already

	// Levels.
	Queues
	Notifiers
	Messages // that are stored, without quota markers
	Notifications
	ServiceQueues         // that are associated with services for messages
	NotifierServiceQueues // with services for notifications

	Counters
)
