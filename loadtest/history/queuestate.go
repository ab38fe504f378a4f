package history

// QueueState is how far a queue is in its life. Each step asks the router, and is repeated when the answer is lost:
//
//	new ─NEW▶ created ─KEY or SKEY▶ open ─SEND, MSG, ACK▶ drained ─DEL▶ gone
type QueueState uint8

const (
	QueueNew     QueueState = iota
	QueueCreated            // answered IDS
	QueueOpen               // secured, if it is to be
	QueueDrained            // all messages are answered, and the recipient has emptied the queue
	QueueGone               // answered DEL
	QueueMissing            // the router does not know what it should know
)
