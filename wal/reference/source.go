package reference

import (
	"errors"
	"fmt"

	"switchyard/shard"
	"switchyard/smp"
)

// Source is the state of a stopped router. Each of its methods runs once, in this order, unless it is said to run again; what
// visit gets is its own, bodies of messages excepted, which are valid during the call.
type Source interface {
	// Services visits the services, whose IDs and fingerprints are unique.
	Services(visit func(*Service) error) error
	// Queues visits the queues that were not deleted, in the order of their recipient IDs. It may be called again.
	Queues(visit func(*Queue) error) error
	// Deleted is how many deleted queues Queues has passed over.
	Deleted() int64
	// Messages visits the messages in the order of their queues, and within a queue in that of delivery. When it returns
	// ErrAgain, what it has visited is void, and it is called again.
	Messages(visit func(*Message) error) error
	// Notifications visits the notifications that wait for a notifier, those of one notifier oldest first.
	Notifications(visit func(*Notification) error) error
	// Finish ends the source. Its error says that the state has changed meanwhile.
	Finish() error
	// Progress tells, to any goroutine, how much of its total work is done, in units of its own.
	Progress() (done, total int64)
}

// ErrAgain is that a source begins anew.
var ErrAgain = errors.New("reference: the source begins anew")

// Place is where a record was found: the line of a file or the row of a table. In is a name that stays.
type Place struct {
	In   string
	Line int64 // from 1; 0: as a whole
}

func (p Place) String() string {
	if p.Line == 0 {
		return p.In
	}
	return fmt.Sprintf("%s:%d", p.In, p.Line)
}

// Service is a client service.
type Service struct {
	At          Place
	ID          smp.ID
	Role        smp.ServiceRole
	Fingerprint [32]byte
	Chain       [][]byte // DER; not kept
	Created     int64    // seconds since 1970; not kept
}

// Queue is a queue as a store has it.
type Queue struct {
	At     Place
	Record shard.Record
	Link   *shard.LinkData // with Record.LinkID
}

// Message is one that waits for the recipient, as its sender sent it.
type Message struct {
	At     Place
	Queue  smp.ID // recipient ID
	ID     smp.ID
	Time   int64 // seconds since 1970
	Quota  bool  // not a message: here the queue was full; there is no body
	Notify bool
	Body   []byte
}

// Notification is one that waits for a notifier.
type Notification struct {
	At       Place
	Notifier smp.ID
	shard.Notification
}

// Refusal is a state that is not taken over, in one line: what is wrong, where, and what to do.
type Refusal struct {
	Place string
	Fault string
	Mend  string
}

func (r *Refusal) Error() string { return r.Place + ": " + r.Fault + "; " + r.Mend }
