package statistics

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"switchyard/server/crash"
)

// Files is what a server writes of its statistics while it runs.
type Files struct {
	Book    *Book
	Daily   string        // the CSV file, to which a line is added at each 00:00 UTC; empty: none
	Metrics string        // the file for Prometheus, each time as a whole; empty: none
	Every   time.Duration // the time from one to the next
	Text    func(now time.Time) []byte
	Keep    func(now time.Time) error // keeps the book in the server's store, each minute; nil: nobody does
	Log     *slog.Logger
}

// keepEvery is how old what is kept may be when the server is killed.
const keepEvery = time.Minute

// Run writes until ctx ends. The book is kept a last time by whoever stops the server, when nothing is counted any more.
func (f *Files) Run(ctx context.Context) {
	defer crash.Report()
	now := time.Now()
	day, keep, metrics := newMidnight(now), now.Add(keepEvery), now.Add(f.Every)
	for {
		wait := min(day.wait(now), keep.Sub(now))
		if f.Metrics != "" {
			wait = min(wait, metrics.Sub(now))
		}
		if !sleep(ctx, max(wait, 0)) {
			return
		}
		if now = time.Now(); day.passed(now) {
			f.turn(now)
		}
		if f.Metrics != "" && due(&metrics, now, f.Every) {
			f.complain("cannot write the metrics", Replace(f.Metrics, f.Text(now)))
		}
		if due(&keep, now, keepEvery) && f.Keep != nil {
			f.complain("cannot keep the statistics", f.Keep(now))
		}
	}
}

// due tells whether the time has come, and arranges the next. One that lies too far ahead was arranged before the clock was set.
func due(next *time.Time, now time.Time, every time.Duration) bool {
	come := !now.Before(*next)
	if come || next.Sub(now) > every {
		*next = now.Add(every)
	}
	return come
}

// turn ends a day.
func (f *Files) turn(now time.Time) {
	if f.Daily == "" {
		f.Book.Read(now) // which ends the periods that are over
		return
	}
	line := f.Book.DailyLine(now)
	out, err := os.OpenFile(f.Daily, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err == nil {
		_, err = out.WriteString(line)
		err = errors.Join(err, out.Close())
	}
	f.complain("cannot write the statistics of the day", err)
}

func (f *Files) complain(what string, err error) {
	if err != nil {
		f.Log.Error(what, "cause", err)
	}
}

// sleep waits, and tells whether the server goes on.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// midnight is the next 00:00 UTC by the system's clock, which may be set meanwhile.
type midnight struct{ next time.Time }

func newMidnight(now time.Time) midnight {
	const day = 24 * time.Hour
	return midnight{now.Truncate(day).Add(day)}
}

// passed tells whether it is past midnight now, once.
func (m *midnight) passed(now time.Time) bool {
	passed := !now.Before(m.next)
	*m = newMidnight(now)
	return passed
}

// wait is how long to wait for it, but no longer than a clock that is set may go unnoticed.
func (m *midnight) wait(now time.Time) time.Duration { return min(m.next.Sub(now), time.Minute) }

// Replace writes a file as a whole: whoever reads it finds the old content or the new one.
func Replace(name string, content []byte) error {
	draft := name + ".new"
	if err := os.WriteFile(draft, content, 0o644); err != nil {
		return err
	}
	return os.Rename(draft, name)
}

// RestoreFile takes the backup in a file over, once: it has another name then. Without the file nothing is done.
func RestoreFile(b *Book, name string) error {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = b.Restore(string(text))
	}
	if err != nil {
		return fmt.Errorf("%s: %w; move it away to begin with new counters", name, err)
	}
	return os.Rename(name, name+".bak")
}
