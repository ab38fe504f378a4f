// Package packets is where an XFTP router keeps packets: their records in Pebble, their bodies as files or objects.
// It knows nothing of connections. It imports smp, box and xftp.
//
// # Records
//
//	's' senderID               → the record (record.go)
//	'r' recipientID            → sender ID, recipient's key
//	'm' senderID recipientID   → nothing: the recipients of a packet
//	'e' u64 created senderID   → nothing: packets by age
//	'd' senderID               → nothing: a body that is to be removed
//	'c'                        → bytes and number of stored bodies, added up by Pebble's merge operator
//
// Nothing is replayed or counted at start: opening takes the same time for one packet and for millions.
//
// # Bodies
//
// A body is written under a temporary name that ends with a random tag, and made durable there; then its record is
// committed with the tag; then it gets its final name. A crash leaves temporary names only, and few. At start each is
// looked up: if the record has its tag, it gets its final name, else it is removed. Removal goes the other way: the
// commit that deletes the record leaves a 'd' key, the body is removed, then the key. So after a crash at any point
// the records and the bodies agree, and with them the quota.
//
// # When the disk fails
//
// Pebble's log cannot do without a write: the process ends, with a panic, and recovers what was answered when it starts
// again. A table that cannot be written is tried again every second (patient.go); commits wait when the tables in memory
// are full or too many on disk lie above each other, as long as the disk fails and no longer: Pebble's scheduler offers a
// compaction ten times a second. A Close waits with them, so a server that is to end must not wait for it for ever.
//
// # Who owns what
//
// A Store may be used by many goroutines. The changes of one packet take turns (stripes of locks by sender ID); commits
// are synced and grouped by Pebble. An Upload belongs to one goroutine. A reservation of the quota is held in memory
// from the first byte of an upload, so that uploads together cannot pass the quota.
package packets

import "errors"

// ID is a sender's or a recipient's ID of a packet: random.
type ID [16]byte

// ParseID takes an entity ID from the wire; one of another length is none of ours.
func ParseID(b []byte) (id ID, ok bool) {
	if len(b) != len(id) {
		return id, false
	}
	return ID(b), true
}

// Errors of a store.
var (
	ErrNotFound = errors.New("packets: no such packet")
	ErrQuota    = errors.New("packets: the storage quota is used up")
	ErrGone     = errors.New("packets: the packet is gone, blocked or uploaded already")
)
