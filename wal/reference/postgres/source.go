package postgres

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"switchyard/wal/reference"
)

// Options are what a source needs beside the database.
type Options struct {
	Schema   string                       // empty: DefaultSchema
	Journals *reference.Journals          // where the messages are; nil: in the database
	Skip     func(reference.Place, error) // is told of what is left out
	Note     func(string)                 // is told what else is worth knowing
}

// DefaultSchema is the reference's.
const DefaultSchema = "smp_server"

// Source implements reference.Source.
type Source struct {
	ctx     context.Context
	o       Options
	name    string // of the database, for people
	conn    *pgx.Conn
	tx      pgx.Tx
	schema  schema
	version version

	queues, deleted, messages int64
	done                      atomic.Int64
}

// connectTime bounds how long a server may take to answer at first.
const connectTime = 30 * time.Second

// Open connects to a database, by a URI as the reference's ini has it or by libpq's words, and looks what is there.
func Open(ctx context.Context, uri string, o Options) (*Source, error) {
	if o.Schema == "" {
		o.Schema = DefaultSchema
	}
	cfg, err := pgx.ParseConfig(uri)
	if err != nil { // what it says may hold a password
		return nil, &reference.Refusal{Place: "--database", Fault: "is no connection string of PostgreSQL",
			Mend: "write postgresql://USER@HOST/DATABASE, or postgresql://USER@/DATABASE for the socket of this machine"}
	}
	cfg.ConnectTimeout = connectTime
	cfg.RuntimeParams["application_name"] = "smp-server import"
	s := &Source{ctx: ctx, o: o, name: cfg.Database, schema: schema{name: o.Schema}}
	if s.conn, err = pgx.ConnectConfig(ctx, cfg); err != nil {
		return nil, s.connecting(err)
	}
	if err := s.begin(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// begin takes the moment whose state is read.
func (s *Source) begin() (err error) {
	s.tx, err = s.conn.BeginTx(s.ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return s.reading(err)
	}
	if err := s.refuseLive(); err != nil {
		return err
	}
	if s.version, err = s.findVersion(); err != nil {
		return err
	}
	if s.version < storeMessages && s.o.Journals == nil {
		s.o.Note("the schema is older than messages in it; without --messages DIR none are taken over")
	}
	return s.count()
}

// refuseLive refuses a database in which a router is at work. The reference's connections have no name of an application.
func (s *Source) refuseLive() error {
	var n int
	err := s.tx.QueryRow(s.ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
		AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND coalesce(application_name, '') = ''`).Scan(&n)
	if err != nil {
		return s.reading(err)
	}
	if n > 0 {
		return s.refuse("is in use by a program that does not say its name, as the reference's router does not",
			"stop the router, and close what else is connected")
	}
	return nil
}

// count counts the rows, for the progress and the report.
func (s *Source) count() error {
	err := s.tx.QueryRow(s.ctx, "SELECT count(*) FILTER (WHERE deleted_at IS NULL), count(*) FILTER (WHERE deleted_at IS NOT NULL) FROM "+
		s.schema.table("msg_queues")).Scan(&s.queues, &s.deleted)
	if err == nil && s.messagesHere() {
		err = s.tx.QueryRow(s.ctx, "SELECT count(*) FROM "+s.schema.table("messages")).Scan(&s.messages)
	}
	return s.reading(err)
}

func (s *Source) messagesHere() bool { return s.o.Journals == nil && s.version >= storeMessages }

// Deleted implements reference.Source.
func (s *Source) Deleted() int64 { return s.deleted }

// Notifications implements reference.Source: the reference never kept them in its database.
func (s *Source) Notifications(func(*reference.Notification) error) error { return nil }

// Finish implements reference.Source. What a transaction has read was one state, whatever happened since.
func (s *Source) Finish() error {
	s.done.Store(s.queues + s.messages) // those of deleted queues are not read
	defer s.Close()
	return s.reading(s.tx.Commit(s.ctx))
}

// Progress implements reference.Source.
func (s *Source) Progress() (done, total int64) {
	done, total = s.done.Load(), s.queues+s.messages
	if s.o.Journals != nil {
		d, t := s.o.Journals.Progress()
		done, total = done+d, total+t
	}
	return done, total
}

// Close ends the connection.
func (s *Source) Close() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), time.Second)
	defer cancel()
	_ = s.conn.Close(ctx) // nothing was written
}

func (s *Source) refuse(fault, mend string) error {
	return &reference.Refusal{Place: "the database " + s.name, Fault: fault, Mend: mend}
}

// connecting is a failure to connect, in one line and without what the URI says.
func (s *Source) connecting(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return s.refuse("refuses: "+pg.Message, "correct --database")
	}
	return s.refuse("cannot be reached: "+innermost(err).Error(), "start PostgreSQL, or correct --database")
}

// reading is a failure while rows are read.
func (s *Source) reading(err error) error {
	var pg *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &pg) && pg.Code == "42501":
		return s.refuse("does not let this user read: "+pg.Message, "connect as the router's user")
	case errors.As(err, &pg):
		return s.refuse("fails: "+pg.Message, "mend it, and import again")
	case s.conn.IsClosed():
		return s.refuse("has ended the connection", "see its log, and import again")
	}
	return err
}

// innermost is the cause below all others.
func innermost(err error) error {
	for {
		switch e := err.(type) {
		case interface{ Unwrap() error }:
			if next := e.Unwrap(); next != nil {
				err = next
				continue
			}
		case interface{ Unwrap() []error }:
			if all := e.Unwrap(); len(all) > 0 {
				err = all[len(all)-1]
				continue
			}
		}
		return err
	}
}
