package statistics

import "time"

// ID names a number that a server counts. Those of a Table are 0, 1, 2, …
type ID int

// Table says what a server counts, and under which names it shows that.
type Table struct {
	// Names has the name of each number that goes on over restarts, by ID: the first IDs. They are in the server's store, so
	// they stay. Counters begin anew with a daily line if that says so; levels, as how many queues there are, do not.
	Names []string
	// Numbers is how many IDs there are: behind those with names, gauges that are what they are when they are read.
	Numbers int
	// Sets has the name of each set of IDs, as it is in the backup.
	Sets []string
	// SetGauges are the gauges for day, week and month of each set.
	SetGauges [][3]ID

	Daily  []Column
	Backup []Group
	// Old is what backups of old versions have, by group and name, as "group/name".
	Old map[string]Old

	Lines    []Line
	Prefix   string // of the names of metrics
	Sections []Section

	// Today are counters that are also asked for by the day, by the calendar of UTC: Book.Today.
	Today []ID
}

// Column is one of the daily CSV line.
type Column struct {
	Kind ColumnKind
	ID   ID // of ColumnCounter, ColumnKept and ColumnReset
	Set  int
}

// ColumnKind says what a column shows.
type ColumnKind uint8

const (
	ColumnDate    ColumnKind = iota // of the beginning
	ColumnCounter                   // begins anew with the line
	ColumnKept                      // goes on
	ColumnZero                      // what is not counted any more
	ColumnDay                       // of a set
	ColumnWeek                      // of a set, when a week has ended
	ColumnMonth                     // of a set, when a month has ended
	ColumnReset                     // no column: a counter that begins anew with the line nevertheless
)

// Group is a part of the backup: lines "name=number" behind a line "name:", or without that when Name is empty.
type Group struct {
	Name    string
	Entries []Entry
	HasSet  bool // instead of entries it has the hashes of the set
	Set     int
}

// Entry is a line of the backup.
type Entry struct {
	Name string
	ID   ID
	Need bool // a backup without it is none
	Told bool // it is written and not read, as the store knows better
}

// Old says what becomes of a line of an old backup.
type Old struct {
	As  string // the name that it has now, in the same group; empty: the line is passed over
	Set string // instead: one of the sets' periods, as "group/dayHashes"
}

// Snapshot is the numbers at one moment.
type Snapshot struct {
	At, From time.Time
	Values   []int64 // by ID
	Extra    any     // what else the server has read
}

// Reading is what a server has counted since its start. It begins empty.
type Reading struct {
	Values []int64    // by ID
	Sets   []Distinct // of each set what came since the last reading
	Extra  any        // for Snapshot
}
