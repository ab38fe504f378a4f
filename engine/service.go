package engine

import (
	"slices"

	"switchyard/box"
	"switchyard/shard"
	"switchyard/smp"
	"switchyard/tls"
)

// A client with a TLS certificate may open a session of a service: its hello has the certificate again and a key for the
// session, signed with it, and we answer with the ID of the service, or why not, in a third block, which is plain. The
// service of a certificate is made when it comes for the first time, and stays.

// serviceClaim is what a client has proved to be: whose identity certificate it has, and the key of the session.
type serviceClaim struct {
	fingerprint [32]byte
	role        smp.ServiceRole
	key         box.PublicKey
}

// judgeService judges the service's part of the client's hello, on a worker; chain is what the client has shown in TLS. The
// error is what the client is told.
func judgeService(chain [][]byte, hello *smp.ServiceHello) (*serviceClaim, smp.TransportError) {
	same := func(a, b []byte) bool { return string(a) == string(b) }
	if len(chain) == 0 || len(chain) > 4 || !slices.EqualFunc(chain, hello.CertKey.Chain, same) {
		return nil, smp.TransportBadAuth
	}
	signed, err := box.ParseSignedKey(hello.CertKey.SignedKey)
	if err != nil || tls.VerifySignature(chain[0], signed.Signed, signed.Signature) != nil {
		return nil, smp.TransportBadAuth
	}
	key, err := box.ParseAuthKey(signed.SPKI)
	if err != nil || key.Alg() != box.Ed25519 {
		return nil, smp.TransportBadAuth
	}
	return &serviceClaim{fingerprint: tls.Fingerprint(tls.Identity(chain)), role: hello.Role, key: key}, 0
}

// findService has the shards find or make the service, which takes reads and a sync, and goes on with the handshake then. No
// worker waits for that.
func (s *session) findService(claim *serviceClaim) {
	if !s.loop.input {
		return
	}
	s.busy = true
	ok := s.loop.router.shards.Service(&claim.fingerprint, claim.role, &claim.key, func(service *shard.Service, err error) {
		s.loop.run(func() {
			s.busy = false
			if s.phase == phaseClosed {
				s.forget()
				return
			}
			s.handshake.agreed.admit(service, err)
			s.agreed()
		})
	})
	if !ok {
		s.busy = false
		s.drop(CauseBusy)
	}
}

// admit takes what the shards say of the service.
func (a *agreed) admit(service *shard.Service, err error) {
	fault := smp.TransportError(0)
	if err != nil {
		fault = smp.TransportBadService
	}
	a.claim, a.service, a.ok = nil, service, err == nil
	a.reply = answerService(service, fault)
}

// answerService makes the third block, padded.
func answerService(service *shard.Service, fault smp.TransportError) []byte {
	reply := smp.ServiceReply{Err: fault}
	if service != nil {
		reply.ServiceID = service.ID[:]
	}
	block, err := box.Pad(nil, smp.AppendServiceReply(nil, reply), smp.BlockSize)
	if err != nil {
		panic("engine: reply larger than a block")
	}
	return block
}

// refused answers a command that the role of a service does not let it give, of those that no shard sees; it says
// whether it did.
func (s *session) refused(tag smp.CommandTag, t *smp.Transmission) bool {
	if s.client.Service == nil || s.client.Service.May(tag) {
		return false
	}
	switch tag {
	case smp.CmdPrxy, smp.CmdPfwd, smp.CmdRfwd:
		s.replyError(t.CorrID, t.EntityID, smp.ErrCmdProhibited)
		return true
	}
	return false // shards look for the queue first
}
