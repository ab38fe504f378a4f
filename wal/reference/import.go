package reference

import (
	"errors"
	"fmt"
	"sync/atomic"

	"switchyard/internal/extsort"
	"switchyard/shard"
	"switchyard/shard/partition"
	"switchyard/smp"
	"switchyard/wal"
)

// Counts is what was taken over, or written.
type Counts struct {
	Queues, Services, Messages, Notifications int64
	Deleted                                   int64 // queues that the source says were deleted
}

// Import puts a source into a store.
type Import struct {
	Source  Source
	Store   *wal.Store // empty
	Report  *Report
	Scratch string // directory for what is sorted
	Memory  int    // bytes that sorting takes, about

	counts     Counts
	stage      atomic.Value // string
	partitions partition.Map
	roles      map[smp.ID]smp.ServiceRole
	dropped    map[smp.ID]dropped
}

// dropped is what a queue is not taken over with, as another one that came before it has it.
type dropped struct{ queue, notifier, link bool }

// maxDropped bounds the queues of whose IDs others have some: there are none, unless somebody has mixed logs.
const maxDropped = 1 << 18

var (
	errSenderTaken   = errors.New("a queue whose sender ID another queue has")
	errNotifierTaken = errors.New("a queue without its notifier, whose ID another queue has")
	errLinkTaken     = errors.New("a queue without its link, whose ID another queue has")
	errNoNotifier    = errors.New("of a notifier that no queue has")
)

// Run takes everything over. When it fails, the store is of no use.
func (im *Import) Run() (Counts, error) {
	key := im.Store.PartitionKey()
	im.partitions = partition.New(&key, 1)
	im.roles = make(map[smp.ID]smp.ServiceRole)
	im.dropped = make(map[smp.ID]dropped)
	for _, part := range []struct {
		stage string
		run   func() error
	}{
		{"services", im.services}, {"queues", im.queues}, {"messages", im.messages}, {"notifications", im.notifications},
	} {
		im.stage.Store(part.stage)
		if err := part.run(); err != nil {
			return im.counts, err
		}
	}
	return im.counts, im.Source.Finish()
}

// Stage tells, to any goroutine, what is being done.
func (im *Import) Stage() string {
	s, _ := im.stage.Load().(string)
	return s
}

// services takes the services over.
func (im *Import) services() error {
	sorted := im.sorter()
	defer sorted.Close()
	err := im.Source.Services(func(s *Service) error {
		im.roles[s.ID] = s.Role
		return sorted.Add(s.Fingerprint[:], append([]byte{byte(s.Role)}, s.ID[:]...))
	})
	if err != nil {
		return err
	}
	return im.bulk(func(b *wal.Bulk) error {
		return each(sorted, func(key, value []byte) error {
			im.counts.Services++
			fingerprint := [32]byte(key)
			return b.PutService(&fingerprint, shard.ServiceRecord{Role: smp.ServiceRole(value[0]), ID: smp.ID(value[1:])})
		})
	})
}

// sorter makes a sorter that takes a part of the memory.
func (im *Import) sorter() *extsort.Sorter { return extsort.New(im.Scratch, im.Memory/8) }

// bulk has the store take in what fill gives it, or nothing.
func (im *Import) bulk(fill func(*wal.Bulk) error) error {
	b, err := im.Store.Bulk()
	if err != nil {
		return err
	}
	if err := fill(b); err != nil {
		return errors.Join(err, b.Abort())
	}
	return b.Commit()
}

// each visits sorted rows.
func each(s *extsort.Sorter, visit func(key, value []byte) error) error {
	rows, err := s.Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := visit(rows.Key(), rows.Value()); err != nil {
			return err
		}
	}
	return rows.Err()
}

// errClash is that queues have IDs of others, so that they are taken over anew without them.
var errClash = errors.New("reference: IDs of several queues")

// queues takes the queues over. When some of them have IDs of others, it begins again without these.
func (im *Import) queues() error {
	before := im.Report.mark()
	for {
		t := im.newTables()
		err := im.bulk(func(b *wal.Bulk) error { return t.fill(b) })
		err = errors.Join(err, t.close())
		if !errors.Is(err, errClash) {
			im.counts.Deleted = im.Source.Deleted()
			return err
		}
		if len(im.dropped) > maxDropped {
			return &Refusal{"the state", fmt.Sprintf("more than %d queues have IDs of others", maxDropped), "give the state of one router"}
		}
		im.counts.Queues = 0
		if err := im.Report.back(before); err != nil {
			return err
		}
	}
}
