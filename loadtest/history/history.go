package history

import "time"

// Outcome is what the sender knows of an attempt.
type Outcome uint8

const (
	Uncertain Outcome = iota // no answer came: the router may have the message or not
	Accepted                 // answered OK: the router has the message
	Refused                  // answered with an error that says that the router did not take it
)

// Attempt is one SEND. Its place among the attempts of its queue is its position, which its message carries.
type Attempt struct {
	Message uint32 // the message that it carries
	Session uint32 // the sender's session, counted up with each connection
	Epoch   uint32 // the router process, counted up with each restart
	Outcome Outcome

	Answered time.Duration // when it was answered OK, since the load began
}

// Answer is when the router said that it has the message.
func (a *Attempt) Answer() Answer { return Answer{a.Epoch, a.Answered} }

// Delivery is one message as the recipient got it, in the order of arrival, redeliveries included.
type Delivery struct {
	ID       string // message ID that the router gave
	Position uint32 // of the attempt, as the message says
	Acked    bool   // its ACK was answered

	AckedIn Answer // by which router process and when
}

// History is all that was seen of one queue.
type History struct {
	Attempts   []Attempt
	Deliveries []Delivery
	Corrupt    int  // bodies that could not be decrypted or that are not what any attempt of this run sent
	Cut        bool // the run ended before the queue was drained: what is missing at the end is not lost
}

// Verdict counts what a checker finds in histories. The first group are facts, the second are faults.
type Verdict struct {
	Sent        int `json:"sent"`         // attempts
	Accepted    int `json:"acknowledged"` // attempts answered OK
	Refused     int `json:"refused"`      // attempts refused, which is what ERR QUOTA does
	Unanswered  int `json:"unanswered"`   // attempts without an answer
	Delivered   int `json:"delivered"`    // attempts that arrived, each counted once
	Redelivered int `json:"redelivered"`  // arrivals beyond the first with the same message ID
	Returned    int `json:"returned"`     // those of them whose ACK had been answered
	Pending     int `json:"pending"`      // accepted, not delivered when the run was cut
	Forgotten   int `json:"forgotten"`    // accepted and never delivered, as the router was killed soon after

	Lost       int `json:"lost"`       // accepted and never delivered
	Reordered  int `json:"reordered"`  // delivered after a message that was sent after it
	Duplicates int `json:"duplicates"` // delivered again under another message ID
	Corrupt    int `json:"corrupt"`    // content is not what was sent under this message ID
	Unexpected int `json:"unexpected"` // delivered although refused
	Undone     int `json:"undone"`     // returned, which no kill excuses; only where kills are known
}

// Clean reports that there is no fault.
func (v Verdict) Clean() bool {
	return v.Lost+v.Reordered+v.Duplicates+v.Corrupt+v.Unexpected+v.Undone == 0
}

// Add sums the counts of another verdict into v.
func (v *Verdict) Add(o Verdict) {
	v.Sent += o.Sent
	v.Accepted += o.Accepted
	v.Refused += o.Refused
	v.Unanswered += o.Unanswered
	v.Delivered += o.Delivered
	v.Redelivered += o.Redelivered
	v.Returned += o.Returned
	v.Pending += o.Pending
	v.Forgotten += o.Forgotten
	v.Lost += o.Lost
	v.Reordered += o.Reordered
	v.Duplicates += o.Duplicates
	v.Corrupt += o.Corrupt
	v.Unexpected += o.Unexpected
	v.Undone += o.Undone
}
