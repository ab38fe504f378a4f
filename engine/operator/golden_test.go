package operator

import (
	"compress/gzip"
	"context"
	"encoding/hex"
	"encoding/json"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/engine"
	"switchyard/server/control"
	"switchyard/server/control/controltest"
	"switchyard/shard"
	"switchyard/smp"
	"switchyard/tls"
	"switchyard/wal"
)

// storedQueue is one of testdata/queues.json.gz.
type storedQueue struct {
	Recipient, Sender, Link, Mode, State, Blocking string
	Messages                                       int
}

// anyKey is an Ed25519 key: nothing is authorized in these tests.
var anyKey = append([]byte("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"), make([]byte, 32)...)

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// lastUse is the day of all queues.
const lastUse = 1795305600 / (24 * 60 * 60)

// stored reads the queues.
func stored(t testing.TB) (all []storedQueue) {
	t.Helper()
	f, err := os.Open("testdata/queues.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(z).Decode(&all); err != nil {
		t.Fatal(err)
	}
	return all
}

// linkOf is the link ID of the queue with this sender ID.
func linkOf(t testing.TB, sender []byte) []byte {
	for _, q := range stored(t) {
		if q.Sender == hex.EncodeToString(sender) {
			return unhex(t, q.Link)
		}
	}
	t.Fatal("no queue has the sender ID")
	return nil
}

// fill stores the queues.
func fill(t testing.TB, store *wal.Store) {
	t.Helper()
	tx := store.Begin(store.Epoch())
	for _, q := range stored(t) {
		if q.State == "deleted" {
			continue
		}
		r := shard.Record{
			RecipientID: smp.ID(unhex(t, q.Recipient)), SenderID: smp.ID(unhex(t, q.Sender)), RecipientKeys: [][]byte{anyKey},
			Mode: map[string]shard.Mode{"": shard.ModeUnset, "M": shard.ModeMessaging, "C": shard.ModeContact}[q.Mode], Updated: lastUse,
		}
		switch q.State {
		case "suspended":
			r.Status = shard.StatusOff
		case "blocked":
			r.Status, r.Blocked = shard.StatusBlocked, []byte(q.Blocking)
		}
		if q.Link != "" {
			r.LinkID = unhex(t, q.Link)
		}
		tx.PutQueue(&r)
		for seq := range q.Messages {
			tx.PutMessage(&r.RecipientID, &shard.MessageHeader{Seq: uint64(seq + 1), Time: 1796000000}, []byte("a message"))
		}
	}
	commit, err := tx.Commit()
	if err == nil {
		err = commit.Wait()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// startOperated starts a router on the queues, which listens to nobody but its operator.
func startOperated(t *testing.T, change func(*Router)) (address string) {
	t.Helper()
	store, err := wal.Open("store", wal.Options{FS: vfs.NewMem(), Sync: wal.SyncNever})
	if err != nil {
		t.Fatal(err)
	}
	fill(t, store)
	e, err := engine.New(engine.Config{
		Listen: []string{"127.0.0.1:5223"}, KeyPair: &tls.KeyPair{}, Store: store,
		Queues: shard.Config{Shards: 4, PartitionKey: store.PartitionKey()},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := &Router{Engine: e, Quota: NewQuota(0), Save: store.Sync}
	change(r)
	s := control.New(control.Config{
		Name: Name, Help: Help, Commands: append(r.Commands(), control.Version("the end")), Punishment: time.Millisecond,
		Settings: control.Settings{Admin: "adminpass", User: "userpass"},
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Serve(l)
	t.Cleanup(func() {
		s.Stop(time.Minute)
		if err := e.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// TestReferenceSessions: the reference's router and ours, on the same queues, give the same answers.
func TestReferenceSessions(t *testing.T) {
	all := controltest.Read(t, "../../server/control/testdata/reference.json.gz", "smp")
	stats := ""
	for _, e := range all {
		if e.Send == "stats\n" && e.Role == "admin" {
			stats = e.Receive // whose text is made elsewhere
		}
	}
	address := startOperated(t, func(r *Router) {
		r.Quota = NewQuota(7)
		r.Quota.SetCount(4)
		r.Stats = func(admin bool) string { return stats }
	})
	record := ""
	for _, e := range all {
		if strings.HasPrefix(e.Receive, "RTSStats") {
			record = e.Receive
		}
	}
	if len(all) < 150 || record == "" {
		t.Fatalf("%d exchanges", len(all))
	}
	all = slices.DeleteFunc(all, func(e controltest.Exchange) bool { // the recording's runtime has no list of threads
		return strings.HasPrefix(e.Receive, "Not available")
	})
	for i, e := range all {
		switch e.Send {
		case "stats-rts\n": // the reference answers nothing any more where its runtime keeps no figures
			all[i].Varies, all[i].Receive = "numbers", record
		case "quit\n":
			all[i].Closed = true // also behind that
		case "server-info\n", "sockets\n":
			all[i].Varies = "numbers"
		}
	}
	controltest.Replay(t, address, "the end", all, func(e controltest.Exchange) (string, bool) {
		switch {
		case e.Send == "clients\n" && e.Role == "admin": // nobody is connected
			header, _, _ := strings.Cut(e.Receive, "\n")
			return header + "\n", true
		case e.Send == "server-info\n": // the runtime of the recording counts no threads
			return strings.Replace(e.Receive, "not available on GHC 8.10", "1", 1), true
		}
		return "", false
	})
}
