package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/xftp/packets"
	"switchyard/xftp/storelog"
)

// openStore opens the bodies and the records, and first takes over the store log of the reference's router if there
// is no store yet.
func openStore(ctx context.Context, p paths, s *settings, log *slog.Logger) (store *packets.Store, closeAll func() error, err error) {
	bodies, closeBodies, err := openBodies(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	o := packets.Options{Quota: s.quota, Log: log}
	if !s.persist {
		o.FS = vfs.NewMem()
	} else if err = takeOver(ctx, p, s, bodies, log); err != nil {
		return nil, nil, errors.Join(err, closeBodies())
	}
	if store, err = packets.Open(ctx, s.storePath, bodies, o); err != nil {
		return nil, nil, errors.Join(storeFault(err, s.storePath), closeBodies())
	}
	if u := store.Usage(); u.Bytes > store.Quota() {
		log.Warn("more is stored than the quota allows", "bytes", u.Bytes, "quota", store.Quota())
	}
	return store, func() error { return errors.Join(store.Close(), closeBodies()) }, nil
}

// storeFault says what to do about a store that another process has.
func storeFault(err error, path string) error {
	if errors.Is(err, syscall.EAGAIN) {
		return fmt.Errorf("%s is in use by another process; stop the other router, or name another directory", path)
	}
	return err
}

func openBodies(ctx context.Context, s *settings) (packets.Bodies, func() error, error) {
	if s.s3.Endpoint != "" {
		bucket, err := packets.OpenS3(ctx, s.s3)
		if err != nil {
			return nil, nil, fmt.Errorf("%w; correct s3_… in section [SWITCHYARD] of the ini", err)
		}
		return bucket, func() error { return nil }, nil
	}
	dir, err := packets.OpenDir(s.filesPath)
	if err != nil {
		return nil, nil, fmt.Errorf("%w; correct path in section [FILES] of the ini", err)
	}
	return dir, dir.Close, nil
}

// maxSkippedTold is how many lines of a store log that do not fit are told one by one.
const maxSkippedTold = 10

// takeOver makes a store of a store log. The store gets its name when it is whole, so that a start that is killed
// begins again; then the log is put aside.
func takeOver(ctx context.Context, p paths, s *settings, bodies packets.Bodies, log *slog.Logger) error {
	if _, err := os.Lstat(s.storePath); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := os.Open(p.storeLog())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	state, err := storelog.Read(file)
	if err != nil {
		return fmt.Errorf("%s: %w", p.storeLog(), err)
	}
	for n, line := range state.Skipped {
		if n == maxSkippedTold {
			log.Warn("store log: more lines are skipped", "count", len(state.Skipped)-n)
			break
		}
		log.Warn("store log: a line is skipped", "cause", line.String())
	}
	draft := s.storePath + ".new"
	if err := os.RemoveAll(draft); err != nil {
		return err
	}
	store, err := packets.Open(ctx, draft, bodies, packets.Options{Log: log})
	if err != nil {
		return err
	}
	n, err := storelog.Import(ctx, store, state)
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}
	log.Info("took over a store log", "packets", len(state.Packets), "skipped lines", len(state.Skipped), "missing bodies", n.Missing)
	if n.Unreadable > 0 {
		log.Warn("store log: bodies cannot be read; see to the disk", "count", n.Unreadable)
	}
	return errors.Join(os.Rename(draft, s.storePath), os.Rename(p.storeLog(), unusedName(p.storeLog()+".bak")))
}

// unusedName is the name, or else the first of it with a number behind it, that is not there: what was put aside before stays.
func unusedName(name string) string {
	for n, free := 1, name; ; n++ {
		if _, err := os.Lstat(free); err != nil { // it is not there, or renaming will say what is wrong
			return free
		}
		free = fmt.Sprintf("%s.%d", name, n)
	}
}
