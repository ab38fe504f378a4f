package storelog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"switchyard/xftp/packets"
)

// Imported counts the bodies that were not found as the log tells of them.
type Imported struct {
	Missing    int // their packets can be deleted, but not downloaded
	Unreadable int // they are there, and their packets are as if they could be read
}

// maxUnreadable is how many bodies may be unreadable: more are no damage of some files, but a directory that the router may
// not read.
const maxUnreadable = 100

// Import puts what a log tells into a store whose bodies are those of the log's router.
func Import(ctx context.Context, store *packets.Store, s State) (n Imported, err error) {
	r := store.Restore()
	defer func() { err = errors.Join(err, r.Finish()) }()
	for _, p := range s.Packets {
		if p.Record.Uploaded {
			if err := look(ctx, store, &p, &n); err != nil {
				return n, err
			}
		}
		if err := r.Add(p.ID, p.Record, p.Recipients); err != nil {
			return n, err
		}
	}
	return n, nil
}

// look looks for the body of a packet.
func look(ctx context.Context, store *packets.Store, p *Packet, n *Imported) error {
	body, err := store.Body(ctx, p.ID)
	switch {
	case err == nil:
		return body.Close()
	case errors.Is(err, fs.ErrNotExist):
		p.Record.Uploaded = false
		n.Missing++
	case ctx.Err() != nil:
		return ctx.Err()
	default:
		if n.Unreadable++; n.Unreadable > maxUnreadable {
			return fmt.Errorf("more than %d bodies cannot be read: %w", maxUnreadable, err)
		}
	}
	return nil
}
