package box

import "hash/maphash"

// suspects remembers sessions whose signatures were bad lately. A bad
// signature makes its batch fail, and then all signatures of the batch are
// verified again; so those of suspects are kept out of the batches. A session thus
// spoils one batch, and another only after suspectFor good signatures.
//
// It has a fixed number of places; a new suspect takes the place of an older one.
type suspects struct {
	seed   maphash.Seed
	places []suspect
}

type suspect struct {
	session uint64 // hash of the session ID
	left    uint8  // good signatures until it is trusted again
}

const (
	suspectPlaces = 1024
	suspectFor    = 64
)

func (s *suspects) place(sessionID []byte) (*suspect, uint64) {
	if s.places == nil {
		s.seed, s.places = maphash.MakeSeed(), make([]suspect, suspectPlaces)
	}
	h := maphash.Bytes(s.seed, sessionID)
	return &s.places[h%suspectPlaces], h
}

// has tells whether the session is under suspicion.
func (s *suspects) has(sessionID []byte) bool {
	p, h := s.place(sessionID)
	return p.session == h && p.left > 0
}

// note takes the outcome of one of the session's signatures.
func (s *suspects) note(sessionID []byte, good bool) {
	p, h := s.place(sessionID)
	switch {
	case !good:
		*p = suspect{session: h, left: suspectFor}
	case p.session == h && p.left > 0:
		p.left--
	}
}
