package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"switchyard/box"
	"switchyard/server/cli"
	"switchyard/xftp"
	"switchyard/xftp/packets"
)

// seedCommand fills the store for load tests; nobody else has a use for records without bodies, so it is not listed.
func seedCommand(p paths) *cobra.Command {
	var count int
	cmd := &cobra.Command{
		Use:     "seed",
		Short:   "Fill the store with records of packets, without bodies, for load tests; see `loadtest xftp seed`",
		Example: "  xftp-server seed --count 5000000",
		Hidden:  true,
		Args:    cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if count < 1 {
				return errors.New("--count must be at least 1; give the number of packets")
			}
			return seed(cmd, p, count)
		},
	}
	cmd.Flags().IntVar(&count, "count", 0, "number of packets")
	return cmd
}

// seedReport is after how many packets seed tells how far it is.
const seedReport = 500_000

func seed(cmd *cobra.Command, p paths, count int) error {
	s, _, err := loadSettings(p)
	if err != nil {
		return err
	}
	if !s.persist {
		return errors.New("the ini turns storage off; set enable = on in section [STORE_LOG]")
	}
	bodies, closeBodies, err := openBodies(cmd.Context(), &s)
	if err != nil {
		return err
	}
	defer closeBodies()
	store, err := packets.Open(cmd.Context(), s.storePath, bodies, packets.Options{})
	if err != nil {
		return storeFault(err, s.storePath)
	}
	err = fill(cmd.Context(), store, count, func(done int) {
		fmt.Fprintf(cmd.ErrOrStderr(), "xftp-server: %d of %d packets\n", done, count)
	})
	return errors.Join(err, store.Close())
}

// fill stores records that say they were uploaded just now, each with one recipient. All have the same key: making one
// costs more than everything else.
func fill(ctx context.Context, store *packets.Store, count int, progress func(done int)) error {
	private, err := box.GenerateKey(box.Ed25519, rand.Reader)
	if err != nil {
		return err
	}
	key := private.Public()
	record := packets.Record{Sender: key, Size: xftp.Size64K, Digest: make([]byte, 32), Uploaded: true, Created: time.Now().Unix()}
	r := store.Restore()
	for n := 1; n <= count && ctx.Err() == nil; n++ {
		var sender packets.ID
		recipient := packets.Recipient{Key: key}
		rand.Read(sender[:])
		rand.Read(recipient.ID[:])
		rand.Read(record.Digest)
		if err := r.Add(sender, record, []packets.Recipient{recipient}); err != nil {
			return err
		}
		if n%seedReport == 0 || n == count {
			progress(n)
		}
	}
	return errors.Join(r.Finish(), ctx.Err())
}
