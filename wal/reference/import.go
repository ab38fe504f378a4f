package reference

import (
	"errors"
	"fmt"
	"sync/atomic"

	"switchyard/internal/extsort"
	"switchyard/shard"
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

	counts  Counts
	stage   atomic.Value // string
	roles   map[smp.ID]smp.ServiceRole
	dropped map[smp.ID]dropped
}

// dropped is what a queue is not taken over with, as another one that came before it has it.
type dropped struct{ queue, notifier, link bool }

// maxDropped bounds the queues of whose IDs others have some: there are none, unless somebody has mixed logs.
const maxDropped = 1 << 18

var (
	errSenderTaken   = errors.New("a queue whose sender ID another queue has")
	errNotifierTaken = errors.New("a queue without its notifier, whose ID another queue has")
	errLinkTaken     = errors.New("a queue without its link, whose ID another queue has")
	errNoService     = errors.New("a queue without its service, which is not there, or is one of another role")
	errNoNotifier    = errors.New("of a notifier that no queue has")
)

// Run takes everything over. When it fails, the store is of no use.
func (im *Import) Run() (Counts, error) {
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
	rows := im.Store.Rows(sorted.Add)
	err := im.Source.Services(func(s *Service) error {
		im.roles[s.ID] = s.Role
		im.counts.Services++
		return rows.Service(&s.Fingerprint, shard.ServiceRecord{Role: s.Role, ID: s.ID})
	})
	if err != nil {
		return err
	}
	return im.intake(func(t *wal.Intake) error { return each(sorted, t.Put) })
}

// sorter makes a sorter that takes a part of the memory.
func (im *Import) sorter() *extsort.Sorter { return extsort.New(im.Scratch, im.Memory/4) }

// intake has the store take in what fill puts, or nothing.
func (im *Import) intake(fill func(*wal.Intake) error) error {
	t, err := im.Store.NewIntake()
	if err != nil {
		return err
	}
	defer t.Drop()
	if err := fill(t); err != nil {
		return err
	}
	return t.Finish()
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
		err := im.intake(im.putQueues)
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
