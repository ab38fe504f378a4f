package connections

import (
	"path/filepath"

	"switchyard/server/directories"
	"switchyard/server/listen"
)

// Try listens for a moment where a server is going to, so that a start that has to fail does so before it has changed anything.
// A server whose store another process has open is told so when it opens it, which says more of a second instance.
func Try(addrs []string, store string) error {
	opened, err := listen.Open(addrs)
	listen.Close(opened)
	if err == nil {
		return nil
	}
	if pid, _ := directories.LockedBy(filepath.Join(store, "LOCK")); pid != 0 {
		return nil
	}
	return Fault(err)
}
