package storelog

import (
	"context"
	"errors"
	"io/fs"

	"switchyard/xftp/packets"
)

// Import puts what a log tells into a store whose bodies are those of the log's router. missing is how many bodies are
// not there; their packets can be deleted, but not downloaded.
func Import(ctx context.Context, store *packets.Store, s State) (missing int, err error) {
	r := store.Restore()
	for _, p := range s.Packets {
		if p.Record.Uploaded {
			body, err := store.Body(ctx, p.ID)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				p.Record.Uploaded = false
				missing++
			case err != nil:
				return missing, errors.Join(err, r.Finish())
			default:
				body.Close()
			}
		}
		if err := r.Add(p.ID, p.Record, p.Recipients); err != nil {
			return missing, errors.Join(err, r.Finish())
		}
	}
	return missing, r.Finish()
}
