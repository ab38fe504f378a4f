package operator

import (
	"switchyard/engine"
	"switchyard/server/control"
	"switchyard/shard"
	"switchyard/smp"
)

// Name is that of the protocol in the greeting, and Help is the answer to help.
const (
	Name = "SMP"
	Help = "commands: stats, stats-rts, clients, sockets, socket-threads, threads, server-info, delete, save, help, quit"
)

// Router is a running router as its operator sees it. All fields are immutable.
type Router struct {
	Engine  *engine.Router
	Address smp.ServerAddress // fingerprint and hosts, by which links are known
	Quota   *Quota
	Stats   func(admin bool) string // the lines of stats; nil: there are none
	Save    func() error            // has what is in memory reach the disk; nil: there is nothing
}

// Commands are those of the reference, and those of ours that only an SMP router has.
func (r *Router) Commands() []control.Command {
	plain := func(name string, role control.Role, do control.Action) control.Command {
		return control.Command{Name: name, Role: role, Parse: control.Plain(do)}
	}
	return []control.Command{
		plain("suspend", control.Admin, func(c *control.Call) { c.Line("suspend not implemented") }),
		plain("resume", control.Admin, func(c *control.Call) { c.Line("resume not implemented") }),
		plain("clients", control.Admin, r.clients),
		plain("stats", control.User, r.stats),
		control.StatsRTS(),
		control.Threads(),
		plain("sockets", control.User, r.sockets),
		plain("socket-threads", control.Admin, r.socketThreads),
		plain("server-info", control.User, r.info),
		{Name: "delete", Role: control.Admin, Parse: r.about(r.erase)},
		{Name: "status", Role: control.User, Parse: r.about(r.status)},
		{Name: "block", Role: control.User, Parse: r.block},
		{Name: "unblock", Role: control.User, Parse: r.about(r.unblock)},
		plain("save", control.Admin, r.save),
		{Name: "top", Role: control.Admin, Parse: r.top},
	}
}

// about is the Parse of a command whose argument is an entity.
func (r *Router) about(do func(*control.Call, []byte)) func(*control.Args) control.Action {
	return func(a *control.Args) control.Action {
		e := readEntity(a)
		return func(c *control.Call) {
			id, err := r.find(e)
			if err != nil {
				c.Fail(err)
				return
			}
			do(c, id)
		}
	}
}

func (r *Router) erase(c *control.Call, id []byte) {
	n, err := r.Engine.DeleteQueue(id)
	if err != nil {
		c.Fail(refusal(err))
		return
	}
	c.Line("ok, %d messages deleted", n)
}

func (r *Router) status(c *control.Call, id []byte) {
	s, err := r.Engine.QueueState(id)
	if err != nil {
		c.Fail(refusal(err))
		return
	}
	c.Line("status: %s, updatedAt: %s, queueMode: %s", showStatus(&s), showDay(s.Day), showMode(s.Mode))
}

func (r *Router) block(a *control.Args) control.Action {
	e, blocked := readEntity(a), a.Blocking()
	return func(c *control.Call) {
		id, err := r.find(e)
		if err != nil {
			c.Fail(err)
			return
		}
		var before shard.QueueState
		err = r.Quota.take(func() (bool, error) {
			before, err = r.Engine.BlockQueue(id, blocked)
			return before.Status == shard.StatusActive, refusal(err)
		})
		after := shard.QueueState{Status: shard.StatusBlocked, Blocked: blocked}
		switch {
		case err != nil:
			c.Fail(err)
		case before.Status == shard.StatusActive:
			c.Line("ok, queue blocked: %s", showStatus(&after))
		default:
			c.Line("ok, already inactive: %s", showStatus(&after))
		}
	}
}

func (r *Router) unblock(c *control.Call, id []byte) {
	before, err := r.Engine.UnblockQueue(id)
	switch {
	case err != nil:
		c.Fail(refusal(err))
	case before.Status == shard.StatusBlocked:
		c.Line("ok, queue unblocked, reason to block was: %s", showBlocking(before.Blocked))
	case before.Status == shard.StatusOff:
		c.Line("error, queue is inactive")
	default:
		c.Line("ok, queue was active")
	}
}

func (r *Router) stats(c *control.Call) {
	if r.Stats == nil {
		c.Line("error: this router keeps no statistics")
		return
	}
	c.Text(r.Stats(c.Role == control.Admin))
}

// save has all that is in memory reach the disk, and closes nothing. Queues and messages are in the store before they are
// answered for, so that there is little to do.
func (r *Router) save(c *control.Call) {
	c.Line("saving server state...")
	c.Flush()
	if r.Save != nil {
		if err := r.Save(); err != nil {
			c.Fail(err)
			return
		}
	}
	c.Line("server state saved!")
}
