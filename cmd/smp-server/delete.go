package main

import (
	"github.com/spf13/cobra"

	"switchyard/server/backup"
	"switchyard/server/control"
	"switchyard/server/manage"
	"switchyard/server/status"
)

// deleteCommand removes what a router has in its directories, with the reference's files.
func deleteCommand(p paths) *cobra.Command {
	return p.program().DeleteCommand(manage.Deletion{
		Content: "queues",
		Long: `Delete the router in ` + p.cfgDir + ` and ` + p.logDir + `: its identity, configuration and queues,
also where the ini has the store elsewhere. The router must not run. Files that are not the router's are left.`,
		Config: []string{"smp-server.*", "ca.*", "server.*", "web.*", "fingerprint*", "openssl_*.conf*"},
		State:  []string{"store", "store.*", "smp-server-*", "messages", "messages.*", "www"},
		Store:  p.storeDir(), Beside: []string{control.Socket(""), status.RecordSuffix, backup.Partial},
	})
}
