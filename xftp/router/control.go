package router

import (
	"context"
	"errors"

	"switchyard/server/control"
	"switchyard/xftp"
	"switchyard/xftp/packets"
)

// ControlName is that of the protocol in the greeting of the control port, and ControlHelp the answer to help.
const (
	ControlName = "XFTP"
	ControlHelp = "commands: stats-rts, delete, help, quit"
)

// ControlCommands are the commands of the reference's control port, which name a packet by an ID of one of its recipients.
func (r *Router) ControlCommands() []control.Command {
	return []control.Command{
		control.StatsRTS(),
		{Name: "delete", Role: control.User, Parse: func(a *control.Args) control.Action {
			id := a.ID()
			return r.about(id, func(ctx context.Context, sender packets.ID) error {
				err := r.store.Delete(ctx, sender)
				if err == nil {
					r.Stats.Deleted.Add(1)
				}
				return err
			})
		}},
		{Name: "block", Role: control.User, Parse: func(a *control.Args) control.Action {
			id, blocked := a.ID(), a.Blocking()
			return r.about(id, func(ctx context.Context, sender packets.ID) error {
				reason, notice, _ := blocked.Blocked()
				err := r.store.Block(ctx, sender, xftp.ErrBlocked(reason, notice).BlockingInfo())
				if err == nil {
					r.Stats.Blocked.Add(1)
				}
				return err
			})
		}},
	}
}

// about does something to the packet that a recipient has access to.
func (r *Router) about(raw []byte, do func(context.Context, packets.ID) error) control.Action {
	return func(c *control.Call) {
		id, ok := packets.ParseID(raw)
		err := packets.ErrNotFound
		if ok {
			var sender packets.ID
			if sender, _, _, err = r.store.Access(id); err == nil {
				err = do(context.WithoutCancel(c.Context()), sender)
			}
		}
		switch {
		case errors.Is(err, packets.ErrNotFound):
			err = xftp.ErrAuth
		case err != nil:
			r.cfg.Log.Error("the store failed", "cause", cause(err))
			err = xftp.ErrFileIO
		}
		c.Done(err)
	}
}
