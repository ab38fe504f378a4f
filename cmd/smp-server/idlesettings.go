package main

import (
	"slices"

	"switchyard/server/inifile"
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
