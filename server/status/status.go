// Package status is how a server says how it is: the command `status` of its program, which asks the running server over the
// socket beside its store (server/control), and the record of the last backup.
//
// Nothing here keeps state, but the file that names the last backup. The package imports server/control.
package status

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"switchyard/server/control"
)

// Report is how a server is. What it does not have, or does not know without a scan of its store, is nil.
type Report struct {
	Version       string    `json:"version"`
	Address       string    `json:"address"`
	Started       time.Time `json:"started"`
	Uptime        int64     `json:"uptime"` // seconds
	Draining      bool      `json:"draining"`
	Connections   int64     `json:"connections"`
	Subscriptions *int64    `json:"subscriptions,omitempty"`
	Queues        *int64    `json:"queues,omitempty"`
	Messages      *int64    `json:"messages,omitempty"`
	Packets       *int64    `json:"packets,omitempty"`
	PacketBytes   *int64    `json:"packet_bytes,omitempty"`
	Disk          *Disk     `json:"disk,omitempty"`
	LastBackup    *Backup   `json:"last_backup,omitempty"`
}

// Disk is what a store takes, and what is left beside it.
type Disk struct {
	Store string `json:"store"` // the directory
	Used  int64  `json:"used"`  // bytes
	Free  int64  `json:"free"`  // bytes
}

// Command is the command summary of the control port, by which a server is asked. fill adds to a report what the server
// knows; where it is and how long it runs are there already.
func Command(version, address string, fill func(*control.Call, *Report) error) control.Command {
	started := time.Now()
	return control.Command{Name: "summary", Role: control.User, Parse: control.Plain(func(c *control.Call) {
		r := &Report{Version: version, Address: address, Started: started.UTC().Truncate(time.Second), Uptime: int64(time.Since(started).Seconds())}
		err := fill(c, r)
		var text []byte
		if err == nil {
			text, err = json.Marshal(r)
		}
		if err != nil {
			c.Fail(err)
			return
		}
		c.Line("%s", text)
	})}
}

// CommandLine is the command `status` of a server's program. socket says where the server has its socket.
func CommandLine(program string, socket func() (string, error)) *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:     "status",
		Short:   "Say how the running router is: connections, what it holds, disk, last backup",
		Example: "  " + program + " status\n  " + program + " status --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			name, err := socket()
			if err != nil {
				return err
			}
			lines, err := control.Ask(name, "summary")
			if errors.Is(err, control.ErrStopped) {
				return fmt.Errorf("%w, or not as this user: nobody serves %s; run `%s start`, or become the router's user", err, name, program)
			}
			if err != nil {
				return err
			}
			if asJSON {
				_, err = fmt.Fprintln(cmd.OutOrStdout(), lines[0])
				return err
			}
			var r Report
			if err := json.Unmarshal([]byte(lines[0]), &r); err != nil {
				return fmt.Errorf("the router's answer does not parse: %w; it may be of another version than this program", err)
			}
			r.print(cmd.OutOrStdout())
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON, for programs")
	return cmd
}

// timeForm is how people read a time.
const timeForm = "2006-01-02 15:04:05 UTC"

// print writes the report for people.
func (r *Report) print(out io.Writer) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(out, "%-15s"+format+"\n", append([]any{name + ":"}, args...)...)
	}
	line("version", "%s", r.Version)
	line("address", "%s", r.Address)
	state := ""
	if r.Draining {
		state = ", taking no new connections"
	}
	line("running", "since %s, %s%s", r.Started.UTC().Format(timeForm), time.Duration(r.Uptime)*time.Second, state)
	line("connections", "%d", r.Connections)
	for _, n := range []struct {
		name  string
		count *int64
	}{{"subscriptions", r.Subscriptions}, {"queues", r.Queues}, {"messages", r.Messages}, {"packets", r.Packets}} {
		if n.count != nil {
			line(n.name, "%d", *n.count)
		}
	}
	if r.PacketBytes != nil {
		line("in packets", "%s", humanize.IBytes(uint64(*r.PacketBytes)))
	}
	if d := r.Disk; d != nil {
		line("disk", "%s in %s, %s free", humanize.IBytes(uint64(d.Used)), d.Store, humanize.IBytes(uint64(d.Free)))
	}
	if b := r.LastBackup; b != nil {
		line("last backup", "%s, in %s", b.Time.UTC().Format(timeForm), b.Dir)
	} else {
		line("last backup", "none")
	}
}

// Backup is a backup that was made.
type Backup struct {
	Time time.Time `json:"time"`
	Dir  string    `json:"dir"`
}

// RecordSuffix makes the name of a store that of the file beside it which names the last backup.
const RecordSuffix = ".backup.json"

// NoteBackup notes that a backup of a store was made.
func NoteBackup(storePath, dir string) error {
	text, err := json.Marshal(Backup{Time: time.Now().UTC().Truncate(time.Second), Dir: dir})
	if err != nil {
		return err
	}
	name := storePath + RecordSuffix
	draft := name + ".new"
	if err := os.WriteFile(draft, append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(draft, name)
}

// LastBackup is the last backup of a store, nil when there is none that anybody knows of.
func LastBackup(storePath string) *Backup {
	text, err := os.ReadFile(storePath + RecordSuffix)
	if err != nil {
		return nil
	}
	b := new(Backup)
	if json.Unmarshal(text, b) != nil {
		return nil
	}
	return b
}

// DiskOf is what a store takes. Files may come and go meanwhile.
func DiskOf(store string) *Disk {
	d := &Disk{Store: store}
	_ = filepath.WalkDir(store, func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil // what has gone takes no space
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			d.Used += info.Size()
		}
		return nil
	})
	usage, err := vfs.Default.GetDiskUsage(store)
	if err != nil {
		return nil
	}
	d.Free = int64(usage.AvailBytes)
	return d
}
