package engine

import "switchyard/box"

// forget overwrites the keys of a session that has ended; the shards have theirs to overwrite when they have done what is on
// its way (shard.Client.End).
func (s *session) forget() {
	s.tls.Forget()
	s.receive.Forget()
	s.send.Forget()
	proxied := s.proxied
	if s.handshake != nil {
		s.handshake.forget()
		proxied = s.handshake.agreed.proxied
	}
	if proxied != nil {
		clear(proxied[:])
	}
}

// forget overwrites what a handshake has made and the session has copies of, or does not need.
func (h *handshake) forget() {
	if h.key != nil {
		clear(h.key.secret[:])
	}
	h.agreed.receive, h.agreed.send = box.Chain{}, box.Chain{}
}
