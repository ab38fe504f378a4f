package wal

import (
	"switchyard/shard"
	"switchyard/smp"
)

// A message header is stored under its queue and position, which are not repeated in it:
//
//	version(1) = 1 | kind(1) | notify(1) | message ID(24) | time(8), seconds since 1970
const (
	headerVersion = 1
	headerSize    = 3 + idSize + 8
)

func appendHeader(b []byte, h *shard.MessageHeader) []byte {
	notify := byte(0)
	if h.Notify {
		notify = 1
	}
	b = append(b, headerVersion, byte(h.Kind), notify)
	b = append(b, h.ID[:]...)
	return smp.AppendI64(b, h.Time)
}

func parseHeader(b []byte, seq uint64) (h shard.MessageHeader, ok bool) {
	if len(b) != headerSize || b[0] != headerVersion || b[1] > byte(shard.KindQuota) || b[2] > 1 {
		return h, false
	}
	h.Seq = seq
	h.Kind = shard.MessageKind(b[1])
	h.Notify = b[2] == 1
	h.ID = smp.ID(b[3:])
	h.Time, _, ok = smp.ParseI64(b[3+idSize:])
	return h, ok
}
