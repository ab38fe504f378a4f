package control

import (
	"crypto/sha256"
	"crypto/subtle"
	"time"
)

// passwords are those of the two roles, hashed so that they are compared in constant time whatever their length.
type passwords struct{ admin, user secret }

type secret struct {
	there bool // without a password nobody has the role
	hash  [sha256.Size]byte
}

func newSecret(password string) secret {
	return secret{there: password != "", hash: sha256.Sum256([]byte(password))}
}

func (s *secret) is(hash *[sha256.Size]byte) bool {
	return subtle.ConstantTimeCompare(s.hash[:], hash[:]) == 1 && s.there
}

// SetPasswords replaces the passwords by those of the settings. Sessions keep the role that they have.
func (s *Server) SetPasswords(settings Settings) {
	s.passwords.Store(&passwords{admin: newSecret(settings.Admin), user: newSecret(settings.User)})
}

// roleOf is the role that a password gives. The administrator's is compared first, and both always.
func (s *Server) roleOf(password string) Role {
	p, hash := s.passwords.Load(), sha256.Sum256([]byte(password))
	admin, user := p.admin.is(&hash), p.user.is(&hash)
	switch {
	case admin:
		return Admin
	case user:
		return User
	}
	return None
}

// auth gives a role to a session that has none. A password that gives none waits, so that guessing takes its time; other
// sessions do not.
func (s *session) auth(password string) {
	role := s.server.roleOf(password)
	if role == None {
		s.server.cfg.Log.Warn("a wrong password on the control port")
		s.pause(s.server.cfg.Punishment)
	}
	if s.role == None {
		s.role = role
	}
	answer := "Current role is " + s.role.String()
	if s.role != role {
		answer += ", start new session to change."
	}
	s.call().Line("%s", answer)
}

// pause waits, or until the server stops.
func (s *session) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.server.ctx.Done():
	}
}
