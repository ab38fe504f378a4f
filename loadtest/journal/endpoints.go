package journal

// Endpoint is a client's share of a slot: it has one end of each queue that lives in the slot, one after the other. The other
// end is another client's.
type Endpoint struct {
	Slot     int  // among those of all clients
	Receives bool // else it sends
}

// recipientOf and senderOf are the clients that have the ends of a slot. There are at least two clients. Each has slots with each
// other, so that of two that die together and two that do not there is always something to see.
func recipientOf(slot, clients int) int { return slot % clients }

func senderOf(slot, clients int) int { return (slot + 1 + slot/clients%(clients-1)) % clients }

// endpointsOf are the ends that a client has.
func endpointsOf(client, clients, slots int) (all []Endpoint) {
	for slot := range slots {
		switch client {
		case recipientOf(slot, clients):
			all = append(all, Endpoint{slot, true})
		case senderOf(slot, clients):
			all = append(all, Endpoint{slot, false})
		}
	}
	return all
}
