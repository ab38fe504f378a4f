package main

import (
	"errors"
	"fmt"
	"os"
)

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
