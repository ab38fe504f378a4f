package box

import "testing"

// TestSuspects has a session that signs badly: with a wrong key, with no
// queue, and then well for long enough.
func TestSuspects(t *testing.T) {
	s, other := newSigner(t, Ed25519, 1), newSigner(t, Ed25519, 2)
	innocent := s.claim
	innocent.SessionID = filled(32, 'i')
	var v Verifier
	drain := func(bad func()) {
		v.Reset()
		v.Add(&s.claim, &s.pub)
		if bad != nil {
			bad()
		}
		v.Run()
		if !v.Ok(0) || bad != nil && v.Ok(1) {
			t.Error("wrong verdicts")
		}
	}
	for _, bad := range []func(){
		func() { v.Add(&s.claim, &other.pub) },
		func() { v.AddDummy(&s.claim) },
	} {
		if v.suspects.has(s.claim.SessionID) {
			t.Error("suspect without a reason")
		}
		drain(bad)
		for i := range suspectFor {
			if !v.suspects.has(s.claim.SessionID) {
				t.Fatalf("trusted again after %d good signatures", i)
			}
			drain(nil)
		}
	}
	if v.suspects.has(innocent.SessionID) {
		t.Error("the wrong session is suspect")
	}
}
