package engine

import (
	"errors"
	"io"
	"time"

	"switchyard/box"
	"switchyard/shard"
	"switchyard/smp"
	"switchyard/tls"
)

// readRecords opens the TLS records that are complete and takes the blocks in them. It stops at what is incomplete,
// when a worker takes the session over, and when input has to wait: then the rest waits in gnet's buffer, and what comes
// after it in the kernel.
func (s *session) readRecords() {
	for s.readSome() {
	}
}

// readSome does so with the first part of the input, as gnet may have to copy what it shows, and a session whose input
// waits looks at it often. It tells whether there may be more to take.
func (s *session) readSome() bool {
	in, err := s.conn.Peek(min(s.conn.InboundBuffered(), inputPeek))
	if err != nil || len(in) == 0 {
		return false
	}
	used := 0
	for s.phase != phaseClosed && !s.busy && !s.holdInput() {
		n, whole, err := tls.RecordLen(in[used:])
		if err != nil {
			s.failRecord(err)
			return false
		}
		if !whole {
			break
		}
		record := in[used : used+n]
		used += n
		plain, err := s.tls.Open(nil, record)
		if err != nil {
			s.failRecord(err)
			return false
		}
		if s.tls.HasPending() {
			s.flush()
			s.writePending() // before the session is open, too
		}
		if s.web != nil {
			s.takeFrames(plain)
		} else {
			s.takeBytes(plain)
		}
	}
	if s.phase == phaseClosed || used == 0 {
		return false
	}
	_, _ = s.conn.Discard(used)
	return !s.busy && s.conn.InboundBuffered() > 0
}

// failRecord ends a session whose record could not be opened. The alert, if one is due, goes out behind the answers to what
// came before: nothing can be sealed after it, and what is sealed already has lower numbers.
func (s *session) failRecord(err error) {
	if errors.Is(err, io.EOF) {
		s.blocked |= reasonClose
		s.endAnswered()
		return
	}
	s.flush()
	s.writePending() // before the session is open, too
	s.drop(CauseRecord)
}

// takeBytes cuts the plaintext stream into blocks. A block that came in one record is taken where it stands.
func (s *session) takeBytes(plain []byte) {
	for len(plain) > 0 && s.phase != phaseClosed {
		if s.part == nil && len(plain) >= smp.BlockSize {
			s.takeBlock(plain[:smp.BlockSize])
			plain = plain[smp.BlockSize:]
			continue
		}
		if s.part == nil {
			s.part = shard.NewBuffer(0)
		}
		n := min(len(plain), smp.BlockSize-len(s.part.Data))
		s.part.Data = append(s.part.Data, plain[:n]...)
		plain = plain[n:]
		if len(s.part.Data) == smp.BlockSize {
			whole := s.part
			s.part = nil
			s.takeBlock(whole.Data)
			whole.Release()
		}
	}
}

// takeBlock takes a whole block; block is borrowed and may be decrypted in place.
func (s *session) takeBlock(block []byte) {
	if s.phase == phaseHello {
		s.takeHello(block)
		return
	}
	s.loop.router.counts.blocksIn.Add(1)
	s.loop.work()
	s.active, s.begun = time.Now(), time.Time{}
	var content []byte
	ok := true
	if s.encrypted {
		content, ok = s.receive.OpenBlock(block)
	} else if c, err := box.Unpad(block); err == nil {
		content = c
	} else {
		ok = false
	}
	if !ok {
		s.spend(s.active, 1)
		s.replyError(nil, nil, smp.ErrBlock)
		return
	}
	b := shard.NewBuffer(len(content))
	copy(b.Data, content)
	s.dispatch(b)
	b.Release()
}

// dispatch sends the commands of a block to the shards of their entities, each shard's in the order in which they
// stand, and answers itself what no shard is needed for.
func (s *session) dispatch(b *shard.Buffer) {
	batch, ok := smp.ParseBatch(b.Data)
	if !ok {
		s.spend(s.active, 1)
		s.replyError(nil, nil, smp.ErrBlock)
		return
	}
	s.spend(s.active, batch.Len())
	s.loop.tally.block = blockOf{}
	for t, ok := batch.Next(); ok; t, ok = batch.Next() {
		s.takeTransmission(b, t)
	}
	s.loop.tally.countBlock()
	s.loop.gather()
}

// takeTransmission checks one transmission and adds its command to the batch of its shard, or answers it.
func (s *session) takeTransmission(b *shard.Buffer, t []byte) {
	tr, err := smp.ParseTransmission(s.version(), s.client.SessionID, t)
	if !err.IsZero() {
		s.replyError(tr.CorrID, tr.EntityID, err)
		return
	}
	tag, params, err := smp.ParseCommand(s.version(), tr.Command)
	if err.IsZero() {
		err = smp.CheckCredentials(tag, len(tr.Auth) > 0, len(tr.EntityID) > 0)
	}
	if !err.IsZero() {
		s.replyError(tr.CorrID, tr.EntityID, err)
		return
	}
	s.loop.commands[tag].Add(1)
	s.loop.tally.block.add(tag)
	if !s.refused(tag, &tr) && !s.limited(tag, &tr, params) && !s.answer(b, tag, &tr, params) {
		s.route(b, shard.Command{Transmission: tr, Tag: tag, Params: params})
	}
}

// route adds a command to the batch of its shard. Its slices are parts of b.
func (s *session) route(b *shard.Buffer, c shard.Command) {
	l := s.loop
	i := l.router.shards.Route(s.client, &c)
	part := l.batches[i]
	if part == nil {
		part = shard.NewBatch(shard.BatchCommands, s.client)
		part.Block = b
		b.Retain()
		l.batches[i] = part
		s.client.Shards |= 1 << i
	}
	part.Commands = append(part.Commands, c)
	s.ask()
}

// answer takes care of the commands that concern no queue of their own, and says whether it did.
func (s *session) answer(b *shard.Buffer, tag smp.CommandTag, t *smp.Transmission, params []byte) bool {
	switch tag {
	case smp.CmdPing:
		s.replyTo(t.CorrID, t.EntityID, smp.AppendPong)
	case smp.CmdPrxy:
		s.connectRelay(t.CorrID, params)
	case smp.CmdPfwd:
		s.forward(t.CorrID, t.EntityID, params)
	case smp.CmdRfwd:
		s.takeForwarded(b, t.CorrID, params)
	default:
		return false
	}
	return true
}
