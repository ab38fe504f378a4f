package reference

import (
	"switchyard/shard"
	"switchyard/smp"
)

// A line of the store log is a tag and fields, one space apart (facts: ntf-and-ops, B3.1). All but those of services name a queue
// by its recipient ID.

// logKind is the kind of a line.
type logKind uint8

const (
	logUnknown logKind = iota
	logCreate
	logLink
	logDeleteLink
	logSecure
	logKeys
	logNotifier
	logDeleteNotifier
	logSuspend
	logBlock
	logUnblock
	logDelete
	logTime
	logNewService
	logQueueService
)

var logTags = [...]string{
	logCreate: "CREATE", logLink: "LINK", logDeleteLink: "LDELETE", logSecure: "SECURE", logKeys: "KEYS",
	logNotifier: "NOTIFIER", logDeleteNotifier: "NDELETE", logSuspend: "SUSPEND", logBlock: "BLOCK",
	logUnblock: "UNBLOCK", logDelete: "DELETE", logTime: "TIME", logNewService: "NEW_SERVICE",
	logQueueService: "QUEUE_SERVICE",
}

var logKinds = func() map[string]logKind {
	m := make(map[string]logKind)
	for kind, tag := range logTags {
		if tag != "" {
			m[tag] = logKind(kind)
		}
	}
	return m
}()

// logRecord is a line, parsed. Which fields it has depends on its kind.
type logRecord struct {
	kind      logKind
	queue     smp.ID
	created   *Queue          // logCreate
	link      *shard.LinkData // logLink
	linkID    []byte
	key       []byte // logSecure
	keys      [][]byte
	notifier  *shard.Notifier
	blocked   []byte
	day       uint32
	party     byte     // logQueueService: R or N
	serviceID []byte   // logQueueService: nil removes it
	service   *Service // logNewService
}

// logHead parses kind and recipient ID alone.
func logHead(line []byte) (kind logKind, queue smp.ID, err error) {
	t := text{b: line}
	if kind = logKinds[string(t.word())]; kind == logUnknown {
		return kind, queue, errKind
	}
	if kind == logNewService {
		return kind, queue, nil
	}
	if kind == logCreate {
		t.field("rid=")
	}
	queue = t.id()
	return kind, queue, t.err
}

func parseLogLine(line []byte) (r logRecord, err error) {
	t := text{b: line}
	r.kind = logKinds[string(t.word())]
	switch r.kind {
	case logUnknown:
		return r, errKind
	case logNewService:
		r.service = t.service()
		t.end()
		return r, t.err
	case logCreate:
		r.created = t.create()
		r.queue = r.created.Record.RecipientID
		t.end()
		return r, t.err
	}
	r.queue = t.id()
	switch r.kind {
	case logLink:
		r.linkID = t.short()
		r.link = t.linkData()
	case logSecure:
		r.key = t.key(t.word())
	case logKeys:
		r.keys = t.keys()
	case logNotifier:
		r.notifier = t.notifier()
	case logBlock:
		r.blocked = t.blocking()
	case logTime:
		r.day = t.day()
	case logQueueService:
		r.party, r.serviceID = t.association()
	}
	t.end()
	return r, t.err
}

// create takes the fields of CREATE. Those that may be missing are taken in any order.
func (t *text) create() *Queue {
	q := new(Queue)
	r := &q.Record
	t.field("rid=")
	r.RecipientID = t.id()
	t.field("rk=")
	r.RecipientKeys = t.keys()
	t.field("rdh=")
	r.Secret = t.secret()
	t.field("sid=")
	r.SenderID = t.id()
	t.field("sk=")
	if w := t.word(); len(w) > 0 {
		r.SenderKey = t.key(w)
	}
	for t.err == nil && len(t.b) > 0 {
		t.createOption(q)
	}
	if t.err == nil && (q.Link == nil) != (r.LinkID == nil) {
		t.fail(errField)
	}
	return q
}

func (t *text) createOption(q *Queue) {
	r := &q.Record
	switch {
	case t.has("queue_mode="):
		switch string(t.word()) {
		case "M":
			r.Mode = shard.ModeMessaging
		case "C":
			r.Mode = shard.ModeContact
		default:
			t.fail(errField)
		}
	case t.has("sndSecure="): // of old versions
		if r.Mode = shard.ModeContact; t.flag(t.word()) {
			r.Mode = shard.ModeMessaging
		}
	case t.has("link_id="):
		r.LinkID = t.short()
	case t.has("queue_data="):
		q.Link = t.linkData()
	case t.has("notifier="):
		r.Notifier = t.notifier()
	case t.has("updated_at="):
		r.Updated = t.day()
	case t.has("status=blocked,"):
		r.Status, r.Blocked = shard.StatusBlocked, t.blocking()
	case t.has("status="):
		switch string(t.word()) {
		case "active":
		case "off":
			r.Status = shard.StatusOff
		default:
			t.fail(errField)
		}
	case t.has("rsrv="):
		id := t.id()
		r.Service = id[:]
	default:
		t.fail(errField)
	}
}

func (t *text) flag(w []byte) bool {
	if len(w) == 0 || w[0] != 'T' && w[0] != 'F' {
		t.fail(errFlag)
		return false
	}
	return w[0] == 'T'
}

// linkData takes the two parts of link data. The reference does not read empty ones; a database may have some.
func (t *text) linkData() *shard.LinkData {
	return &shard.LinkData{Fixed: t.decode(t.word()), User: t.decode(t.word())}
}

func (t *text) notifier() *shard.Notifier {
	n := new(shard.Notifier)
	n.ID = t.id()
	n.Key = t.key(t.word())
	n.Secret = t.secret()
	if t.has("nsrv=") {
		id := t.id()
		n.Service = id[:]
	}
	return n
}

// association takes the party and the service of a queue, which is empty when it loses its service.
func (t *text) association() (party byte, service []byte) {
	w := t.word()
	if len(w) != 1 || w[0] != 'R' && w[0] != 'N' {
		t.fail(errField)
		return 0, nil
	}
	if len(t.b) == 0 {
		return w[0], nil
	}
	id := t.id()
	return w[0], id[:]
}

func (t *text) service() *Service {
	s := new(Service)
	t.field("service_id=")
	s.ID = t.id()
	t.field("role=")
	w := t.word()
	if len(w) == 1 {
		s.Role = smp.ServiceRole(w[0])
	}
	if s.Role != smp.RoleMessaging && s.Role != smp.RoleNotifier && s.Role != smp.RoleProxy {
		t.fail(errField)
	}
	t.field("cert=")
	s.Chain = t.chain()
	t.field("cert_hash=")
	s.Fingerprint = t.secret()
	t.field("created_at=")
	s.Created = t.number()
	return s
}

// chain takes a list of certificates, which may be empty.
func (t *text) chain() (chain [][]byte) {
	w := t.word()
	for len(w) > 0 && t.err == nil {
		i := 0
		for i < len(w) && w[i] != ',' {
			i++
		}
		if i == 0 {
			t.fail(errField)
		}
		chain = append(chain, t.decode(w[:i]))
		w = w[min(i+1, len(w)):]
	}
	return chain
}
