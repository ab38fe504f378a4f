package engine

import (
	"sync"

	"switchyard/box"
	"switchyard/shard"
	"switchyard/smp"
)

// This file is the destination's part of forwarding: a proxy sends RFWD, and gets RRES. Two boxes lie around the
// command and around its response:
//
//	outer   secret of the proxy's hello key and ours      nonce corrID of RFWD             hides IDs from who reads TLS
//	inner   secret of the sender's key and our hello key  nonce corrID of the sender       hides all from the proxy
//
// The boxes of the response have the same secrets, and the nonces reversed.

// forwarded is a command that came inside RFWD, until its response is sealed. It belongs to the session's loop, and in
// between lies in the shard's command untouched.
type forwarded struct {
	shard.Forward
	subkey [32]byte // of the inner boxes
	ids    []byte   // corrID of RFWD, and behind it the sender's
	outer  int      // length of the first
}

var forwardeds = sync.Pool{New: func() any {
	f := new(forwarded)
	f.Forward.Owner = f
	return f
}}

// done is the end of it.
func (f *forwarded) done() {
	clear(f.subkey[:])
	forwardeds.Put(f)
}

func (f *forwarded) proxyCorrID() []byte  { return f.ids[:f.outer] }
func (f *forwarded) senderCorrID() []byte { return f.ids[f.outer:] }

// takeForwarded opens RFWD and hands its command to the shards, or answers the error. box is a part of b and is opened
// in place.
func (s *session) takeForwarded(b *shard.Buffer, corrID, sealed []byte) {
	f := forwardeds.Get().(*forwarded)
	content, err := s.openForwarded(f, corrID, sealed)
	if err.IsZero() {
		err = s.dispatchForwarded(f, b, content)
	}
	if !err.IsZero() {
		f.done()
		s.replyError(corrID, nil, err)
	}
}

// openForwarded opens both boxes and returns what the sender sent.
func (s *session) openForwarded(f *forwarded, corrID, sealed []byte) ([]byte, smp.Error) {
	if s.proxied == nil {
		return nil, smp.ErrBrokerTransport(smp.TransportNoAuth)
	}
	var nonce [box.NonceSize]byte
	box.FitNonce(&nonce, corrID)
	plain, ok := box.Open(sealed, &nonce, s.proxied)
	if !ok {
		return nil, smp.ErrCrypto
	}
	senderCorrID, p, ok := smp.ParseForwarded(plain)
	if !ok {
		return nil, smp.ErrCmdSyntax
	}
	key, err := box.ParseX25519(p.Key)
	if err != nil {
		return nil, smp.ErrCmdSyntax
	}
	f.Version = p.Version
	f.ids = append(append(f.ids[:0], corrID...), senderCorrID...)
	f.outer = len(corrID)
	var shared [32]byte
	_ = box.DH(&shared, &s.client.SecretKey, &key) // the reference takes keys of low order too
	box.Precompute(&f.subkey, &shared)
	clear(shared[:])
	box.FitNonce(&nonce, senderCorrID)
	content, ok := box.OpenUsed(p.Encrypted, &nonce, &f.subkey)
	if !ok {
		return nil, smp.ErrCrypto
	}
	return content, smp.Error{}
}

// dispatchForwarded routes the command in content, which is a part of b. The error is for the proxy; what the sender
// has done wrong it learns inside the boxes.
func (s *session) dispatchForwarded(f *forwarded, b *shard.Buffer, content []byte) smp.Error {
	batch, ok := smp.ParseBatch(content)
	if !ok {
		s.refuseForwarded(f, nil, nil, smp.ErrBlock)
		return smp.Error{}
	}
	if batch.Len() != 1 {
		return smp.ErrBlock
	}
	t, _ := batch.Next()
	tr, err := smp.ParseTransmission(f.Version, s.client.SessionID, t)
	var tag smp.CommandTag
	var params []byte
	if err.IsZero() {
		tag, params, err = smp.ParseCommand(f.Version, tr.Command)
	}
	if err.IsZero() {
		err = smp.CheckCredentials(tag, len(tr.Auth) > 0, len(tr.EntityID) > 0)
	}
	if err.IsZero() && !forwardable(tag) {
		err = smp.ErrCmdProhibited
	}
	if err.IsZero() {
		s.route(b, shard.Command{Transmission: tr, Tag: tag, Params: params, Forward: &f.Forward})
	} else {
		s.refuseForwarded(f, tr.CorrID, tr.EntityID, err)
	}
	return smp.Error{}
}

// forwardable tells the commands that may come by way of a proxy.
func forwardable(tag smp.CommandTag) bool {
	switch tag {
	case smp.CmdSend, smp.CmdSKey, smp.CmdLKey, smp.CmdLGet:
		return true
	}
	return false
}

// refuseForwarded answers a command inside RFWD that reaches no shard.
func (s *session) refuseForwarded(f *forwarded, corrID, entityID []byte, err smp.Error) {
	head := smp.AppendResponseHeader(nil, f.Version, s.client.SessionID, corrID, entityID)
	s.answerForwarded(f, smp.AppendErr(head, f.Version, err))
}

// answerForwarded seals the response to a forwarded command for its sender, then for the proxy, and is done with f.
func (s *session) answerForwarded(f *forwarded, response []byte) {
	defer f.done()
	if s.phase != phaseOpen {
		return
	}
	b := shard.NewBuffer(smp.BlockSize)
	defer b.Release()
	head := smp.AppendResponseHeader(b.Data[:0], s.version(), s.client.SessionID, f.proxyCorrID(), nil)
	head = smp.AppendRRes(head, nil)
	n := len(head)
	plain := smp.AppendForwardedResponse(b.Data[:n+box.TagSize], f.senderCorrID(), nil)
	inner := len(plain)
	end := inner + smp.ForwardedEnvelope
	if 2+end > smp.BatchLimit {
		s.replyError(f.proxyCorrID(), nil, smp.ErrBlock)
		return
	}
	padded := b.Data[inner+box.TagSize : end]
	content := smp.AppendBatch(padded[:2], response)
	if box.PadInPlace(padded, len(content)-2) != nil {
		s.replyError(f.proxyCorrID(), nil, smp.ErrBlock)
		return
	}
	var nonce [box.NonceSize]byte
	box.FitNonce(&nonce, f.senderCorrID())
	box.ReverseNonce(&nonce, &nonce)
	box.Seal(b.Data[inner:end], &nonce, &f.subkey)
	box.FitNonce(&nonce, f.proxyCorrID())
	box.ReverseNonce(&nonce, &nonce)
	box.Seal(b.Data[n:end], &nonce, s.proxied)
	s.loop.tally.forwarded.Add(1)
	s.reply(b.Data[:end], nil)
}
