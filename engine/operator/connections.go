package operator

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/engine"
	"switchyard/server/control"
)

// askTime is how long loops may take to tell of their connections.
const askTime = 10 * time.Second

// connections asks the loops, and answers when they do not.
func (r *Router) connections(c *control.Call) (all []engine.Connection, ok bool) {
	ctx, cancel := context.WithTimeout(c.Context(), askTime)
	defer cancel()
	all, err := r.Engine.Connections(ctx)
	if err != nil {
		c.Fail(err)
		return nil, false
	}
	return all, true
}

// clients lists the connections as CSV.
func (r *Router) clients(c *control.Call) {
	all, ok := r.connections(c)
	if !ok {
		return
	}
	c.Line("clientId,sessionId,connected,createdAt,rcvActiveAt,sndActiveAt,age,subscriptions")
	now := time.Now()
	for i := range all {
		if s := &all[i]; s.SessionID != nil {
			c.Line("%d,%s,%s,%d,%d,%d,%d,%d", s.Number, base64.StdEncoding.EncodeToString(s.SessionID), showBool(true),
				s.Created.Unix(), s.Received.Unix(), s.Sent.Unix(), age(s, now), s.Subscriptions-s.Notifiers)
		}
	}
}

// age is how old a connection is, in seconds.
func age(s *engine.Connection, now time.Time) int64 { return now.Unix() - s.Created.Unix() }

// sockets counts the connections of each port. Leaked are those that no loop knows and that were not closed.
func (r *Router) sockets(c *control.Call) {
	all, ok := r.connections(c)
	if !ok {
		return
	}
	active := make(map[string]int64)
	for i := range all {
		active[all[i].Port]++
	}
	for _, p := range r.Engine.Ports() {
		n := active[p.Port]
		c.Line("Sockets for port %s:", p.Port)
		c.Line("accepted: %d", p.Accepted)
		c.Line("closed: %d", p.Closed)
		c.Line("active: %d", n)
		c.Line("leaked: %d", max(0, p.Accepted-p.Closed-n))
	}
}

// socketThreads lists the connections with what serves them: a loop, in the place of the reference's thread.
func (r *Router) socketThreads(c *control.Call) {
	all, ok := r.connections(c)
	if !ok {
		return
	}
	for i := range all {
		s := &all[i]
		label := ""
		if s.SessionID != nil {
			label = "client $" + base64.StdEncoding.EncodeToString(s.SessionID)
		}
		c.Line("%s,%d,loop %d,%s,%s", s.Port, s.Number, s.Loop, s.State, label)
	}
}

// sums are what server-info tells of some connections. In the place of the reference's queues are: commands that are not
// answered, blocks that are not written, and messages that were pushed and have not left.
type sums struct {
	clients, subscriptions, gets int
	asked, unsent, unread        int
	ids                          []string
}

func (n *sums) add(s *engine.Connection, subscriptions int) {
	n.clients++
	n.subscriptions += subscriptions
	n.gets += s.Gets
	n.asked += s.Asked
	n.unsent += s.Unsent
	n.unread += s.Unread
	n.ids = append(n.ids, strconv.FormatInt(s.Number, 10))
}

func (n *sums) queues() string { return fmt.Sprintf("(%d,%d,%d)", n.asked, n.unsent, n.unread) }

// info tells of connections and subscriptions in sums.
func (r *Router) info(c *control.Call) {
	all, ok := r.connections(c)
	if !ok {
		return
	}
	var clients, messages, notifications sums
	for i := range all {
		s := &all[i]
		if s.SessionID == nil {
			continue
		}
		clients.add(s, s.Subscriptions)
		if n := s.Subscriptions - s.Notifiers; n+s.Gets > 0 {
			messages.add(s, n)
		}
		if s.Notifiers > 0 {
			notifications.add(s, s.Notifiers)
		}
	}
	c.Line("Threads: %d", runtime.NumGoroutine())
	c.Line("Clients: %d", clients.clients)
	if c.Role == control.Admin {
		c.Line("Client queues (rcvQ, sndQ, msgQ): %s", clients.queues())
		c.Line("SMP subscriptions (via clients): %d", messages.subscriptions+messages.gets)
		c.Line("SMP subscriptions (by group: NoSub, SubPending, SubThread, ProhibitSub): (%d,0,0,%d)", messages.subscriptions, messages.gets)
		c.Line("SMP subscribed clients (via clients): %d", messages.clients)
		c.Line("SMP subscribed clients queues (via clients, rcvQ, sndQ, msgQ): %s", messages.queues())
		c.Line("Ntf subscriptions (via clients): %d", notifications.subscriptions)
		c.Line("Ntf subscribed clients (via clients): %d", notifications.clients)
		c.Line("Ntf subscribed clients queues (via clients, rcvQ, sndQ, msgQ): %s", notifications.queues())
	}
	c.Line("SMP subscriptions: %d", messages.subscriptions)
	c.Line("SMP subscribed clients: %d", messages.clients)
	c.Line("SMP subscribed clients count 2: %d", messages.clients)
	ids := "[" + strings.Join(notifications.ids, ",") + "]"
	c.Line("Ntf subscriptions: %d", notifications.subscriptions)
	c.Line("Ntf subscribed clients: %d %s", notifications.clients, ids)
	c.Line("Ntf subscribed clients count 2: %d fromList %s", notifications.clients, ids)
}

// topCount is how many connections top lists, unless it is told.
const topCount = 10

// top lists the connections that hold most memory, and those that have given most commands.
func (r *Router) top(a *control.Args) control.Action {
	n := topCount
	if a.More() {
		var err error
		if n, err = strconv.Atoi(a.Word()); err != nil || n < 1 {
			a.Refuse("top has a number of connections, such as: top 20")
		}
	}
	return func(c *control.Call) {
		all, ok := r.connections(c)
		if !ok {
			return
		}
		r.list(c, "bytes held", all, n, func(s *engine.Connection) int64 { return int64(s.Held) })
		r.list(c, "commands", all, n, func(s *engine.Connection) int64 { return s.Commands })
	}
}

func (r *Router) list(c *control.Call, what string, all []engine.Connection, n int, by func(*engine.Connection) int64) {
	slices.SortStableFunc(all, func(a, b engine.Connection) int { return cmp.Compare(by(&b), by(&a)) })
	c.Line("most %s:", what)
	c.Line("clientId,port,state,bytes,commands,subscriptions,unanswered,unsent,age")
	now := time.Now()
	for i := range all[:min(n, len(all))] {
		s := &all[i]
		c.Line("%d,%s,%s,%d,%d,%d,%d,%d,%d", s.Number, s.Port, s.State, s.Held, s.Commands, s.Subscriptions, s.Asked, s.Unsent, age(s, now))
	}
}
