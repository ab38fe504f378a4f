package main

import (
	"github.com/spf13/cobra"

	"switchyard/server/backup"
	"switchyard/server/control"
	"switchyard/server/inifile"
	"switchyard/server/manage"
	"switchyard/server/status"
)

// deleteCommand removes what a router has in its directories, with the reference's files.
func deleteCommand(p paths) *cobra.Command {
	return p.program().DeleteCommand(manage.Deletion{
		Content: "files",
		Long: `Delete the router in ` + p.cfgDir + ` and ` + p.logDir + `: its identity, configuration and what it
knows of files, also where the ini has the store elsewhere. The router must not run. The packets and files that are not the
router's are left.`,
		Config: []string{"file-server.*", "ca.*", "server.*", "web.*", "fingerprint*", "openssl_*.conf*"},
		State:  []string{"store", "store.*", "file-server-*", "xftp-server-metrics.*", "www"},
		Store:  p.storeDir(), Beside: []string{control.Socket(""), status.RecordSuffix, backup.Partial},
		Left: packetsLeft,
	})
}

// packetsLeft says where the packets are, which are the operator's to remove.
func packetsLeft(f *inifile.File) string {
	packets := f.Text("FILES", "path", "")
	if bucket := f.Text("SWITCHYARD", "s3_bucket", ""); f.Text("SWITCHYARD", "s3_endpoint", "") != "" && bucket != "" {
		packets = "the bucket " + bucket
	}
	if packets == "" {
		return ""
	}
	return "the packets in " + packets + " are of no use any more; remove them"
}

// databaseCommand is there for those who look for it: there is no database, and a store log is taken over by start.
func databaseCommand(p paths) *cobra.Command {
	return manage.Replaced("database", "start takes over "+p.storeLog(), map[string]string{
		"import": "nothing is imported; put the store log at " + p.storeLog() + ", and `xftp-server start` takes it over",
		"export": "this router has no database to export",
		"delete": "the database is the reference's, and nothing of this router; delete its schema with psql when it is taken over",
	})
}
