package main

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"switchyard/server/inifile"
	"switchyard/server/manage"
)

// doubtfulSettings are lines about settings that somebody may have meant otherwise.
func doubtfulSettings(f *inifile.File) []string {
	return slices.Concat(f.Doubtful(knownSettings()), idleSettings(f), idleSite(f))
}

// idleSettings names settings of the reference that are there in vain, each once, and what there is in their place. An ini
// that was taken over has them, so that they are no faults.
func idleSettings(f *inifile.File) (lines []string) {
	const (
		store    = "queues and messages are in [SWITCHYARD] store_path"
		database = store + "; `smp-server import --database URI` takes them over from a database"
	)
	valued := func(key, why string, values ...string) {
		for _, v := range values {
			if f.Text("STORE_LOG", key, "") == v {
				lines = append(lines, f.Idle("STORE_LOG", why, key)...)
			}
		}
	}
	valued("store_queues", database, "database")
	lines = append(lines, f.Idle("STORE_LOG", database, "db_connection", "db_schema", "db_pool_size", "db_store_log", "db_deleted_ttl")...)
	valued("store_messages", database, "database")
	valued("store_messages", store+"; `smp-server import --from DIR` takes them over from journals", "journal")
	if f.Text("STORE_LOG", "enable", "") == "on" {
		valued("restore_messages", "messages are kept as queues are; enable = off keeps neither", "off")
	}
	return lines
}

// untaken refuses to begin without queues where the reference has some that nobody has taken over.
func (s *settings) untaken(p paths) error {
	if _, err := os.Lstat(s.storePath); !errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if s.database {
		return fmt.Errorf("%s says that queues are in a database (store_queues), and nobody has taken them over; run `smp-server import --database URI`, or write store_queues = memory to begin without queues", p.ini())
	}
	for _, name := range referenceStores(p.logDir) {
		if _, err := os.Lstat(name); err == nil {
			return fmt.Errorf("%s holds queues that nobody has taken over; run `smp-server import --from %s`, or move it away to begin without queues", name, p.logDir)
		}
	}
	return nil
}

// replacedCommands are those of the reference that have others in their place here.
func replacedCommands(p paths) []*cobra.Command {
	return []*cobra.Command{
		manage.Replaced("journal", "import moves queues and messages", map[string]string{
			"import": "there are no journals here; run `smp-server import --from " + p.logDir + "`, which takes over queues and messages of the reference as they are",
			"export": "there are no journals here; run `smp-server export --to DIR`, which writes queues and messages for the reference",
			"delete": "journals are the reference's, and nothing of this router; remove the directory of messages when they are taken over",
		}),
		manage.Replaced("database", "import moves queues and messages", map[string]string{
			"import": "queues and messages need no database here; run `smp-server import --from " + p.logDir + "` to take over those of the reference's files, with --database URI those of its database",
			"export": "there is no database to export; run `smp-server import --database URI` to take it over, then `smp-server export --to DIR`, which writes the reference's files",
			"delete": "the database is the reference's, and nothing of this router; delete its schema with psql when it is taken over",
		}),
	}
}
