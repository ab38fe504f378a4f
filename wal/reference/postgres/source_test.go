package postgres

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"switchyard/internal/pgtest"
	"switchyard/smp"
	"switchyard/wal/reference"
)

// server is started by the first test that needs it.
var server = sync.OnceValues(pgtest.Start)

func TestMain(m *testing.M) {
	code := m.Run()
	if s, err := server(); err == nil && s.Stop() != nil {
		code = 1
	}
	os.Exit(code)
}

// downgrades undo the migrations, from the newest on.
var downgrades = [...]string{
	queueIDsHash:  `ALTER TABLE services DROP COLUMN queue_count, DROP COLUMN queue_ids_hash;`,
	storeMessages: `DROP TABLE messages; ALTER TABLE msg_queues DROP COLUMN msg_can_write, DROP COLUMN msg_queue_expire, DROP COLUMN msg_queue_size;`,
	serviceCerts:  `ALTER TABLE msg_queues DROP COLUMN rcv_service_id, DROP COLUMN ntf_service_id; DROP TABLE services;`,
	shortLinks: `ALTER TABLE msg_queues ADD COLUMN snd_secure boolean NOT NULL DEFAULT false;
		UPDATE msg_queues SET snd_secure = coalesce(queue_mode = 'M', false);
		ALTER TABLE msg_queues DROP COLUMN queue_mode, DROP COLUMN link_id, DROP COLUMN fixed_data, DROP COLUMN user_data;
		ALTER TABLE msg_queues RENAME COLUMN recipient_keys TO recipient_key;
		UPDATE msg_queues SET recipient_key = substring(recipient_key FROM 3 FOR get_byte(recipient_key, 1));`,
	updatedIndex: ``,
}

// template has the dump of a router's database loaded.
var template = sync.OnceValues(func() (*pgtest.Server, error) {
	s, err := server()
	if err != nil {
		return nil, err
	}
	f, err := os.Open("testdata/database.sql.gz")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	dump, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	return s, s.SQL(pgtest.Owner, "CREATE ROLE smp;\n"+string(dump))
})

// database makes a database that a reference's router of a version has left, and returns its name.
func database(t *testing.T, v version) (*pgtest.Server, string) {
	t.Helper()
	s, err := template()
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	script.WriteString("SET search_path = smp_server;\n")
	for have := queueIDsHash; have > v; have-- {
		fmt.Fprintf(&script, "%s DELETE FROM migrations WHERE name = '%s';\n", downgrades[have], migrations[have-1])
	}
	name := strings.ReplaceAll(t.Name(), "/", "-")
	if err := s.Create(name); err != nil {
		t.Fatal(err)
	}
	if err := s.SQL(name, script.String()); err != nil {
		t.Fatal(err)
	}
	return s, name
}

// faults gathers what a source leaves out.
type faults []string

func (f *faults) skip(at reference.Place, err error) { *f = append(*f, at.String()+": "+err.Error()) }

