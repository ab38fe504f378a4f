package router

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/http"

	"switchyard/box"
	"switchyard/xftp"
	"switchyard/xftp/packets"
)

// command carries out one command. Everything but the packet of FILE goes into one block; that is what is returned.
func (r *Router) command(s *session, body *transfer, q *http.Request, block []byte) (send func() error) {
	t, c, fault := xftp.ParseRequest(s.id, block)
	if !fault.IsZero() {
		r.respond(s, body, &t, &xftp.Response{Tag: xftp.ERR, Err: fault})
		return nil
	}
	// The block's buffer is used again by uploads: what is needed after them are copies.
	x := &exchange{router: r, session: s, body: body, q: q, t: t, c: c}
	x.corr, x.entity = append([]byte(nil), t.CorrID...), append([]byte(nil), t.EntityID...)
	x.block = block[:cap(block)]
	response, ok := x.run()
	x.t = xftp.Transmission{CorrID: x.corr, EntityID: x.entity}
	if ok {
		r.respond(s, body, &x.t, &response)
	}
	x.block = nil
	return x.send
}

// respond writes the block of a response.
func (r *Router) respond(s *session, body *transfer, t *xftp.Transmission, response *xftp.Response) {
	body.Write(responseBlock(s, t, response))
}

func responseBlock(s *session, t *xftp.Transmission, response *xftp.Response) []byte {
	s.mu.Lock()
	version := s.version
	s.mu.Unlock()
	signed := xftp.AppendSigned(nil, s.id, t.CorrID, t.EntityID, xftp.AppendResponse(nil, version, response))
	block, err := xftp.AppendBlock(nil, nil, signed)
	if err != nil {
		panic("router: a response larger than a block")
	}
	return block
}

// exchange is one command under way.
type exchange struct {
	router  *Router
	session *session
	body    *transfer
	q       *http.Request
	t       xftp.Transmission
	c       xftp.Command

	corr, entity []byte
	block        []byte // the buffer of the request's block, which uploads use

	sender packets.ID // after authorize
	record packets.Record

	send func() error // after download
}

func failed(e xftp.Error) (xftp.Response, bool) { return xftp.Response{Tag: xftp.ERR, Err: e}, true }

var done = xftp.Response{Tag: xftp.OK}

// run returns the response; ok is false when it has been written already.
func (x *exchange) run() (response xftp.Response, ok bool) {
	switch x.c.Tag {
	case xftp.PING:
		return xftp.Response{Tag: xftp.PONG}, true
	case xftp.FNEW:
		return x.create()
	}
	if fault := x.authorize(); !fault.IsZero() {
		return failed(fault)
	}
	switch x.c.Tag {
	case xftp.FADD:
		return x.add()
	case xftp.FPUT:
		return x.upload()
	case xftp.FGET:
		return x.download()
	case xftp.FACK:
		return x.acknowledge()
	default:
		return x.delete()
	}
}

// authorize finds the packet and verifies the authorization. An ID that is not there costs what a wrong signature
// costs. BLOCKED is told to whoever knows an ID.
func (x *exchange) authorize() xftp.Error {
	id, known := packets.ParseID(x.t.EntityID)
	var key box.PublicKey
	err := packets.ErrNotFound
	switch {
	case known && x.c.Tag.Recipient():
		x.sender, key, x.record, err = x.router.store.Access(id)
	case known:
		x.sender = id
		if x.record, err = x.router.store.Packet(id); err == nil {
			key = x.record.Sender
		}
	}
	switch {
	case errors.Is(err, packets.ErrNotFound):
		x.verify(nil)
		return xftp.ErrAuth
	case err != nil:
		x.router.cfg.Log.Error("cannot read a record", "cause", cause(err))
		return xftp.ErrInternal
	case x.record.Status == packets.Blocked:
		if blocked, ok := xftp.ParseBlockingInfo(x.record.Blocking); ok {
			return blocked
		}
		return xftp.ErrAuth
	case x.record.Status != packets.Active:
		return xftp.ErrAuth
	case !x.verify(&key):
		return xftp.ErrAuth
	}
	return xftp.Error{}
}

// verify verifies the authorization with key, or without one does the same work in vain.
func (x *exchange) verify(key *box.PublicKey) bool {
	v := x.router.verifiers.Get().(*box.Verifier)
	defer x.router.verifiers.Put(v)
	v.Reset()
	claim := x.t.Claim(x.session.sessionKeyOf())
	if key == nil {
		v.AddDummy(&claim)
	} else {
		v.Add(&claim, key)
	}
	v.Run()
	ok := v.Ok(0)
	v.Reset()
	return ok
}

func newID() (id packets.ID) {
	rand.Read(id[:])
	return id
}

func (x *exchange) recipients() (access []packets.Recipient, ids [][]byte) {
	for _, key := range x.c.Recipients {
		id := newID()
		access = append(access, packets.Recipient{ID: id, Key: key})
		ids = append(ids, id[:])
	}
	return access, ids
}

func (x *exchange) create() (xftp.Response, bool) {
	now := x.router.settings.Load()
	authorized := x.verify(&x.c.SenderKey)
	right := now.Password == "" || subtle.ConstantTimeCompare([]byte(now.Password), x.c.Password) == 1
	if !authorized || !now.NewFiles || !right {
		return failed(xftp.ErrAuth)
	}
	if !xftp.ValidSize(x.c.Size) {
		return failed(xftp.ErrSize)
	}
	id := newID()
	access, ids := x.recipients()
	digest := append([]byte(nil), x.c.Digest...)
	err := x.router.store.Create(id, packets.Record{Sender: x.c.SenderKey, Size: x.c.Size, Digest: digest}, access)
	if err != nil {
		return x.broken(err)
	}
	x.router.Stats.Created.Add(1)
	x.router.Stats.Recipients.Add(int64(len(ids)))
	return xftp.Response{Tag: xftp.SIDS, SenderID: id[:], RecipientIDs: ids}, true
}

func (x *exchange) add() (xftp.Response, bool) {
	access, ids := x.recipients()
	if err := x.router.store.AddRecipients(x.sender, access); err != nil {
		return x.broken(err)
	}
	x.router.Stats.Recipients.Add(int64(len(ids)))
	return xftp.Response{Tag: xftp.RIDS, RecipientIDs: ids}, true
}

func (x *exchange) acknowledge() (xftp.Response, bool) {
	id, _ := packets.ParseID(x.t.EntityID)
	if err := x.router.store.RemoveRecipient(x.sender, id); err != nil {
		return x.broken(err)
	}
	x.router.Stats.Acks.Add(1)
	return done, true
}

func (x *exchange) delete() (xftp.Response, bool) {
	if err := x.router.store.Delete(x.q.Context(), x.sender); err != nil {
		return x.broken(err)
	}
	x.router.Stats.Deleted.Add(1)
	return done, true
}

// broken answers a failure of the store: a packet that was deleted meanwhile, or a disk that is full or fails.
func (x *exchange) broken(err error) (xftp.Response, bool) {
	switch {
	case errors.Is(err, packets.ErrNotFound), errors.Is(err, packets.ErrGone):
		return failed(xftp.ErrAuth)
	case errors.Is(err, packets.ErrQuota):
		return failed(xftp.ErrQuota)
	case packets.Told(err):
		return failed(xftp.ErrFileIO)
	}
	x.router.cfg.Log.Error("the store failed", "command", x.c.Tag.String(), "cause", cause(err))
	return failed(xftp.ErrFileIO)
}
