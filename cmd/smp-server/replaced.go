package main

import (
	"github.com/spf13/cobra"

	"switchyard/server/manage"
)

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
