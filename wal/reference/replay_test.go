package reference

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"switchyard/shard"
	"switchyard/shard/partition"
	"switchyard/smp"
	"switchyard/wal"
)

// Made-up values of lines.
func id(n byte) smp.ID { return smp.ID{n, 23: n} }

func text64(b []byte) string { return base64.URLEncoding.EncodeToString(b) }

func idBytes(n byte) []byte { v := id(n); return v[:] }

func idText64(n byte) string { v := id(n); return text64(v[:]) }

func keyText(n byte) string {
	return text64(append([]byte{0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0}, bytes.Repeat([]byte{n}, 32)...))
}

func secretText(n byte) string { return text64(bytes.Repeat([]byte{n}, 32)) }

// create is the line of a queue n, whose sender ID is n+100, with more fields.
func create(n byte, more string) string {
	return "CREATE rid=" + idText64(n) + " rk=" + keyText(n) + " rdh=" + secretText(n) + " sid=" + idText64(n+100) + " sk=" + more
}

func notifier(n byte) string { return idText64(n) + " " + keyText(n) + " " + secretText(n) }

func service(n byte, role string) string {
	return "NEW_SERVICE service_id=" + idText64(n) + " role=" + role + " cert= cert_hash=" + secretText(n) + " created_at=86400"
}

