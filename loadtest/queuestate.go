package loadtest

// queueState is how far a queue is in its life. Each step asks the router, and is repeated when the answer is lost:
//
//	new ─NEW▶ created ─KEY or SKEY▶ open ─SEND, MSG, ACK▶ drained ─DEL▶ gone
type queueState uint8

const (
	queueNew     queueState = iota
	queueCreated            // answered IDS
	queueOpen               // secured, if it is to be
	queueDrained            // all messages are answered, and the recipient has emptied the queue
	queueGone               // answered DEL
	queueMissing            // the router does not know what it should know
)
