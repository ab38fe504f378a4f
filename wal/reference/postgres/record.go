package postgres

import (
	"errors"
	"strings"

	"switchyard/box"
	"switchyard/shard"
	"switchyard/smp"
	"switchyard/wal/reference"
)

// Faults of rows. They tell of no content.
var (
	errID       = errors.New("an ID that is not of 24 bytes")
	errLink     = errors.New("a link ID that no command can have")
	errKey      = errors.New("a key that authorizes nothing")
	errSecret   = errors.New("a secret that is not of 32 bytes")
	errStatus   = errors.New("a status of a newer version")
	errMode     = errors.New("a queue mode of a newer version")
	errTime     = errors.New("a time that is none")
	errRole     = errors.New("a role of a newer version")
	errHash     = errors.New("a fingerprint that is not of 32 bytes")
	errChain    = errors.New("a certificate chain that is none")
	errBody     = errors.New("a message that is larger than any can be")
	errLinkData = errors.New("link data that is larger than any can be")
)

// serviceRow is a row of services.
type serviceRow struct {
	id          []byte
	role        string
	chain       []byte // count, and each certificate behind its length of two bytes
	fingerprint []byte
	created     int64
}

func (r *serviceRow) service() (*reference.Service, error) {
	s := &reference.Service{Created: r.created}
	switch {
	case len(r.id) != len(s.ID):
		return nil, errID
	case len(r.fingerprint) != len(s.Fingerprint):
		return nil, errHash
	}
	switch r.role {
	case "M", "N", "P":
		s.Role = smp.ServiceRole(r.role[0])
	default:
		return nil, errRole
	}
	var ok bool
	if s.Chain, ok = certificates(r.chain); !ok {
		return nil, errChain
	}
	s.ID, s.Fingerprint = smp.ID(r.id), [32]byte(r.fingerprint)
	return s, nil
}

func certificates(b []byte) (chain [][]byte, ok bool) {
	if len(b) == 0 {
		return nil, false
	}
	n, b := int(b[0]), b[1:]
	for range n {
		var der []byte
		if der, b, ok = smp.ParseLarge(b); !ok {
			return nil, false
		}
		chain = append(chain, der)
	}
	return chain, n > 0 && len(b) == 0
}

// queueRow is a row of msg_queues, whatever its version.
type queueRow struct {
	recipient, secret, sender, senderKey  []byte
	notifier, notifierKey, notifierSecret []byte
	status                                string
	updated                               *int64
	keys                                  []byte // count, and each key behind its length of one byte
	mode                                  *string
	link, fixed, user                     []byte
	service, notifierService              []byte
}

func (r *queueRow) queue() (*reference.Queue, error) {
	q := new(reference.Queue)
	rec := &q.Record
	if len(r.recipient) != len(rec.RecipientID) || len(r.sender) != len(rec.SenderID) {
		return nil, errID
	}
	if len(r.secret) != len(rec.Secret) {
		return nil, errSecret
	}
	rec.RecipientID, rec.SenderID, rec.Secret = smp.ID(r.recipient), smp.ID(r.sender), [32]byte(r.secret)
	if len(r.senderKey) > 0 {
		rec.SenderKey = r.senderKey
		if !authorizes(rec.SenderKey) {
			return nil, errKey
		}
	}
	for _, part := range []func(*reference.Queue) error{r.takeKeys, r.takeMode, r.takeStatus, r.takeTime, r.takeNotifier, r.takeLink, r.takeService} {
		if err := part(q); err != nil {
			return nil, err
		}
	}
	return q, nil
}

func authorizes(der []byte) bool {
	_, err := box.ParseAuthKey(der)
	return err == nil
}

func (r *queueRow) takeKeys(q *reference.Queue) error {
	if len(r.keys) == 0 {
		return errKey
	}
	n, b := int(r.keys[0]), r.keys[1:]
	for range n {
		der, rest, ok := smp.ParseShort(b)
		if !ok || !authorizes(der) {
			return errKey
		}
		q.Record.RecipientKeys, b = append(q.Record.RecipientKeys, der), rest
	}
	if n == 0 || len(b) > 0 {
		return errKey
	}
	return nil
}

func (r *queueRow) takeMode(q *reference.Queue) error {
	switch {
	case r.mode == nil:
	case *r.mode == "M":
		q.Record.Mode = shard.ModeMessaging
	case *r.mode == "C":
		q.Record.Mode = shard.ModeContact
	default:
		return errMode
	}
	return nil
}

func (r *queueRow) takeStatus(q *reference.Queue) (err error) {
	rec := &q.Record
	info, blocked := strings.CutPrefix(r.status, "blocked,")
	switch {
	case r.status == "active":
	case r.status == "off":
		rec.Status = shard.StatusOff
	case blocked:
		rec.Status = shard.StatusBlocked
		rec.Blocked, err = reference.CanonicalBlocking([]byte(info))
	default:
		err = errStatus
	}
	return err
}

const secondsOfDay = 86400

func (r *queueRow) takeTime(q *reference.Queue) error {
	if r.updated == nil {
		return nil
	}
	day := *r.updated / secondsOfDay
	if day < 0 || day > 1<<32-1 {
		return errTime
	}
	q.Record.Updated = uint32(day)
	return nil
}

// takeNotifier takes a notifier whose three columns are there: the reference takes less for none.
func (r *queueRow) takeNotifier(q *reference.Queue) error {
	if r.notifier == nil || r.notifierKey == nil || r.notifierSecret == nil {
		return nil
	}
	n := new(shard.Notifier)
	switch {
	case len(r.notifier) != len(n.ID):
		return errID
	case len(r.notifierSecret) != len(n.Secret):
		return errSecret
	case !authorizes(r.notifierKey):
		return errKey
	}
	n.ID, n.Secret, n.Key = smp.ID(r.notifier), [32]byte(r.notifierSecret), r.notifierKey
	if r.notifierService != nil {
		if len(r.notifierService) != len(smp.ID{}) {
			return errID
		}
		n.Service = r.notifierService
	}
	q.Record.Notifier = n
	return nil
}

// takeLink takes a link, whose data may be missing in part.
func (r *queueRow) takeLink(q *reference.Queue) error {
	switch {
	case r.link == nil:
		return nil
	case len(r.link) == 0 || len(r.link) > 255:
		return errLink
	case len(r.fixed)+len(r.user) > smp.BlockSize:
		return errLinkData
	}
	q.Record.LinkID = r.link
	q.Link = &shard.LinkData{Fixed: append([]byte{}, r.fixed...), User: append([]byte{}, r.user...)}
	return nil
}

func (r *queueRow) takeService(q *reference.Queue) error {
	switch {
	case r.service == nil:
	case len(r.service) != len(smp.ID{}):
		return errID
	default:
		q.Record.Service = r.service
	}
	return nil
}
