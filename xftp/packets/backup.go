package packets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2"
)

// Backup makes a copy of the records in dir, which must not exist, as they are at one moment. On one file system tables are
// linked, not copied. The copy has been looked at when Backup returns. A failure outside of the store's own directory does the
// store no harm.
func (s *Store) Backup(dir string) error {
	in := s.enter()
	defer in.Leave()
	if err := in.Checkpoint(dir); err != nil {
		return fmt.Errorf("backup in %s: %w", dir, err)
	}
	if err := Look(dir); err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	return nil
}

// Copied says how many bodies got where they were to go.
type Copied struct {
	Linked, Copied, Kept int // Kept were there already
	Missing              int // nobody can download them; they were removed meanwhile, or have been missing before
}

// CopyBodies brings the bodies that the records in the directory know of from one directory to another: those that are
// uploaded, under their final names. Bodies never change, so that they are linked where both directories are on one file system,
// and copied elsewhere. One that is there already is kept, so that a copy that was cut short goes on when it is made again.
func CopyBodies(ctx context.Context, records, from, to string) (done Copied, err error) {
	db, err := openShadow(records, new(Store))
	if err != nil {
		return done, err
	}
	defer db.Close()
	if err := os.MkdirAll(to, 0o700); err != nil {
		return done, err
	}
	in := reader{db.Enter()}
	defer in.Leave()
	it, err := in.DB.NewIter(&pebble.IterOptions{LowerBound: []byte{'s'}, UpperBound: []byte{'s' + 1}})
	if err != nil {
		return done, err
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		if err := ctx.Err(); err != nil {
			return done, err
		}
		id, known := ParseID(it.Key()[1:])
		r, err := parseRecord(it.Value())
		if !known || err != nil {
			return done, fmt.Errorf("%s: %w", records, errRecord)
		}
		if !r.Uploaded {
			continue
		}
		if err := done.bring(from, to, id, r.tag); err != nil {
			return done, err
		}
	}
	return done, errors.Join(it.Error(), syncDirectory(to))
}

// bring brings one body. It gets its final name a moment after its record, and has the temporary one until then.
func (c *Copied) bring(from, to string, id ID, tag uint64) error {
	target := filepath.Join(to, fileName(id))
	if _, err := os.Lstat(target); err == nil {
		c.Kept++
		return nil
	}
	final := filepath.Join(from, fileName(id))
	for _, source := range []string{final, filepath.Join(from, uploadsName, temporaryName(id, tag)), final} {
		err := os.Link(source, target)
		switch {
		case err == nil:
			c.Linked++
			return nil
		case errors.Is(err, fs.ErrNotExist):
			continue
		}
		err = copyBody(source, target) // links do not go there
		switch {
		case err == nil:
			c.Copied++
			return nil
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	c.Missing++
	return nil
}

// copyBody has the target there as a whole or not at all.
func copyBody(source, target string) error {
	in, err := os.Open(source)
	if err != nil {
		return err
	}
	defer in.Close()
	draft := target + ".new"
	out, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Sync(), out.Close()); err == nil {
		err = os.Rename(draft, target)
	}
	if err != nil {
		return errors.Join(err, os.Remove(draft))
	}
	return nil
}

// syncDirectory makes the names in a directory durable.
func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
