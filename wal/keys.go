package wal

import (
	"encoding/binary"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"switchyard/shard"
	"switchyard/smp"
)

// The spaces of the store. Every key starts with one of these bytes.
const (
	spaceMeta          = 0   // about the store itself, not about a queue
	spaceAssociations  = 'a' // service ID, partition, recipient ID → nothing
	spaceCounts        = 'c' // service ID, partition → count and hash of its queues
	spaceLinkData      = 'd' // recipient ID → data of the short link
	spaceServices      = 'f' // certificate fingerprint → role and service ID
	spaceHeads         = 'h' // recipient ID, position → message header
	spaceLinks         = 'l' // link ID → recipient ID
	spaceBodies        = 'm' // recipient ID, position → sealed body
	spaceNotifications = 'p' // recipient ID → notifications that wait for the notifier
	spaceNotifiers     = 'n' // notifier ID → recipient ID
	spaceQueues        = 'q' // recipient ID → record
	spaceSenders       = 's' // sender ID → recipient ID
)

const (
	idSize         = len(smp.ID{})
	queueKeySize   = 1 + idSize
	messageKeySize = queueKeySize + 8
	// maxKeySize has room for the longest ID that the wire can carry.
	maxKeySize = 1 + smp.MaxShort
)

var (
	metaFormat    = []byte{spaceMeta, 'f'} // format version, 4 bytes big-endian
	metaPartition = []byte{spaceMeta, 'p'} // partition key, 16 bytes
)

// spaces maps the kinds of IDs to the spaces in which they are looked up.
var spaces = [...]byte{
	shard.ByRecipient: spaceQueues,
	shard.BySender:    spaceSenders,
	shard.ByNotifier:  spaceNotifiers,
	shard.ByLink:      spaceLinks,
}

// appendKey appends the key of an ID in a space.
func appendKey(b []byte, space byte, id []byte) []byte {
	return append(append(b, space), id...)
}

// appendMessageKey appends the key of the message at seq, in the space of heads or of bodies.
func appendMessageKey(b []byte, space byte, queue *smp.ID, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(appendKey(b, space, queue[:]), seq)
}

// keyQueue is the recipient ID within the key of a head.
func keyQueue(key []byte) (id smp.ID, ok bool) {
	if len(key) != messageKeySize {
		return id, false
	}
	return smp.ID(key[1:queueKeySize]), true
}

// keySeq is the position within the key of a head.
func keySeq(key []byte) uint64 { return binary.BigEndian.Uint64(key[queueKeySize:]) }

// comparer orders keys as bytes. The keys of one queue's messages share a prefix, which the bloom filters hold instead
// of the whole keys: a table without messages of a queue is passed over when its first message is looked for.
// It never prints more of a key than its space: keys are secrets, and what Pebble prints ends in logs.
var comparer = func() *pebble.Comparer {
	c := *pebble.DefaultComparer
	c.Name = "switchyard.store"
	c.Split = func(key []byte) int {
		if len(key) > queueKeySize && (key[0] == spaceHeads || key[0] == spaceBodies) {
			return queueKeySize
		}
		return len(key)
	}
	c.ImmediateSuccessor = func(dst, prefix []byte) []byte {
		if len(prefix) == queueKeySize && (prefix[0] == spaceHeads || prefix[0] == spaceBodies) {
			return nextPrefix(dst, prefix)
		}
		return append(append(dst, prefix...), 0)
	}
	c.FormatKey = func(key []byte) fmt.Formatter {
		if len(key) == 0 {
			return hiddenKey(' ')
		}
		return hiddenKey(key[0])
	}
	return &c
}()

// nextPrefix appends the prefix that follows that of a queue's messages.
func nextPrefix(b, prefix []byte) []byte {
	b = append(b, prefix...)
	for i := len(b) - 1; i >= len(b)-len(prefix); i-- {
		if b[i]++; b[i] != 0 {
			break
		}
	}
	return b
}

// hiddenKey prints the space of a key.
type hiddenKey byte

func (k hiddenKey) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "%q…", rune(k)) }
