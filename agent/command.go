package agent

import "switchyard/smp"

// Command is one command, ready to be authorized and sent. It refers to the slices it was made of until Do returns,
// to the queue's ID until the response.
type Command struct {
	tag    smp.CommandTag
	key    *Key // nil: not authorized
	entity []byte
	data   []byte // body of SEND, message ID of ACK, key of KEY and SKEY; the whole command when tag is 0
	notify bool
}

// Ping asks the router whether it is there: PONG.
func Ping() Command { return Command{tag: smp.CmdPing} }

// Raw sends the bytes of command as they are. entity may be empty and key nil.
func Raw(key *Key, entity, command []byte) Command {
	return Command{key: key, entity: entity, data: command}
}

// Sub subscribes: SOK (OK before version 16), and an EventMessage when the queue has one.
func (q *RcvQueue) Sub() Command { return Command{tag: smp.CmdSub, key: q.Key, entity: q.ID} }

// Ack acknowledges a message: OK, or MSG, the next message.
func (q *RcvQueue) Ack(msgID []byte) Command {
	return Command{tag: smp.CmdAck, key: q.Key, entity: q.ID, data: msgID}
}

// Get takes a look at the first message without subscribing: MSG or OK.
func (q *RcvQueue) Get() Command { return Command{tag: smp.CmdGet, key: q.Key, entity: q.ID} }

// Secure sets the sender's key (KEY): OK.
func (q *RcvQueue) Secure(senderSPKI []byte) Command {
	return Command{tag: smp.CmdKey, key: q.Key, entity: q.ID, data: senderSPKI}
}

// Off suspends the queue for senders: OK.
func (q *RcvQueue) Off() Command { return Command{tag: smp.CmdOff, key: q.Key, entity: q.ID} }

// Del deletes the queue: OK.
func (q *RcvQueue) Del() Command { return Command{tag: smp.CmdDel, key: q.Key, entity: q.ID} }

// Que asks for the queue's state: INFO.
func (q *RcvQueue) Que() Command { return Command{tag: smp.CmdQue, key: q.Key, entity: q.ID} }

// Send sends a message: OK.
func (s *SndQueue) Send(notify bool, body []byte) Command {
	return Command{tag: smp.CmdSend, key: s.Key, entity: s.ID, data: body, notify: notify}
}

// Secure sets the sender's key by the sender itself (SKEY), with the queue's Key, which must not be nil: OK.
func (s *SndQueue) Secure() Command {
	return Command{tag: smp.CmdSKey, key: s.Key, entity: s.ID, data: s.Key.SPKI()}
}
