package client

import (
	"bytes"

	"switchyard/smp"
)

// EventKind tells what an event is.
type EventKind uint8

const (
	EventMessage      EventKind = 1 + iota // MSG: Entity, MsgID, Body
	EventEnd                               // END: another connection subscribed the queue
	EventDeleted                           // DELD: another connection deleted the queue
	EventError                             // ERR that answers no command; Err is the smp.Error
	EventNotification                      // NMSG: Entity is the notifier ID
	EventService                           // ENDS, ALLS
	EventUnexpected                        // response to no known command, or unparsable; Err says which
	EventClosed                            // the last event: the client is done, Err says why
	EventUp                                // from a Keeper: connected, queues are subscribed
	EventDown                              // from a Keeper: disconnected or could not connect, Err says why
)

// Event is what a router sends unasked. Slices are parts of the reader's block in OnEvent, copies in Events.
type Event struct {
	Client *Client // nil for a Keeper's EventDown before the first connection
	Kind   EventKind
	Tag    smp.ResponseTag
	Entity []byte // queue, notifier or service ID
	MsgID  []byte // EventMessage
	Body   []byte // EventMessage: sealed for the recipient, see RcvQueue.Open
	Params []byte // encoded parameters of the event
	Err    error
}

// own makes the event independent of the reader's block.
func (e *Event) own() {
	e.Entity, e.Params = bytes.Clone(e.Entity), bytes.Clone(e.Params)
	if e.Kind == EventMessage {
		m, _ := smp.ParseMsg(e.Params)
		e.MsgID, e.Body = m.ID, m.Body
	}
}
