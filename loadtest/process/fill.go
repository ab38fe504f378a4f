package process

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"switchyard/loadtest/results"
	"switchyard/loadtest/seeded"
)

// Marks are files beside a router's own that tell what its store was filled with.
const (
	StoredMark = "seeded.json" // empty queues, or packets
	FullMark   = "full.json"   // queues that are full
)

// FillQueues fills the store of the router in dir with queues, by the router's own program, unless that was done before, which
// the mark tells. The router is set up in dir if there is none; what it prints goes to out.
func FillQueues(ctx context.Context, dir, mark string, plan seeded.Plan, command []string, out io.Writer) error {
	mark = filepath.Join(dir, mark)
	if text, err := os.ReadFile(mark); err == nil {
		var before seeded.Plan
		if err := json.Unmarshal(text, &before); err != nil {
			return fmt.Errorf("%s: %w", mark, err)
		}
		if before != plan {
			return fmt.Errorf("%s was filled with %d queues from seed %d: name another directory, or remove it", dir, before.Count, before.Seed)
		}
		return nil
	}
	router, err := NewRouter(ctx, dir, command)
	if err != nil {
		return err
	}
	err = router.Call(ctx, out, "seed", "--count", fmt.Sprint(plan.Count), "--seed", fmt.Sprint(plan.Seed),
		"--messages", fmt.Sprint(plan.Messages), fmt.Sprintf("--foreign=%v", plan.Foreign))
	if err != nil {
		return err
	}
	return results.WriteJSON(io.Discard, mark, plan)
}

// FillPackets is the same for an XFTP router and records of packets.
func FillPackets(ctx context.Context, dir string, count int, command []string, out io.Writer) error {
	switch before, err := StoredPackets(dir); {
	case err != nil:
		return err
	case before == count:
		return nil
	case before > 0:
		return fmt.Errorf("%s was filled with %d packets: name another directory, or remove it", dir, before)
	}
	router, err := NewXFTPRouter(ctx, dir, command)
	if err != nil {
		return err
	}
	if err := router.Call(ctx, out, "seed", "--count", fmt.Sprint(count)); err != nil {
		return err
	}
	return results.WriteJSON(io.Discard, filepath.Join(dir, StoredMark), count)
}

// StoredPackets is how many packets the store of the router in dir was filled with, 0 for one that was not.
func StoredPackets(dir string) (count int, err error) {
	mark := filepath.Join(dir, StoredMark)
	text, err := os.ReadFile(mark)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &count)
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w", mark, err)
	}
	return count, nil
}
