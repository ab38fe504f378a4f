package router

import (
	"bufio"
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"

	"switchyard/xftp"
	"switchyard/xftp/packets"
)

// Control is the control port: a line protocol for the operator, on the loopback interface. Its words are those of
// the reference.
//
//	auth PASSWORD                         → Current role is CPRAdmin | CPRUser | CPRNone
//	delete RECIPIENTID                    → ok | error: AUTH           for both roles
//	block RECIPIENTID reason=spam|content → ok | error: AUTH           for both roles
//	stats-rts                             → memory and goroutines
//	help, quit
type Control struct {
	Router              *Router
	AdminPassword, User string // empty: nobody has that role
}

// maxControlLine is how long a command may be.
const maxControlLine = 4096

// Serve serves the connections of l until it is closed.
func (c *Control) Serve(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			c.talk(conn, conn)
		}()
	}
}

type role string

const (
	roleNone  role = "CPRNone"
	roleUser  role = "CPRUser"
	roleAdmin role = "CPRAdmin"
)

func (c *Control) talk(in io.Reader, out io.Writer) {
	fmt.Fprintln(out, "XFTP server control port\n'help' for supported commands")
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxControlLine)
	current := roleNone
	for lines.Scan() {
		command, argument, _ := strings.Cut(strings.TrimRight(lines.Text(), "\r"), " ")
		switch command {
		case "":
		case "quit":
			return
		case "help":
			fmt.Fprintln(out, "commands: stats-rts, delete, help, quit")
		case "auth":
			fmt.Fprintln(out, c.authorize(&current, argument))
		case "stats-rts":
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			fmt.Fprintf(out, "heap %d bytes, system %d bytes, collections %d, goroutines %d\n", m.HeapAlloc, m.Sys, m.NumGC, runtime.NumGoroutine())
		case "delete", "block":
			if current == roleNone {
				c.Router.cfg.Log.Error("command on the control port without a password")
				fmt.Fprintln(out, "AUTH")
				continue
			}
			c.Router.cfg.Log.Warn("control port", "command", command)
			fmt.Fprintln(out, c.end(command, argument))
		default:
			fmt.Fprintln(out, "error: unknown command")
		}
	}
}

// authorize gives a role to whoever has none.
func (c *Control) authorize(current *role, password string) string {
	next := roleNone
	switch {
	case matches(c.AdminPassword, password):
		next = roleAdmin
	case matches(c.User, password):
		next = roleUser
	}
	switch {
	case *current == roleNone:
		*current = next
	case *current != next:
		return "Current role is " + string(*current) + ", start new session to change."
	}
	return "Current role is " + string(*current)
}

func matches(want, given string) bool {
	return want != "" && subtle.ConstantTimeCompare([]byte(want), []byte(given)) == 1
}

// end deletes or blocks the packet that a recipient has access to.
func (c *Control) end(command, argument string) string {
	text, info, _ := strings.Cut(argument, " ")
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	id, ok := packets.ParseID(raw)
	if err != nil || !ok {
		return "error: AUTH"
	}
	reason, ok := xftp.ParseBlockingInfo(info)
	if command == "block" && !ok {
		return "error: the reason is not reason=spam or reason=content"
	}
	ctx := context.Background()
	sender, _, _, err := c.Router.store.Access(id)
	switch {
	case err != nil:
	case command == "delete":
		if err = c.Router.store.Delete(ctx, sender); err == nil {
			c.Router.Stats.Deleted.Add(1)
		}
	default:
		if err = c.Router.store.Block(ctx, sender, reason.BlockingInfo()); err == nil {
			c.Router.Stats.Blocked.Add(1)
		}
	}
	switch {
	case errors.Is(err, packets.ErrNotFound):
		return "error: AUTH"
	case err != nil:
		c.Router.cfg.Log.Error("the store failed", "cause", cause(err))
		return "error: FILE_IO"
	}
	return "ok"
}