// stateOf writes the logs of a state.
func stateOf(t *testing.T, logs map[string][]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, lines := range logs {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// find looks a queue up.
func find(t *testing.T, s *wal.Store, kind shard.IDKind, id []byte) *shard.Loaded {
	t.Helper()
	l := []shard.Lookup{{Kind: kind, ID: id}}
	s.Load(l)
	if l[0].Err != nil {
		t.Fatal(l[0].Err)
	}
	return l[0].Found
}

// TestReplay has a log say of one queue whatever can be said, in and out of order, and looks at what is left of it.
func TestReplay(t *testing.T) {
	lsn := func(fixed, user string) string {
		return text64(idBytes(9)) + " " + text64([]byte(fixed)) + " " + text64([]byte(user))
	}
	q := idText64(1)
	for _, c := range []struct {
		name    string
		lines   []string // behind the first, which makes the queue
		first   string   // more fields of the first
		want    func(r *shard.Record) bool
		skipped []string // line and why
	}{
		{"old mode", nil, " sndSecure=T", func(r *shard.Record) bool { return r.Mode == shard.ModeMessaging }, nil},
		{"old contact", nil, " sndSecure=F", func(r *shard.Record) bool { return r.Mode == shard.ModeContact }, nil},
		{"no mode", nil, "", func(r *shard.Record) bool { return r.Mode == shard.ModeUnset }, nil},
		{"secured twice with one key", []string{"SECURE " + q + " " + keyText(5), "SECURE " + q + " " + keyText(5)}, "",
			func(r *shard.Record) bool { return bytes.Contains(r.SenderKey, []byte{5, 5, 5}) }, nil},
		{"secured with another key", []string{"SECURE " + q + " " + keyText(5), "SECURE " + q + " " + keyText(6)}, "",
			func(r *shard.Record) bool { return bytes.Contains(r.SenderKey, []byte{5, 5, 5}) }, []string{"3: " + errSecured.Error()}},
		{"suspended", []string{"SUSPEND " + q}, "", func(r *shard.Record) bool { return r.Status == shard.StatusOff }, nil},
		{"blocked and unblocked", []string{"BLOCK " + q + " reason=spam", "UNBLOCK " + q}, "",
			func(r *shard.Record) bool { return r.Status == shard.StatusActive && r.Blocked == nil }, nil},
		{"blocked with a notice", []string{`BLOCK ` + q + ` reason=content,notice={"ttl":86400}`}, "",
			func(r *shard.Record) bool { return string(r.Blocked) == `reason=content,notice={"ttl":86400}` }, nil},
		{"notice without quotes", nil, ` status=blocked,reason=content,notice={ttl:86400}`,
			func(r *shard.Record) bool { return string(r.Blocked) == `reason=content,notice={"ttl":86400}` }, nil},
		{"notice before a service", nil, ` status=blocked,reason=spam,notice={"ttl":5} rsrv=` + idText64(50),
			func(r *shard.Record) bool {
				return r.Status == shard.StatusBlocked && bytes.Equal(r.Service, idBytes(50))
			}, nil},
		{"used", []string{"TIME " + q + " 864000"}, " updated_at=86400", func(r *shard.Record) bool { return r.Updated == 10 }, nil},
		{"keys", []string{"KEYS " + q + " " + keyText(7) + "," + keyText(8)}, "",
			func(r *shard.Record) bool { return len(r.RecipientKeys) == 2 }, nil},
		{"link", []string{"LINK " + q + " " + lsn("a", "b"), "LINK " + q + " " + lsn("a", "c")}, "",
			func(r *shard.Record) bool { return bytes.Equal(r.LinkID, idBytes(9)) }, nil},
		{"fixed part of a link", []string{"LINK " + q + " " + lsn("a", "b"), "LINK " + q + " " + lsn("x", "c")}, "",
			func(r *shard.Record) bool { return bytes.Equal(r.LinkID, idBytes(9)) }, []string{"3: " + errLinked.Error()}},
		{"link deleted", []string{"LINK " + q + " " + lsn("a", "b"), "LDELETE " + q}, "",
			func(r *shard.Record) bool { return r.LinkID == nil }, nil},
		{"notifier of a service", []string{"NOTIFIER " + q + " " + notifier(3), "QUEUE_SERVICE " + q + " N " + idText64(51)}, "",
			func(r *shard.Record) bool {
				return r.Notifier.ID == id(3) && bytes.Equal(r.Notifier.Service, idBytes(51))
			}, nil},
		{"notifier replaced and deleted", []string{"NOTIFIER " + q + " " + notifier(4), "NDELETE " + q}, " notifier=" + notifier(3),
			func(r *shard.Record) bool { return r.Notifier == nil }, nil},
		{"service taken away", []string{"QUEUE_SERVICE " + q + " R "}, " rsrv=" + idText64(50),
			func(r *shard.Record) bool { return r.Service == nil }, nil},
		{"service nobody has", []string{"QUEUE_SERVICE " + q + " R " + idText64(77)}, "",
			func(r *shard.Record) bool { return r.Service == nil }, []string{"1: " + errNoService.Error()}},
		{"notifier service without a notifier", []string{"QUEUE_SERVICE " + q + " N " + idText64(51)}, "",
			func(r *shard.Record) bool { return r.Notifier == nil }, []string{"2: " + errNoNotify.Error()}},
		{"made twice", []string{create(1, " queue_mode=C")}, "",
			func(r *shard.Record) bool { return r.Mode == shard.ModeUnset }, []string{"2: " + errTwice.Error()}},
		{"deleted", []string{"DELETE " + q, "SUSPEND " + q, "SECURE " + q + " " + keyText(1)}, "", nil, nil},
		{"made anew", []string{"DELETE " + q, create(1, "")}, "", nil, []string{"3: " + errTwice.Error()}},
	} {
		t.Run(c.name, func(t *testing.T) {
			log := slices.Concat([]string{create(1, c.first)}, c.lines, []string{service(50, "M"), service(51, "N")})
			dir := stateOf(t, map[string][]string{StoreLogName: log})
			store, n, report, err := importDir(t, dir)
			if err != nil {
				t.Fatal(err)
			}
			one := id(1)
			found := find(t, store, shard.ByRecipient, one[:])
			switch {
			case c.want == nil && (found != nil || n.Deleted != 1):
				t.Error("the queue is there")
			case c.want != nil && (found == nil || !c.want(&found.Record)):
				t.Errorf("queue: %+v", found)
			}
			want := make([]string, 0, 1)
			for _, line := range c.skipped {
				want = append(want, filepath.Join(dir, StoreLogName)+":"+line)
			}
			if report != strings.Join(want, "\n") {
				t.Errorf("report:\n%s\nwant:\n%s", report, strings.Join(want, "\n"))
			}
		})
	}
}

// TestClashes has queues with IDs of others: the first one keeps them.
func TestClashes(t *testing.T) {
	same := func(n byte, more string) string {
		return strings.Replace(create(n, more), idText64(n+100), idText64(101), 1)
	}
	dir := stateOf(t, map[string][]string{StoreLogName: {
		create(1, " link_id="+idText64(90)+" queue_data=AA== AA== notifier="+notifier(80)),
		same(2, ""), create(3, " notifier="+notifier(80)), create(4, " link_id="+idText64(90)+" queue_data=AA== AA=="),
	}})
	store, n, report, err := importDir(t, dir)
	if err != nil || n.Queues != 3 {
		t.Fatalf("%+v, %v", n, err)
	}
	log := filepath.Join(dir, StoreLogName)
	want := fmt.Sprintf("%s:2: %v\n%s:3: %v\n%s:4: %v", log, errSenderTaken, log, errNotifierTaken, log, errLinkTaken)
	if report != want {
		t.Errorf("report:\n%s\nwant:\n%s", report, want)
	}
	for kind, n := range map[shard.IDKind]byte{shard.BySender: 101, shard.ByNotifier: 80, shard.ByLink: 90} {
		v := id(n)
		if q := find(t, store, kind, v[:]); q == nil || q.Record.RecipientID != id(1) {
			t.Errorf("ID kind %d leads to %+v", kind, q)
		}
	}
}

// TestServicesOfQueues compares counts and hashes with those of the queues, of both kinds of services, and has services that
// come twice.
func TestServicesOfQueues(t *testing.T) {
	log := []string{service(50, "M"), service(51, "N"), service(50, "M"),
		strings.Replace(service(52, "M"), secretText(52), secretText(50), 1), strings.Replace(service(51, "N"), secretText(51), secretText(99), 1)}
	var rcv, ntf shard.ServiceCount
	for n := byte(1); n <= 40; n++ {
		more := ""
		if n%2 == 0 {
			more = " notifier=" + notifier(n+150) + " nsrv=" + idText64(51)
			v := id(n + 150)
			ntf.Add(v[:])
		}
		if n%3 == 0 {
			more += " rsrv=" + idText64(50)
			v := id(n)
			rcv.Add(v[:])
		}
		log = append(log, create(n, more))
	}
	slices.Reverse(log[5:])
	dir := stateOf(t, map[string][]string{StoreLogName: log})
	store, n, report, err := importDir(t, dir)
	if err != nil || n.Services != 2 || n.Queues != 40 {
		t.Fatalf("%+v, %v", n, err)
	}
	name := filepath.Join(dir, StoreLogName)
	if want := fmt.Sprintf("%s:4: %v\n%s:5: %v", name, errServiceTwice, name, errServiceID); report != want {
		t.Errorf("report:\n%s\nwant:\n%s", report, want)
	}
	for n, want := range map[byte]shard.ServiceCount{50: rcv, 51: ntf} {
		var got shard.ServiceCount
		v := id(n)
		err := store.ServiceCounts(&v, 0, partition.Count-1, func(_ uint8, c shard.ServiceCount) {
			got.Count += c.Count
			for i := range got.Hash {
				got.Hash[i] ^= c.Hash[i]
			}
		})
		if err != nil || got != want {
			t.Errorf("service %d: %+v, %v, want %+v", n, got, err, want)
		}
		r, found, err := store.Service((*[32]byte)(bytes.Repeat([]byte{n}, 32)))
		if err != nil || !found || r.ID != v {
			t.Errorf("service %d: %+v, %v, %v", n, r, found, err)
		}
	}
}

// bodies reads what waits in a queue: the bodies, and "quota" for markers.
func bodies(t *testing.T, s *wal.Store, n byte) (all []string) {
	t.Helper()
	err := s.Scan(func(q *wal.Scanned) error {
		return q.Messages(func(h *shard.MessageHeader, sealed []byte) error {
			if q.Record.RecipientID != id(n) {
				return nil
			}
			if h.Kind == shard.KindQuota {
				all = append(all, "quota")
				return nil
			}
			m, ok := openBody(bytes.Clone(sealed), &h.ID, &q.Record.Secret)
			if !ok || m.Time != h.Time {
				t.Error("a message does not open")
			}
			all = append(all, string(m.Body))
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func message(queue, n byte, body string) string {
	return "v3 " + idText64(queue) + " " + idText64(n) + " 1000000 flags=T " + text64([]byte(body))
}

// TestMessageLogs reads messages in order and out of it, with lines that do not parse, of queues that are not there, without
// a body, and with quota markers within.
func TestMessageLogs(t *testing.T) {
	ordered := []string{
		message(1, 1, "a"), message(1, 2, ""), "v3 " + idText64(1) + " " + idText64(3) + " 1000000 quota", message(1, 4, "b"),
		"v3 nonsense", message(2, 1, "c"), message(3, 1, "nobody's"), message(2, 2, "d") + "=!",
		"v3 " + idText64(4) + " " + idText64(5) + " 1000000 " + text64([]byte("without flags")),
	}
	queues := []string{create(1, ""), create(2, ""), create(4, "")}
	for name, log := range map[string][]string{
		"in order":     ordered,
		"out of order": {ordered[8], ordered[5], ordered[0], ordered[6], ordered[1], ordered[4], ordered[2], ordered[7], ordered[3]},
	} {
		t.Run(name, func(t *testing.T) {
			dir := stateOf(t, map[string][]string{StoreLogName: queues, MessageLogName: log})
			store, n, report, err := importDir(t, dir)
			if err != nil || n.Messages != 6 {
				t.Fatalf("%+v, %v", n, err)
			}
			for queue, want := range map[byte][]string{1: {"a", "", "b", "quota"}, 2: {"c"}, 4: {"without flags"}} {
				if got := bodies(t, store, queue); !slices.Equal(got, want) {
					t.Errorf("queue %d has %q, want %q", queue, got, want)
				}
			}
			if strings.Count(report, "\n") != 2 || !strings.Contains(report, errNoQueue.Error()) || !strings.Contains(report, errBase64.Error()) {
				t.Errorf("report:\n%s", report)
			}
			first, nth := id(1), id(4)
			if q := find(t, store, shard.ByRecipient, first[:]); q.Messages != 4 || q.Last.Kind != shard.KindQuota {
				t.Errorf("the queue is not full: %+v", q)
			}
			if q := find(t, store, shard.ByRecipient, nth[:]); q.First.Seq != 1 || q.First.Notify {
				t.Errorf("%+v", q)
			}
		})
	}
}

// TestEmptyBodies imports a state with which the reference does not start again, and exports it so that it does.
func TestEmptyBodies(t *testing.T) {
	dir := filepath.Join(states(t), "smp-memory-empty-body", "var")
	store, n, report, err := importDir(t, dir)
	if err != nil || n.Messages != 173 || report != "" {
		t.Fatalf("%+v, %v, %s", n, err, report)
	}
	to := t.TempDir()
	e := &Export{Store: store, Dir: to, Time: 86400}
	out, err := e.Run()
	if err != nil || out.Messages != 172 || out.EmptyBodies != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	if _, n, report, err := importDir(t, to); err != nil || n.Messages != 172 || report != "" {
		t.Errorf("%+v, %v, %s", n, err, report)
	}
}
