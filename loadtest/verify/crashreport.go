package verify

import (
	"fmt"
	"io"

	"switchyard/loadtest/results"
)

// CrashReport is what Crash tells beside the exchange of messages.
type CrashReport struct {
	Seed         uint64   `json:"seed"`
	Kills        int      `json:"kills"`
	Starting     int      `json:"killsWhileStarting"`
	OfRouter     int      `json:"killsOfRouter"` // alone or together with others, as those below
	OfProxy      int      `json:"killsOfProxy"`
	OfClients    int      `json:"killsOfClients"`
	Clients      int      `json:"clientsKilled"`
	SlowestStart float64  `json:"slowestStart"` // milliseconds from the start of the process to its first connection
	Deleted      int      `json:"deleted"`      // queues that were deleted and, at the end, asked for again
	Forgets      *Forgets `json:"forgets,omitempty"`
	Directory    string   `json:"directory,omitempty"`
}

// Forgets is what a router that does not sync always has forgotten, as it may, of what it answered within the window before
// its last answer. Messages and ACKs are in the verdict. Times are milliseconds.
type Forgets struct {
	Window    float64 `json:"window"`
	Oldest    float64 `json:"oldest"` // how long before its kill the earliest was answered
	Queues    int     `json:"queues"`
	Keys      int     `json:"keys"`
	Deletions int     `json:"deletions"`
}

// writeCrash prints what was killed.
func (r *Report) writeCrash(t results.Table) {
	c := r.Crash
	if c == nil {
		return
	}
	t.Row("kills", c.Kills, "while starting", c.Starting, "slowest start ms", results.Fixed(c.SlowestStart))
	t.Row("of the router", c.OfRouter, "of the proxy", c.OfProxy, "of clients", fmt.Sprintf("%d, %d in all", c.OfClients, c.Clients))
	t.Row("unanswered NEW", r.Orphans, "deleted queues", c.Deleted, "that came back", r.Undeleted)
}

// writeForgets prints what the router has forgotten, as it may and as it may not.
func (r *Report) writeForgets(w io.Writer) {
	if r.Crash == nil || r.Crash.Forgets == nil {
		return
	}
	f := r.Crash.Forgets
	fmt.Fprintf(w, "lost of the last interval: %d messages, %d ACKs, %d queues, %d keys, %d deletions; the oldest answered %s ms before its kill\n",
		r.Forgotten, r.Returned-r.Undone, f.Queues, f.Keys, f.Deletions, results.Fixed(f.Oldest))
	fmt.Fprintf(w, "lost of before: %d messages, %d ACKs, %d queues, %d deletions\n", r.Lost, r.Undone, r.Missing, r.Undeleted)
}
