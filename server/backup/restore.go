package backup

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"switchyard/server/directories"
	"switchyard/server/identity"
	"switchyard/server/manage"
)

// Begin begins to put back the backup in dir: it restores the configuration where there is none, else that must be the one of
// the same server. Servers are kept from the configuration directory until release is called.
func Begin(p *manage.Program, dir string) (release func(), err error) {
	for _, name := range []string{Store, filepath.Join(Config, p.IniName)} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return nil, fmt.Errorf("%s is no backup of a router: %w", dir, err)
		}
	}
	if release, err = directories.Alone(p.Config); err != nil {
		return nil, err
	}
	if err := RestoreConfig(p, filepath.Join(dir, Config)); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// RestoreConfig copies the configuration directory, or checks that the one that is there is that of the same server.
func RestoreConfig(p *manage.Program, from string) error {
	if _, err := os.Lstat(p.Ini()); err == nil {
		return SameIdentity(p, from)
	}
	if err := RequireEmpty(p.Config); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(p.Config), 0o755); err != nil {
		return err
	}
	whole := p.Config + Partial
	if err := os.RemoveAll(whole); err != nil {
		return err
	}
	if err := copyTree(from, whole); err != nil {
		return err
	}
	return Publish(whole, p.Config)
}

// SameIdentity compares the fingerprints by which clients know a server.
func SameIdentity(p *manage.Program, from string) error {
	ours, err := os.ReadFile(filepath.Join(p.Config, identity.Fingerprint))
	if err != nil {
		return err
	}
	theirs, err := os.ReadFile(filepath.Join(from, identity.Fingerprint))
	if err != nil {
		return err
	}
	if !bytes.Equal(bytes.TrimSpace(ours), bytes.TrimSpace(theirs)) {
		return fmt.Errorf("%s is the configuration of another router than the backup's; move it away to restore that one, or set %s", p.Config, p.ConfigEnv)
	}
	return nil
}

// RestoreStore copies the store of the backup in dir to where it belongs, which must be empty. try opens the copy to see that it
// is whole before it gets its name.
func RestoreStore(dir, to string, try func(dir string) error) error {
	if err := RequireEmpty(to); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	whole := to + Partial
	if err := os.RemoveAll(whole); err != nil {
		return err
	}
	err := copyTree(filepath.Join(dir, Store), whole)
	if err == nil {
		err = try(whole)
	}
	if err == nil {
		err = Publish(whole, to)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("cannot restore the store: %w", err), os.RemoveAll(whole))
	}
	return nil
}

// HoldsStore tells a directory with a store from one that only has its name.
func HoldsStore(dir string) bool {
	found, err := filepath.Glob(filepath.Join(dir, "marker.manifest.*"))
	return err == nil && len(found) > 0
}

// RequireStore refuses a directory without a store: opening would make one.
func RequireStore(dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s does not exist: the router has not run yet, and there is nothing to back up", dir)
	} else if err != nil {
		return err
	}
	if !HoldsStore(dir) {
		return fmt.Errorf("%s holds no store, and there is nothing to back up; see whether its disk is mounted", dir)
	}
	return nil
}
