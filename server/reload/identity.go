package reload

import (
	"bytes"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"switchyard/server/identity"
	"switchyard/server/inifile"
	"switchyard/tls"
)

// Identity is the part that rereads the certificates of TLS in dir. A router keeps its identity while it runs: its address
// depends on it. change gets a pair that differs from the one before.
func Identity(dir string, now identity.Identity, log *slog.Logger, change func(*tls.KeyPair)) Part {
	return Part{Read: func(*inifile.File) (func(), error) {
		id, exposed, err := identity.Load(dir, time.Now())
		switch {
		case err != nil:
			return nil, err
		case id.Hash != now.Hash:
			return nil, fmt.Errorf("%s is another identity than the router's, which has another address; bring back the one before, or restart the router to begin with this one",
				filepath.Join(dir, identity.CACert))
		case slices.EqualFunc(id.KeyPair.Chain, now.KeyPair.Chain, bytes.Equal):
			return nil, nil
		}
		return func() {
			now = id
			for _, line := range exposed {
				log.Warn(line)
			}
			change(id.KeyPair)
			log.Info("new connections are shown another certificate", "file", filepath.Join(dir, identity.ServerCert))
		}, nil
	}}
}
