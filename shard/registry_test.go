package shard

import (
	"encoding/binary"
	"errors"
	"testing"

	"switchyard/box"
	"switchyard/shard/registry"
	"switchyard/smp"
)

// asking is the answers of the registry to what was asked for.
type asking struct {
	r       *router
	answers chan answeredService
	left    int
}

type answeredService struct {
	number  int
	service *Service
	err     error
}

func (r *router) asking() *asking {
	return &asking{r: r, answers: make(chan answeredService, 2*registry.AskedLimit)}
}

// ask asks for the service of a certificate with this number; false when too many wait.
func (a *asking) ask(number int) bool {
	fingerprint := [32]byte{9}
	binary.BigEndian.PutUint32(fingerprint[1:], uint32(number))
	ok := a.r.set.Service(&fingerprint, smp.RoleMessaging, &box.PublicKey{}, func(s *Service, err error) {
		a.answers <- answeredService{number, s, err}
	})
	if ok {
		a.left++
	}
	return ok
}

// all takes the answers to all that was asked.
func (a *asking) all() (answers []answeredService) {
	for ; a.left > 0; a.left-- {
		answers = append(answers, <-a.answers)
	}
	return answers
}

// Services that are asked for while a commit is under way are made by one commit, and nobody is told of one before.
func TestServicesAreMadeInGroups(t *testing.T) {
	r := newRouter(t, testConfig())
	a := r.asking()
	begun, release := r.store.hold()
	a.ask(0)
	<-begun
	for i := range 30 {
		a.ask(1 + i)
		a.ask(1 + i) // by another connection
	}
	a.ask(0)
	if len(a.answers) > 0 {
		t.Fatal("an answer before the commit")
	}
	release()
	ids := make(map[int]smp.ID)
	for _, s := range a.all() {
		if s.err != nil {
			t.Fatal(s.err)
		}
		if id, ok := ids[s.number]; ok && id != s.service.ID {
			t.Error("two services of one certificate")
		}
		ids[s.number] = s.service.ID
	}
	r.store.mu.Lock()
	commits := r.store.commits
	r.store.mu.Unlock()
	if commits != 2 || len(ids) != 31 {
		t.Errorf("%d commits for %d services", commits, len(ids))
	}
	a.ask(5)
	if s := a.all()[0]; s.err != nil || s.service.ID != ids[5] {
		t.Error("another service later:", s.err)
	}
}

// Of a service whose commit has failed nobody is told although the store shows it, until the store shows what it has kept.
func TestServiceThatIsNotKept(t *testing.T) {
	r := newRouter(t, testConfig())
	r.store.setFail(true, "freeze")
	a := r.asking()
	a.ask(1)
	if s := a.all()[0]; !errors.Is(s.err, errFake) {
		t.Fatal(s.err)
	}
	fingerprint := [32]byte{9, 0, 0, 0, 1}
	shown, found, _ := r.store.Service(&fingerprint)
	if !found {
		t.Fatal("the store does not show it")
	}
	for range 2 {
		a.ask(1)
		if s := a.all()[0]; s.err != registry.ErrLost {
			t.Fatal(s.err)
		}
	}
	r.store.thaw()
	a.ask(1)
	if s := a.all()[0]; s.err != nil || s.service.ID == shown.ID {
		t.Error("the service is the lost one:", s.err)
	}
}

// More than may wait are turned away, and all others are answered.
func TestServicesAskedForAreBounded(t *testing.T) {
	r := newRouter(t, testConfig())
	a := r.asking()
	begun, release := r.store.hold()
	a.ask(0)
	<-begun
	n := 1
	for ; a.ask(n); n++ {
		if n > registry.AskedLimit {
			t.Fatal("no end")
		}
	}
	release()
	if answers := a.all(); len(answers) != n {
		t.Errorf("%d answers, want %d", len(answers), n)
	}
}

// What is asked for when the router stops is answered.
func TestServicesAtTheEnd(t *testing.T) {
	r := newRouter(t, testConfig())
	a := r.asking()
	begun, release := r.store.hold()
	a.ask(0)
	<-begun
	for i := range 2*registry.GroupSize + 1 {
		a.ask(1 + i)
	}
	closed := make(chan error)
	go func() { closed <- r.set.Close() }()
	<-r.set.closing
	release()
	a.all()
	if err := <-closed; err != nil {
		t.Error(err)
	}
	r.set = nil
}

// A store that is full takes no service, and still finds those that it has.
func TestFullStoreTakesNoService(t *testing.T) {
	r := newRouter(t, testConfig())
	a := r.asking()
	a.ask(1)
	made := a.all()[0]
	r.store.full.Store(true)
	a.ask(1)
	a.ask(2)
	for _, s := range a.all() {
		if s.number == 1 && (s.err != nil || s.service.ID != made.service.ID) || s.number == 2 && s.err != registry.ErrNoRoom {
			t.Error(s.number, s.err)
		}
	}
}

// SUBS reads the counts of a shard in one pass, however many partitions there are.
func TestSubsReadsOnePassAShard(t *testing.T) {
	r := newRouter(t, testConfig())
	c := r.connectService(1, smp.RoleMessaging)
	_, ids := c.newQueues(40)
	r.store.mu.Lock()
	before := r.store.passes
	r.store.mu.Unlock()
	wantSubs(t, c.subs(), ids...)
	r.store.mu.Lock()
	defer r.store.mu.Unlock()
	if n := r.store.passes - before; n != r.set.Len() {
		t.Errorf("%d passes with %d shards", n, r.set.Len())
	}
}
