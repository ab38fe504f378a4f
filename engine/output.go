package engine

import (
	"sync"
	"time"

	"switchyard/box"
	"switchyard/engine/socket"
	"switchyard/engine/websocket"
	"switchyard/internal/stage"
	"switchyard/shard"
	"switchyard/smp"
	"switchyard/tls"
)

// outBlock is a block on its way out, with room around it for its TLS record:
//
//	record header 5 │ block 16,384: [tag 16] length 2, content, filler │ content type 1, AEAD tag 16
type outBlock struct {
	packer smp.Packer
	start  int    // of the content in mem
	record []byte // the sealed record
	mem    [tls.RecordHeader + smp.BlockSize + tls.RecordOverhead]byte
}

var outBlocks = sync.Pool{New: func() any { return new(outBlock) }}

// newOutBlock takes an empty block from the pool.
func newOutBlock(encrypted bool) *outBlock {
	b := outBlocks.Get().(*outBlock)
	b.start = tls.RecordHeader + 2
	if encrypted {
		b.start += box.TagSize
	}
	b.packer.Reset(b.mem[:b.start])
	return b
}

func (b *outBlock) release() {
	b.record = nil
	outBlocks.Put(b)
}

// size is the length of the content so far.
func (b *outBlock) size() int { return len(b.packer.Bytes()) - b.start }

// fits tells whether a transmission of n bytes has room.
func (b *outBlock) fits(n int) bool {
	return b.size()-1+2+n <= smp.BatchLimit && b.packer.Len() < smp.MaxBatch
}

// reply adds a transmission to the session's open block; a full one is sealed before. Nothing is written until the
// loop turns.
func (s *session) reply(head, body []byte) {
	if s.phase != phaseOpen {
		return
	}
	n := len(head) + len(body)
	if 2+n > smp.BatchLimit {
		s.replyTooLarge(head)
		return
	}
	if s.out != nil && !s.out.fits(n) {
		s.seal()
	}
	if s.out == nil {
		s.out = newOutBlock(s.encrypted)
	}
	t := append(s.out.packer.Begin(), head...)
	if !s.out.packer.End(append(t, body...)) {
		panic("engine: reply larger than a block")
	}
	s.touch()
}

// touch has the loop flush the session when it turns.
func (s *session) touch() {
	if !s.dirty {
		s.dirty = true
		s.loop.dirty = append(s.loop.dirty, s)
	}
}

// replyTooLarge answers in the place of a reply that fits no block, as only a client's very long correlation ID can bring
// about.
func (s *session) replyTooLarge(head []byte) {
	t, err := smp.ParseResponseTransmission(s.version(), s.client.SessionID, head)
	if !err.IsZero() {
		panic("engine: reply without a header")
	}
	s.replyError(t.CorrID, t.EntityID, smp.ErrLargeMsg)
}

// replyTo adds a reply of the loop's own, whose response appendResponse appends.
func (s *session) replyTo(corrID, entityID []byte, appendResponse func([]byte) []byte) {
	l := s.loop
	l.scratch = smp.AppendResponseHeader(l.scratch[:0], s.version(), s.client.SessionID, corrID, entityID)
	l.scratch = appendResponse(l.scratch)
	s.reply(l.scratch, nil)
}

// replyError adds an error reply of the loop's own.
func (s *session) replyError(corrID, entityID []byte, err smp.Error) {
	s.replyTo(corrID, entityID, func(b []byte) []byte { return smp.AppendErr(b, s.version(), err) })
}

// seal closes the open block: filler, block encryption, TLS.
func (s *session) seal() {
	defer s.loop.router.cfg.Queues.Watch.Begin(stage.Seal).End()
	b := s.out
	s.out = nil
	block := b.mem[tls.RecordHeader : tls.RecordHeader+smp.BlockSize]
	var err error
	if s.encrypted {
		err = s.send.SealBlock(block, b.size())
	} else {
		err = box.PadInPlace(block, b.size())
	}
	if err != nil {
		panic("engine: content larger than a block")
	}
	if s.web != nil {
		b.record = s.tls.Seal(nil, s.framed(block)) // does not fit one record
	} else {
		b.record = s.tls.SealInPlace(b.mem[:], smp.BlockSize)
	}
	s.sealed = append(s.sealed, b)
	s.loop.work()
}

// framed is a block as its transport carries it.
func (s *session) framed(block []byte) []byte {
	if s.web == nil {
		return block
	}
	return websocket.AppendFrame(nil, block)
}

// flush seals the open block and writes all sealed ones at once, and behind them what TLS has to say.
func (s *session) flush() {
	s.dirty = false
	if s.phase != phaseOpen {
		return
	}
	if s.out != nil {
		s.seal()
	}
	switch {
	case len(s.sealed) > 0:
		s.writeSealed()
	case s.conn.OutboundBuffered() == 0:
		s.returnWindow()
	}
	s.writePending()
}

func (s *session) writeSealed() {
	l := s.loop
	defer l.router.cfg.Queues.Watch.Begin(stage.Write).End()
	l.router.counts.blocksOut.Add(int64(len(s.sealed)))
	s.active = time.Now()
	s.sent = uint32(s.active.Unix())
	blocks := s.sealed
	s.sealed = nil
	l.records = l.records[:0]
	waits := s.conn.Watched() != socket.All && s.conn.OutboundBuffered() == 0
	for _, b := range blocks {
		l.records = append(l.records, b.record)
	}
	for rest := l.records; len(rest) > 0 && s.phase == phaseOpen; {
		n := min(len(rest), writeBlocks)
		if n == 1 {
			_, _ = s.conn.Write(rest[0])
		} else {
			_, _ = s.conn.Writev(rest[:n])
		}
		rest = rest[n:]
	}
	for _, b := range blocks {
		b.release()
	}
	s.drained()
	if waits && s.phase != phaseClosed && s.conn.OutboundBuffered() > 0 { // gnet watches for room, and for input
		s.conn.Changed()
		s.settle()
	}
}

// returnWindow tells the shards that messages have left. The socket has taken all that the session was given.
func (s *session) returnWindow() {
	if c := s.client; c.Window.Return() {
		s.eachShard(func(i int) { s.loop.deferBatch(i, shard.NewBatch(shard.BatchResume, c)) })
	}
}
