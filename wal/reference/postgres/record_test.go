package postgres

import (
	"bytes"
	"testing"

	"switchyard/smp"
)

// ed25519 is a key that authorizes.
var ed25519 = append([]byte("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"), bytes.Repeat([]byte{7}, 32)...)

func text(s string) *string { return &s }

func number(n int64) *int64 { return &n }

// TestRowsThatSayNothing leaves out rows that no router can have written, each for its reason.
func TestRowsThatSayNothing(t *testing.T) {
	id := bytes.Repeat([]byte{1}, len(smp.ID{}))
	keys := append([]byte{1, byte(len(ed25519))}, ed25519...)
	for _, c := range []struct {
		name   string
		change func(*queueRow)
		want   error
	}{
		{"nothing", func(*queueRow) {}, nil},
		{"no keys", func(r *queueRow) { r.keys = []byte{0} }, errKey},
		{"a key that is cut off", func(r *queueRow) { r.keys = keys[:len(keys)-1] }, errKey},
		{"more than the keys", func(r *queueRow) { r.keys = append(keys[:len(keys):len(keys)], 0) }, errKey},
		{"no key at all", func(r *queueRow) { r.keys = nil }, errKey},
		{"the sender's key", func(r *queueRow) { r.senderKey = id }, errKey},
		{"the recipient's ID", func(r *queueRow) { r.recipient = id[1:] }, errID},
		{"the sender's ID", func(r *queueRow) { r.sender = nil }, errID},
		{"the secret", func(r *queueRow) { r.secret = id }, errSecret},
		{"the status", func(r *queueRow) { r.status = "frozen" }, errStatus},
		{"the mode", func(r *queueRow) { r.mode = text("X") }, errMode},
		{"the time", func(r *queueRow) { r.updated = number(-secondsOfDay) }, errTime},
		{"the notifier's ID", func(r *queueRow) { r.notifier, r.notifierKey, r.notifierSecret = id[1:], ed25519, ed25519[12:] }, errID},
		{"the notifier's key", func(r *queueRow) { r.notifier, r.notifierKey, r.notifierSecret = id, id, ed25519[12:] }, errKey},
		{"the notifier's secret", func(r *queueRow) { r.notifier, r.notifierKey, r.notifierSecret = id, ed25519, id }, errSecret},
		{"half a notifier", func(r *queueRow) { r.notifier = id }, nil},
		{"the notifier's service", func(r *queueRow) {
			r.notifier, r.notifierKey, r.notifierSecret, r.notifierService = id, ed25519, ed25519[12:], id[1:]
		}, errID},
		{"an empty link ID", func(r *queueRow) { r.link = []byte{} }, errLink},
		{"a link without data", func(r *queueRow) { r.link = id }, nil},
		{"the data of a link", func(r *queueRow) { r.link, r.user = id, make([]byte, smp.BlockSize+1) }, errLinkData},
		{"the service", func(r *queueRow) { r.service = id[1:] }, errID},
	} {
		r := queueRow{recipient: id, sender: id, secret: ed25519[12:], keys: keys, status: "active"}
		c.change(&r)
		if _, err := r.queue(); err != c.want {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	for _, status := range []string{"blocked,reason=content,notice={ttl:86400}", `blocked,reason=content,notice={"ttl":86400}`} {
		r := queueRow{recipient: id, sender: id, secret: ed25519[12:], keys: keys, status: status}
		if q, err := r.queue(); err != nil || string(q.Record.Blocked) != `reason=content,notice={"ttl":86400}` {
			t.Errorf("%s: %v, %+v", status, err, q)
		}
	}
	r := queueRow{recipient: id, sender: id, secret: ed25519[12:], keys: keys, status: "blocked,reason="}
	if _, err := r.queue(); err == nil {
		t.Error("a blocked queue without a reason is taken over")
	}
}

// TestServicesThatSayNothing does the same with services.
func TestServicesThatSayNothing(t *testing.T) {
	id := bytes.Repeat([]byte{1}, len(smp.ID{}))
	chain := []byte("\x01\x00\x03abc")
	for _, c := range []struct {
		name   string
		change func(*serviceRow)
		want   error
	}{
		{"nothing", func(*serviceRow) {}, nil},
		{"the ID", func(r *serviceRow) { r.id = id[1:] }, errID},
		{"the role", func(r *serviceRow) { r.role = "X" }, errRole},
		{"the fingerprint", func(r *serviceRow) { r.fingerprint = id }, errHash},
		{"no chain", func(r *serviceRow) { r.chain = nil }, errChain},
		{"an empty chain", func(r *serviceRow) { r.chain = []byte{0} }, errChain},
		{"a chain that is cut off", func(r *serviceRow) { r.chain = chain[:4] }, errChain},
	} {
		r := serviceRow{id: id, role: "N", chain: chain, fingerprint: ed25519[12:]}
		c.change(&r)
		if _, err := r.service(); err != c.want {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// FuzzRow takes rows of any content without a panic.
func FuzzRow(f *testing.F) {
	f.Add(append([]byte{1, byte(len(ed25519))}, ed25519...), "blocked,reason=spam", []byte("\x01\x00\x03abc"))
	f.Fuzz(func(t *testing.T, keys []byte, status string, chain []byte) {
		id := make([]byte, len(smp.ID{}))
		r := queueRow{recipient: id, sender: id, secret: ed25519[12:], keys: keys, status: status}
		if q, err := r.queue(); err == nil && len(q.Record.RecipientKeys) == 0 {
			t.Error("a queue without a key")
		}
		if all, ok := certificates(chain); ok && len(all) == 0 {
			t.Error("a chain without a certificate")
		}
	})
}