func open(t *testing.T, uri string, o Options) (*Source, *faults) {
	t.Helper()
	skipped := new(faults)
	o.Skip, o.Note = skipped.skip, func(string) {}
	s, err := Open(context.Background(), uri, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, skipped
}

// state is what a source gives, without the places.
type state struct {
	services map[smp.ID]reference.Service
	queues   map[smp.ID]reference.Queue
	messages map[smp.ID][]reference.Message
	deleted  int64
}

func stateOf(t *testing.T, s reference.Source) state {
	t.Helper()
	all := state{map[smp.ID]reference.Service{}, map[smp.ID]reference.Queue{}, map[smp.ID][]reference.Message{}, 0}
	fail := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	fail(s.Services(func(service *reference.Service) error {
		one := *service
		one.At = reference.Place{}
		all.services[one.ID] = one
		return nil
	}))
	var last smp.ID
	fail(s.Queues(func(q *reference.Queue) error {
		one := *q
		one.At = reference.Place{}
		if id := one.Record.RecipientID; string(last[:]) >= string(id[:]) {
			t.Error("queues are not in the order of their recipient IDs")
		} else {
			last = id
		}
		all.queues[last] = one
		return nil
	}))
	all.deleted = s.Deleted()
	fail(s.Messages(func(m *reference.Message) error {
		one := *m
		one.At, one.Body = reference.Place{}, append([]byte(nil), m.Body...)
		all.messages[one.Queue] = append(all.messages[one.Queue], one)
		return nil
	}))
	fail(s.Finish())
	return all
}

// files is the state that the database was made of, in files.
func files(t *testing.T) state {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("tar", "-xzf", "../testdata/state.tar.gz", "-C", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	logs, err := reference.OpenLogs(filepath.Join(dir, "smp-memory", "var"), reference.LogsOptions{
		Scratch: t.TempDir(), Skip: func(at reference.Place, err error) { t.Error(at, err) }, Note: func(string) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	return stateOf(t, logs)
}

// changed takes out of both states the queues that were changed after the database was made: two were deleted, one was blocked.
func changed(t *testing.T, files, db *state, lost int) {
	t.Helper()
	for id, q := range files.queues {
		got, there := db.queues[id]
		switch {
		case !there:
			lost--
		case got.Record.Status == q.Record.Status:
			continue
		}
		for _, s := range []*state{files, db} {
			delete(s.queues, id)
			delete(s.messages, id)
		}
	}
	if lost != 0 {
		t.Errorf("%d more queues are gone than were deleted", -lost)
	}
}

// TestDatabaseOfARouter reads what a router's own import has made of its files.
func TestDatabaseOfARouter(t *testing.T) {
	pg, name := database(t, queueIDsHash)
	s, skipped := open(t, pg.URI(pgtest.Owner, name), Options{})
	got, want := stateOf(t, s), files(t)
	if len(*skipped) > 0 || got.deleted != 2 || len(got.queues) != 31 {
		t.Errorf("%d queues, %d deleted, left out: %v", len(got.queues), got.deleted, *skipped)
	}
	if done, total := s.Progress(); done != total || total < 31 {
		t.Errorf("progress %d of %d at the end", done, total)
	}
	changed(t, &want, &got, 2)
	if !reflect.DeepEqual(got.services, want.services) {
		t.Errorf("services %+v, want %+v", got.services, want.services)
	}
	if len(want.queues) < 30 || !reflect.DeepEqual(got.queues, want.queues) {
		t.Errorf("queues %+v, want %+v", got.queues, want.queues)
	}
	if !reflect.DeepEqual(got.messages, want.messages) {
		t.Error("the messages are others")
	}
}

// TestVersionsOfTheSchema reads a schema at each of its versions: what an older one has no columns for is not there.
func TestVersionsOfTheSchema(t *testing.T) {
	for v := initial; v <= queueIDsHash; v++ {
		t.Run(migrations[v-1], func(t *testing.T) {
			pg, name := database(t, v)
			s, skipped := open(t, pg.URI(pgtest.Owner, name), Options{})
			got, want := stateOf(t, s), files(t)
			changed(t, &want, &got, 2)
			for id, q := range want.queues {
				r := &q.Record
				if v < serviceCerts {
					r.Service = nil
					if r.Notifier != nil {
						n := *r.Notifier
						n.Service, r.Notifier = nil, &n
					}
				}
				if v < shortLinks {
					r.RecipientKeys, r.LinkID, q.Link = r.RecipientKeys[:1], nil, nil
					if r.Mode != 1 { // of one who may secure it
						r.Mode = 0
					}
				}
				want.queues[id] = q
			}
			if v < serviceCerts {
				clear(want.services)
			}
			if v < storeMessages {
				clear(want.messages)
			}
			if len(*skipped) > 0 {
				t.Errorf("left out: %v", *skipped)
			}
			if !reflect.DeepEqual(got.queues, want.queues) || !reflect.DeepEqual(got.services, want.services) || !reflect.DeepEqual(got.messages, want.messages) {
				t.Error("the state is another")
			}
		})
	}
}

// TestMessagesInJournals takes the messages from the directory of a router that kept only its queues in the database.
func TestMessagesInJournals(t *testing.T) {
	pg, name := database(t, serviceCerts)
	s, skipped := open(t, pg.URI(pgtest.Owner, name), Options{})
	var queue smp.ID
	if err := s.Queues(func(q *reference.Queue) error { queue = q.Record.RecipientID; return nil }); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	id := strings.NewReplacer("+", "-", "/", "_").Replace(b64(queue[:]))
	at := filepath.Join(dir, id[:2], id[2:4], id[4:6], id[6:8], id[8:])
	if err := os.MkdirAll(at, 0o700); err != nil {
		t.Fatal(err)
	}
	line := b64(make([]byte, 24)) + " 1795389007 flags=T " + b64([]byte("hello")) + "\n"
	for file, text := range map[string]string{
		"queue_state." + id + ".log":    fmt.Sprintf("write=AAAAAAAAAAAAAAAA,1,1,%d,%[1]d read=AAAAAAAAAAAAAAAA,0,1,0,%[1]d canWrite=T size=1\n", len(line)),
		"messages.AAAAAAAAAAAAAAAA.log": line,
	} {
		if err := os.WriteFile(filepath.Join(at, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	journals, err := reference.OpenJournals(dir, skipped.skip)
	if err != nil {
		t.Fatal(err)
	}
	s, _ = open(t, pg.URI(pgtest.Owner, name), Options{Journals: journals})
	got := stateOf(t, s)
	if m := got.messages[queue]; len(*skipped) > 0 || len(got.messages) != 1 || len(m) != 1 || string(m[0].Body) != "hello" || !m[0].Notify {
		t.Errorf("messages %+v, left out: %v", got.messages, *skipped)
	}
}
