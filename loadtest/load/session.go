package load

import "switchyard/smp/client"

// Session is one connection's life as queues use it. Its methods never block; when they return nil, done is called
// once, on the goroutine of the session, before the event that says that the session is over. When they return an error
// the session is over and done is not called. clientSession is one, the tests' router has another.
type Session interface {
	Create(p client.QueueParams, done func(*client.RcvQueue, error)) error
	// Secure sets the sender's key, by the recipient or by the sender.
	Secure(q *client.RcvQueue, s *client.SndQueue, byRecipient bool, done func(error)) error
	Send(s *client.SndQueue, body []byte, done func(error)) error
	// Ack's done gets the next message when there is one. Slices are valid until done returns.
	Ack(q *client.RcvQueue, msgID []byte, done func(next Message, err error)) error
	Remove(q *client.RcvQueue, done func(error)) error
	Subscribe(q *client.RcvQueue, done func(error)) error
}

// Message is a message as it comes from the router; ID is nil when there is none.
type Message struct {
	ID, Sealed []byte
}

// clientSession is a session over a client of package smp/client.
type clientSession struct{ client *client.Client }

func (s clientSession) Create(p client.QueueParams, done func(*client.RcvQueue, error)) error {
	return s.client.DoNewQueue(p, done)
}

func (s clientSession) Secure(q *client.RcvQueue, snd *client.SndQueue, byRecipient bool, done func(error)) error {
	command := snd.Secure()
	if byRecipient {
		command = q.Secure(snd.Key.SPKI())
	}
	return s.client.Do(command, errorOf(done))
}

func (s clientSession) Send(snd *client.SndQueue, body []byte, done func(error)) error {
	return s.client.Do(snd.Send(false, body), errorOf(done))
}

func (s clientSession) Ack(q *client.RcvQueue, msgID []byte, done func(Message, error)) error {
	return s.client.Do(q.Ack(msgID), func(r client.Response) {
		var next Message
		if r.Err == nil {
			next.ID, next.Sealed, _ = r.Message()
		}
		done(next, r.Err)
	})
}

func (s clientSession) Remove(q *client.RcvQueue, done func(error)) error {
	return s.client.Do(q.Del(), errorOf(done))
}

func (s clientSession) Subscribe(q *client.RcvQueue, done func(error)) error {
	return s.client.Do(q.Sub(), errorOf(done))
}

func errorOf(done func(error)) func(client.Response) {
	return func(r client.Response) { done(r.Err) }
}

// Connection is a connection that comes back by itself and then subscribes the queues that were added.
type Connection interface {
	Add(...*client.RcvQueue)
	Remove(...*client.RcvQueue)
	Close()
}

// Event is what a connection reports.
type Event struct {
	Kind    EventKind
	Session Session
	Entity  []byte // EventMessage, EventQueue
	Message Message
	Err     error // EventQueue, EventDown, EventStrange
}

// EventKind says what has happened.
type EventKind uint8

const (
	EventUp      EventKind = iota // connected, queues are subscribed
	EventDown                     // not or no longer connected; all callbacks of the session have run
	EventMessage                  // a message for entity
	EventQueue                    // entity could not be subscribed, or its subscription ended
	EventStrange                  // something that a router should not have sent
)

// Dialer starts a connection that subscribes these queues, and returns before its first event. EventUp and EventDown take
// turns; the other events of a
// session come before its EventDown, one at a time, also while its queues are being subscribed and EventUp is still to
// come. on must not block.
type Dialer func(index int, queues []*client.RcvQueue, on func(Event)) Connection

// ClientDialer dials with keepers of package smp/client.
func ClientDialer(config func(index int) client.KeeperConfig) Dialer {
	return func(index int, queues []*client.RcvQueue, on func(Event)) Connection {
		c := config(index)
		c.OnEvent = func(e client.Event) {
			if translated, ok := translate(e); ok {
				on(translated)
			}
		}
		return client.NewKeeper(c, queues...)
	}
}

// translate turns an event of the client into ours; false drops it.
func translate(e client.Event) (Event, bool) {
	t := Event{Session: clientSession{e.Client}, Entity: e.Entity, Err: e.Err}
	switch e.Kind {
	case client.EventUp:
		t.Kind = EventUp
	case client.EventDown:
		t.Kind = EventDown
	case client.EventMessage:
		t.Kind = EventMessage
		t.Message = Message{e.MsgID, e.Body}
	case client.EventEnd, client.EventDeleted:
		t.Kind, t.Err = EventQueue, errSubscriptionEnded
	case client.EventError:
		t.Kind = EventQueue
		if len(e.Entity) == 0 {
			t.Kind = EventStrange
		}
	case client.EventUnexpected:
		t.Kind = EventStrange
	default:
		return Event{}, false
	}
	return t, true
}
