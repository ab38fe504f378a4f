package loadtest

import (
	"switchyard/smp/client"
)

// session is one connection's life as queues use it. Its methods never block; when they return nil, done is called
// once, on the goroutine of the session, before the event that says that the session is over. When they return an error
// the session is over and done is not called. clientSession is one, the tests' router has another.
type session interface {
	create(p client.QueueParams, done func(*client.RcvQueue, error)) error
	// secure sets the sender's key, by the recipient or by the sender.
	secure(q *client.RcvQueue, s *client.SndQueue, byRecipient bool, done func(error)) error
	send(s *client.SndQueue, body []byte, done func(error)) error
	// ack's done gets the next message when there is one. Slices are valid until done returns.
	ack(q *client.RcvQueue, msgID []byte, done func(next envelope, err error)) error
	remove(q *client.RcvQueue, done func(error)) error
	subscribe(q *client.RcvQueue, done func(error)) error
}

// envelope is a message as it comes from the router; msgID is nil when there is none.
type envelope struct {
	msgID, sealed []byte
}

// clientSession is a session over a client of package smp/client.
type clientSession struct{ client *client.Client }

func (s clientSession) create(p client.QueueParams, done func(*client.RcvQueue, error)) error {
	return s.client.DoNewQueue(p, done)
}

func (s clientSession) secure(q *client.RcvQueue, snd *client.SndQueue, byRecipient bool, done func(error)) error {
	command := snd.Secure()
	if byRecipient {
		command = q.Secure(snd.Key.SPKI())
	}
	return s.client.Do(command, errorOf(done))
}

func (s clientSession) send(snd *client.SndQueue, body []byte, done func(error)) error {
	return s.client.Do(snd.Send(false, body), errorOf(done))
}

func (s clientSession) ack(q *client.RcvQueue, msgID []byte, done func(envelope, error)) error {
	return s.client.Do(q.Ack(msgID), func(r client.Response) {
		var next envelope
		if r.Err == nil {
			next.msgID, next.sealed, _ = r.Message()
		}
		done(next, r.Err)
	})
}

func (s clientSession) remove(q *client.RcvQueue, done func(error)) error {
	return s.client.Do(q.Del(), errorOf(done))
}

func (s clientSession) subscribe(q *client.RcvQueue, done func(error)) error {
	return s.client.Do(q.Sub(), errorOf(done))
}

func errorOf(done func(error)) func(client.Response) {
	return func(r client.Response) { done(r.Err) }
}

// line is a connection that comes back by itself and then subscribes the queues that were added.
type line interface {
	Add(...*client.RcvQueue)
	Remove(...*client.RcvQueue)
	Close()
}

// event is what a line reports.
type event struct {
	kind    eventKind
	session session
	entity  []byte // eventMessage, eventQueue
	message envelope
	err     error // eventQueue, eventDown, eventStrange
}

type eventKind uint8

const (
	eventUp      eventKind = iota // connected, queues are subscribed
	eventDown                     // not or no longer connected; all callbacks of the session have run
	eventMessage                  // a message for entity
	eventQueue                    // entity could not be subscribed, or its subscription ended
	eventStrange                  // something that a router should not have sent
)

// dialer starts a line that subscribes these queues and returns before its first event. eventUp and eventDown take turns; the other events of a
// session come before its eventDown, one at a time, also while its queues are being subscribed and eventUp is still to
// come. on must not block.
type dialer func(index int, queues []*client.RcvQueue, on func(event)) line

// clientDialer dials with keepers of package smp/client.
func clientDialer(config func(index int) client.KeeperConfig) dialer {
	return func(index int, queues []*client.RcvQueue, on func(event)) line {
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
func translate(e client.Event) (event, bool) {
	t := event{session: clientSession{e.Client}, entity: e.Entity, err: e.Err}
	switch e.Kind {
	case client.EventUp:
		t.kind = eventUp
	case client.EventDown:
		t.kind = eventDown
	case client.EventMessage:
		t.kind = eventMessage
		t.message = envelope{e.MsgID, e.Body}
	case client.EventEnd, client.EventDeleted:
		t.kind, t.err = eventQueue, errSubscriptionEnded
	case client.EventError:
		t.kind = eventQueue
		if len(e.Entity) == 0 {
			t.kind = eventStrange
		}
	case client.EventUnexpected:
		t.kind = eventStrange
	default:
		return event{}, false
	}
	return t, true
}
