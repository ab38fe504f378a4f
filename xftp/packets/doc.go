// Package packets is where an XFTP router keeps packets: their records in Pebble, their bodies as files or objects.
// It knows nothing of connections. It imports smp, box, internal/disk, internal/expiry and server/crash.
//
// # Records
//
//	's' senderID               → the record (record.go)
//	'r' recipientID            → sender ID, recipient's key
//	'm' senderID recipientID   → nothing: the recipients of a packet
//	'e' u64 created senderID   → nothing: packets by age
//	'd' senderID               → u32 size: a body that is to be removed, and counts until it is
//	'c'                        → bytes and number of stored bodies, added up by Pebble's merge operator
//	'v'                        → u32 version, random identity of the store
//
// Nothing is replayed or counted at start: opening takes the same time for one packet and for millions.
//
// # Bodies
//
// A body is written under a temporary name that ends with a random tag, and made durable there; then its record is
// committed with the tag; then it gets its final name, and is read by the temporary one until then. Removal goes the other
// way: the commit that deletes the record leaves a note, the body is removed, then the note and what the body counts. That
// goes to the end whatever becomes of the client that asked for it.
//
// A crash, or an object store that does not answer, may leave something half done. There is a temporary name or a note of it
// then. The tidier (tidier.go) settles these at start, and every minute while there are some. The record says whether a
// temporary name becomes the final one or is removed. So in the end records, bodies and quota agree.
//
// # When the disk fails or fills up
//
// Package disk freezes the records at the first failed write, and opens them again when the disk works: packets are
// read meanwhile, and changes refused. A body whose commit failed keeps its place in the quota until then, as its record
// may turn out to be there. When the disk of records, or a disk of its own for bodies, is nearly full, new packets and bodies
// are refused with ErrFull, which is a kind of ErrQuota, and the rest goes on.
//
// # Who owns what
//
// A Store may be used by many goroutines. The changes of one record take turns (stripes of locks by sender ID), held for one
// commit; those who name or remove the body of one packet take turns, too, which with an object store are long (turns.go).
// Commits are synced and grouped by Pebble. An Upload belongs to one goroutine, but for its end when another upload of the
// packet begins. A reservation of the quota is held in memory from the first byte of an upload, so that uploads together
// cannot pass the quota. Goroutines: those of package disk, and the tidier.
package packets

import (
	"errors"
	"fmt"

	"switchyard/internal/disk"
)

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
	// ErrFull is an ErrQuota of the disk. The store has told about it.
	ErrFull = fmt.Errorf("packets: the disk is nearly full: %w", ErrQuota)
)

// Told says that the store has told the log about an error: commands that come meanwhile need not.
func Told(err error) bool {
	var e *disk.Error
	return errors.As(err, &e) || errors.Is(err, ErrFull)
}
