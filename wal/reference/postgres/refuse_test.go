package postgres

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"switchyard/internal/pgtest"
	"switchyard/wal/reference"
)

func b64(b []byte) string { return base64.URLEncoding.EncodeToString(b) }

// TestPlacesOfRows tells where a row is that was left out: by its number, not by its ID.
func TestPlacesOfRows(t *testing.T) {
	pg, name := database(t, queueIDsHash)
	err := pg.SQL(name, `UPDATE smp_server.msg_queues SET status = 'frozen' WHERE recipient_id =
		(SELECT recipient_id FROM smp_server.msg_queues WHERE deleted_at IS NULL ORDER BY recipient_id OFFSET 2 LIMIT 1);
		UPDATE smp_server.services SET service_role = 'X';
		UPDATE smp_server.messages SET msg_id = '\x01' WHERE message_id = (SELECT message_id FROM smp_server.messages
		JOIN smp_server.msg_queues USING (recipient_id) WHERE deleted_at IS NULL ORDER BY recipient_id, message_id LIMIT 1);`)
	if err != nil {
		t.Fatal(err)
	}
	s, skipped := open(t, pg.URI(pgtest.Owner, name), Options{})
	stateOf(t, s)
	want := []string{
		"smp_server.services:1: a role of a newer version", "smp_server.services:2: a role of a newer version",
		"smp_server.msg_queues:3: a status of a newer version", "smp_server.messages:1: an ID that is not of 24 bytes",
	}
	if !slices.Equal(*skipped, want) {
		t.Errorf("left out:\n%s\nwant\n%s", strings.Join(*skipped, "\n"), strings.Join(want, "\n"))
	}
}

// TestRefusedDatabases refuses what is no state of a stopped router, in one line that has no password.
func TestRefusedDatabases(t *testing.T) {
	pg, name := database(t, queueIDsHash)
	if err := pg.SQL(name, `CREATE SCHEMA other; CREATE TABLE other.migrations (name text); INSERT INTO other.migrations VALUES ('1');
		CREATE SCHEMA newer; CREATE TABLE newer.migrations AS TABLE smp_server.migrations; INSERT INTO newer.migrations VALUES ('20991231_more', now());
		CREATE SCHEMA torn; CREATE TABLE torn.migrations AS TABLE smp_server.migrations; DELETE FROM torn.migrations WHERE name LIKE '20250514%';
		CREATE SCHEMA fresh; CREATE TABLE fresh.migrations AS TABLE smp_server.migrations WITH NO DATA;
		CREATE ROLE guest LOGIN;`); err != nil {
		t.Fatal(err)
	}
	here := pg.URI(pgtest.Owner, name)
	for _, c := range []struct{ name, uri, schema, want string }{
		{"no URI", "postgresql://u:hunter2@[", "", "--database: is no connection string of PostgreSQL"},
		{"no server", "postgresql://u:hunter2@/x?host=/nowhere", "", "cannot be reached"},
		{"no database", pg.URI(pgtest.Owner, "missing"), "", `refuses: database "missing" does not exist`},
		{"no password", pg.URI(pgtest.Asked, name), "", "refuses: password authentication failed"},
		{"another password", pg.URI(pgtest.Asked+":hunter2", name), "", "refuses: password authentication failed"},
		{"no schema", here, "missing", "has no schema missing of smp-server"},
		{"another program's", here, "other", "holds something else in schema other"},
		{"newer", here, "newer", "is of a newer version, with 20991231_more"},
		{"not all migrations", here, "torn", "lacks the migration 20250514_service_certs"},
		{"no migrations", here, "fresh", "has an empty schema fresh"},
		{"may not be read", pg.URI("guest", name), "", "does not let this user read"},
	} {
		s, err := Open(context.Background(), c.uri, Options{Schema: c.schema})
		if err == nil {
			s.Close()
		}
		var refusal *reference.Refusal
		if !errors.As(err, &refusal) || !strings.Contains(err.Error(), c.want) || strings.ContainsAny(err.Error(), "\n") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// TestDatabaseWithAPassword opens a database that asks for one.
func TestDatabaseWithAPassword(t *testing.T) {
	pg, name := database(t, queueIDsHash)
	open(t, pg.URI(pgtest.Asked+":"+pgtest.Password, name), Options{})
}

// TestDatabaseInUse refuses a database that a program without a name is connected to, as a running router is.
func TestDatabaseInUse(t *testing.T) {
	pg, name := database(t, queueIDsHash)
	ctx := context.Background()
	router, err := pgx.Connect(ctx, pg.URI(pgtest.Owner, name))
	if err != nil {
		t.Fatal(err)
	}
	defer router.Close(ctx)
	if s, err := Open(ctx, pg.URI(pgtest.Owner, name), Options{}); err == nil || !strings.Contains(err.Error(), "stop the router") {
		if err == nil {
			s.Close()
		}
		t.Errorf("a database in use: %v", err)
	}
}

// TestConnectionIsLost says so, whenever it happens.
func TestConnectionIsLost(t *testing.T) {
	pg, name := database(t, queueIDsHash)
	s, _ := open(t, pg.URI(pgtest.Owner, name), Options{})
	// More rows than a socket holds, so that they are still being sent.
	lost := false
	err := s.Messages(func(*reference.Message) error {
		if lost {
			return nil
		}
		lost = true
		return pg.SQL("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"+name+"'")
	})
	if err == nil { // all rows had come
		err = s.Finish()
	}
	var refusal *reference.Refusal
	if !errors.As(err, &refusal) {
		t.Errorf("the connection was lost: %v", err)
	}
}
