package postgres

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// version is how far a schema has come: how many of the migrations it has (facts: ntf-and-ops, B3.5).
//
//	initial          recipient_key, one; snd_secure
//	updatedIndex     an index
//	shortLinks       recipient_keys, several; queue_mode; link_id, fixed_data, user_data
//	serviceCerts     services; rcv_service_id, ntf_service_id
//	storeMessages    messages
//	queueIDsHash     counts and hashes of services, which are counted anew here
type version int

const (
	initial version = iota + 1
	updatedIndex
	shortLinks
	serviceCerts
	storeMessages
	queueIDsHash
)

// migrations are the reference's, in their order.
var migrations = [...]string{
	"20250207_initial", "20250319_updated_index", "20250320_short_links", "20250514_service_certs", "20250903_store_messages",
	"20250915_queue_ids_hash",
}

// schema names a schema's tables.
type schema struct{ name string }

func (s schema) table(name string) string { return pgx.Identifier{s.name, name}.Sanitize() }

const undefinedTable = "42P01"

// findVersion reads which migrations there are.
func (s *Source) findVersion() (version, error) {
	rows, err := s.tx.Query(s.ctx, "SELECT name FROM "+s.schema.table("migrations")+" ORDER BY name")
	if err != nil {
		return 0, s.foreign(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return 0, s.foreign(err)
	}
	for i, name := range names {
		switch {
		case i < len(migrations) && name == migrations[i]:
		case i == 0:
			return 0, s.refuse("holds something else in schema "+s.o.Schema, "name the schema of smp-server with --schema")
		case name > migrations[len(migrations)-1]:
			return 0, s.refuse("is of a newer version, with "+printable(name), "export it to files with the server that made it, or take a newer version of this program")
		default:
			return 0, s.refuse("lacks the migration "+migrations[min(i, len(migrations)-1)], "let the server that made it start once")
		}
	}
	if len(names) == 0 {
		return 0, s.refuse("has an empty schema "+s.o.Schema, "name the schema of smp-server with --schema")
	}
	return version(len(names)), nil
}

// foreign tells a schema that is not there from other failures.
func (s *Source) foreign(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == undefinedTable {
		return s.refuse("has no schema "+s.o.Schema+" of smp-server", "name its database, or its schema with --schema")
	}
	return s.reading(err)
}

// printable keeps a name on one line.
func printable(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, name[:min(len(name), 64)])
}
