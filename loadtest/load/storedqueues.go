package load

import (
	"switchyard/loadtest/seeded"
	"switchyard/smp"
	"switchyard/smp/client"
)

// StoredQueues are the queues of a store that was filled offline, as recipients know them.
type StoredQueues struct {
	plan seeded.Plan
	keys map[int]*client.Key // those that were asked for
}

// NewStoredQueues makes those of a plan.
func NewStoredQueues(p seeded.Plan) *StoredQueues {
	return &StoredQueues{plan: p, keys: make(map[int]*client.Key)}
}

// Queues are n of them, beginning with the given one in the scattered order.
func (s *StoredQueues) Queues(first, n int) ([]*client.RcvQueue, error) {
	all := make([]*client.RcvQueue, n)
	for j := range all {
		number := s.plan.Scattered(uint64(first + j))
		k := s.plan.KeyNumber(number)
		if s.keys[k] == nil {
			key, err := seededKey(s.plan, k)
			if err != nil {
				return nil, err
			}
			s.keys[k] = key
		}
		id, secret := s.plan.RecipientID(number), s.plan.Secret(number)
		all[j] = &client.RcvQueue{ID: id[:], Key: s.keys[k], Mode: smp.ModeMessaging, Secret: secret[:]}
		if s.plan.Foreign { // else the router has made it fit
			id := s.plan.SenderID(number)
			all[j].SenderID = id[:]
		}
	}
	return all, nil
}

func seededKey(p seeded.Plan, number int) (*client.Key, error) {
	private, err := p.Key(number)
	if err != nil {
		return nil, err
	}
	return client.ParseKey(private.AppendPKCS8(nil))
}
