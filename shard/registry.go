package shard

import (
	"errors"

	"switchyard/box"
	"switchyard/smp"
)

var (
	// ErrServiceRole says that a certificate belongs to a service of another role.
	ErrServiceRole = errors.New("shard: the service has another role")
	// ErrNoService says that Config.NewService lets no service be made now.
	ErrNoService = errors.New("shard: no service may be made now")
)

// Service finds the service that has an identity certificate, or makes it with a random ID that stays; key is that of the
// session at hand. It waits for the store, so event loops must not call it. The error is ErrServiceRole, ErrNoService or a
// failure of the store.
func (s *Set) Service(fingerprint *[32]byte, role smp.ServiceRole, key *box.PublicKey) (*Service, error) {
	r, found, err := s.store.Service(fingerprint)
	if err == nil && !found {
		r, err = s.newService(fingerprint, role)
	}
	switch {
	case err != nil:
		return nil, err
	case r.Role != role:
		return nil, ErrServiceRole
	}
	v := s.services.of(r.ID[:])
	return &Service{ID: r.ID, Role: role, Fingerprint: *fingerprint, Key: *key, shared: v}, nil
}

// newService stores a service, unless another connection of it was quicker.
func (s *Set) newService(fingerprint *[32]byte, role smp.ServiceRole) (ServiceRecord, error) {
	s.registering.Lock()
	defer s.registering.Unlock()
	r, found, err := s.store.Service(fingerprint)
	if found || err != nil {
		return r, err
	}
	if s.cfg.NewService != nil && !s.cfg.NewService() {
		return r, ErrNoService
	}
	r.Role = role
	s.random(r.ID[:])
	return r, s.store.PutService(fingerprint, r)
}
