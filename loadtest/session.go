package loadtest

import (
	"switchyard/agent"
)

// session is one connection's life as queues use it. Its methods never block; when they return nil, done is called
// once, on the goroutine of the session, before the event that says that the session is over. When they return an error
// the session is over and done is not called. agentSession is one, the tests' router has another.
type session interface {
	create(p agent.QueueParams, done func(*agent.RcvQueue, error)) error
	// secure sets the sender's key, by the recipient or by the sender.
	secure(q *agent.RcvQueue, s *agent.SndQueue, byRecipient bool, done func(error)) error
	send(s *agent.SndQueue, body []byte, done func(error)) error
	// ack's done gets the next message when there is one. Slices are valid until done returns.
	ack(q *agent.RcvQueue, msgID []byte, done func(next envelope, err error)) error
	remove(q *agent.RcvQueue, done func(error)) error
	subscribe(q *agent.RcvQueue, done func(error)) error
}

// envelope is a message as it comes from the router; msgID is nil when there is none.
type envelope struct {
	msgID, sealed []byte
}

// agentSession is a session over a client of package agent.
type agentSession struct{ client *agent.Client }

func (s agentSession) create(p agent.QueueParams, done func(*agent.RcvQueue, error)) error {
	return s.client.DoNewQueue(p, done)
}

func (s agentSession) secure(q *agent.RcvQueue, snd *agent.SndQueue, byRecipient bool, done func(error)) error {
	command := snd.Secure()
	if byRecipient {
		command = q.Secure(snd.Key.SPKI())
	}
	return s.client.Do(command, errorOf(done))
}

func (s agentSession) send(snd *agent.SndQueue, body []byte, done func(error)) error {
	return s.client.Do(snd.Send(false, body), errorOf(done))
}

func (s agentSession) ack(q *agent.RcvQueue, msgID []byte, done func(envelope, error)) error {
	return s.client.Do(q.Ack(msgID), func(r agent.Response) {
		var next envelope
		if r.Err == nil {
			next.msgID, next.sealed, _ = r.Message()
		}
		done(next, r.Err)
	})
}

func (s agentSession) remove(q *agent.RcvQueue, done func(error)) error {
	return s.client.Do(q.Del(), errorOf(done))
}

func (s agentSession) subscribe(q *agent.RcvQueue, done func(error)) error {
	return s.client.Do(q.Sub(), errorOf(done))
}

func errorOf(done func(error)) func(agent.Response) {
	return func(r agent.Response) { done(r.Err) }
}

// line is a connection that comes back by itself and then subscribes the queues that were added.
type line interface {
	Add(...*agent.RcvQueue)
	Remove(...*agent.RcvQueue)
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
type dialer func(index int, queues []*agent.RcvQueue, on func(event)) line

// agentDialer dials with keepers of package agent.
func agentDialer(config func(index int) agent.KeeperConfig) dialer {
	return func(index int, queues []*agent.RcvQueue, on func(event)) line {
		c := config(index)
		c.OnEvent = func(e agent.Event) {
			if translated, ok := translate(e); ok {
				on(translated)
			}
		}
		return agent.NewKeeper(c, queues...)
	}
}

// translate turns an agent's event into ours; false drops it.
func translate(e agent.Event) (event, bool) {
	t := event{session: agentSession{e.Client}, entity: e.Entity, err: e.Err}
	switch e.Kind {
	case agent.EventUp:
		t.kind = eventUp
	case agent.EventDown:
		t.kind = eventDown
	case agent.EventMessage:
		t.kind = eventMessage
		t.message = envelope{e.MsgID, e.Body}
	case agent.EventEnd, agent.EventDeleted:
		t.kind, t.err = eventQueue, errSubscriptionEnded
	case agent.EventError:
		t.kind = eventQueue
		if len(e.Entity) == 0 {
			t.kind = eventStrange
		}
	case agent.EventUnexpected:
		t.kind = eventStrange
	default:
		return event{}, false
	}
	return t, true
}
