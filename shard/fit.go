package shard

import "switchyard/smp"

// FitSenderID changes the last 4 bytes of a sender ID so that the ID falls into the partition of its queue's recipient
// ID, as both must be in one for a shard to find the queue by either. It is for filling a store offline; key is the
// store's partition key.
func FitSenderID(key *[16]byte, recipient, sender *smp.ID) {
	p := newPartitioner(key, 1)
	p.drawIn(sender, func([]byte) {}, p.partition(recipient[:]))
}
