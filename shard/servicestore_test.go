package shard

import (
	"bytes"
	"maps"
	"slices"

	"switchyard/smp"
)

// fakeServices is what the fake store keeps of services.
type fakeServices struct {
	records map[[32]byte]ServiceRecord
	counts  map[countKey]ServiceCount
	rows    map[fakeRow]struct{}
}

type fakeRow struct {
	service   smp.ID
	partition uint8
	queue     smp.ID
}

func newFakeServices() fakeServices {
	return fakeServices{map[[32]byte]ServiceRecord{}, map[countKey]ServiceCount{}, map[fakeRow]struct{}{}}
}

func (s fakeServices) clone() fakeServices {
	return fakeServices{maps.Clone(s.records), maps.Clone(s.counts), maps.Clone(s.rows)}
}

func (s *fakeStore) Service(fingerprint *[32]byte) (ServiceRecord, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail["service"] {
		return ServiceRecord{}, false, errFake
	}
	r, ok := s.state.services.records[*fingerprint]
	return r, ok, nil
}

func (s *fakeStore) ServiceCount(service *smp.ID, partition uint8) (ServiceCount, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail["count"] {
		return ServiceCount{}, errFake
	}
	s.passes++
	return s.state.services.counts[countKey{*service, partition}], nil
}

func (s *fakeStore) ServiceCounts(service *smp.ID, first, last uint8, visit func(uint8, ServiceCount)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail["count"] {
		return errFake
	}
	s.passes++
	for k, n := range s.state.services.counts {
		if k.service == *service && first <= k.partition && k.partition <= last && n.Count > 0 {
			visit(k.partition, n)
		}
	}
	return nil
}

func (s *fakeStore) Waiting(r *WaitingRange, from []byte, visit func(smp.ID)) ([]byte, error) {
	s.mu.Lock()
	if s.fail["waiting"] {
		s.mu.Unlock()
		return nil, errFake
	}
	var places [][]byte
	for row := range s.state.services.rows {
		place := append([]byte{row.partition}, row.queue[:]...)
		if row.service == r.Service && r.First <= row.partition && row.partition <= r.Last && bytes.Compare(place, from) >= 0 {
			places = append(places, place)
		}
	}
	slices.SortFunc(places, bytes.Compare)
	var found []smp.ID
	for _, place := range places[:min(len(places), r.Rows)] {
		q := s.state.queues[smp.ID(place[1:])]
		if q != nil && (r.Notifications && len(q.ntfs) > 0 || !r.Notifications && len(q.messages) > 0) {
			found = append(found, smp.ID(place[1:]))
		}
	}
	s.mu.Unlock()
	for _, id := range found {
		visit(id)
	}
	if len(places) > r.Rows {
		return places[r.Rows], nil
	}
	return nil, nil
}

func (t *fakeTx) PutAssociation(service *smp.ID, partition uint8, queue *smp.ID) {
	t.add(fakeWrite{op: opPutAssociation, row: fakeRow{*service, partition, *queue}})
}

func (t *fakeTx) DeleteAssociation(service *smp.ID, partition uint8, queue *smp.ID) {
	t.add(fakeWrite{op: opDeleteAssociation, row: fakeRow{*service, partition, *queue}})
}

func (t *fakeTx) PutServiceCount(service *smp.ID, partition uint8, n ServiceCount) {
	t.add(fakeWrite{op: opPutServiceCount, row: fakeRow{service: *service, partition: partition}, count: n})
}

func (t *fakeTx) PutService(fingerprint *[32]byte, r ServiceRecord) {
	t.add(fakeWrite{op: opPutService, fingerprint: *fingerprint, service: r})
}

func (s *fakeServices) apply(w *fakeWrite) {
	switch w.op {
	case opPutAssociation:
		s.rows[w.row] = struct{}{}
	case opDeleteAssociation:
		if _, ok := s.rows[w.row]; !ok {
			panic("association that is not there is deleted")
		}
		delete(s.rows, w.row)
	case opPutService:
		s.records[w.fingerprint] = w.service
	case opPutServiceCount:
		s.counts[countKey{w.row.service, w.row.partition}] = w.count
	}
}
