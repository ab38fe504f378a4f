// Package reload has a router that runs take over what its operator has changed in the ini and in files, on SIGHUP:
//
//	SIGHUP → the ini and the files are read and judged by all parts → all parts change
//	           │ one finds a fault: the log names it, and everything is as before
//	           └ the log names what has changed, and what has to wait for the next start
//
// A router is made of parts that can be reread, each with its settings; a setting of none of them is one that only a start
// reads. No connection is closed. Values stand in no line of the log: some are passwords.
//
// One goroutine rereads, and calls the parts. The package imports server/inifile and server/systemd.
package reload

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"

	"switchyard/server/inifile"
	"switchyard/server/systemd"
)

// Part is something of a router that can be reread.
type Part struct {
	// Settings are its keys in the ini, by section. All is every key of one.
	Settings map[string][]string
	// Read judges what is in the ini and in files of the part's own. It changes nothing but by the function that it returns,
	// which may be nil.
	Read func(f *inifile.File) (change func(), err error)
}

// All stands for every key of a section.
const All = "*"

// Reloader rereads what a router is made of.
type Reloader struct {
	path    string
	log     *slog.Logger
	parts   []Part
	started *inifile.File // with which the router has started
	last    *inifile.File // that was taken over last
}

// New returns the Reloader of a router that has started with this ini.
func New(started *inifile.File, log *slog.Logger, parts ...Part) *Reloader {
	return &Reloader{path: started.Path, log: log, parts: parts, started: started, last: started}
}

// Serve rereads at each hangup, until ctx ends.
func (r *Reloader) Serve(ctx context.Context, hangups <-chan os.Signal) {
	for {
		select {
		case <-hangups:
			systemd.Reloading()
			r.Reload()
			systemd.Ready()
		case <-ctx.Done():
			return
		}
	}
}

// Reload rereads everything, or changes nothing; the log says which.
func (r *Reloader) Reload() {
	f, changes, err := r.read()
	if err != nil {
		r.log.Error("nothing was reread, all settings and certificates are as before", "cause", err.Error())
		return
	}
	for _, change := range changes {
		change()
	}
	var changed []inifile.Setting
	for _, s := range inifile.Changed(r.last, f) {
		if r.rereads(s) {
			changed = append(changed, s)
		}
	}
	r.last = f
	if waiting := slices.DeleteFunc(inifile.Changed(r.started, f), r.rereads); len(waiting) > 0 {
		r.log.Warn("some settings are read at the start only; restart the router to have them changed", "settings", names(waiting))
	}
	r.log.Info("settings and certificates are reread", "changed", names(changed))
}

// read has all parts read; without a fault it returns what changes them.
func (r *Reloader) read() (f *inifile.File, changes []func(), err error) {
	if f, err = inifile.Load(r.path); err != nil {
		return nil, nil, err
	}
	for _, p := range r.parts {
		change, fault := p.Read(f)
		if change != nil {
			changes = append(changes, change)
		}
		err = errors.Join(err, fault)
	}
	return f, changes, errors.Join(f.Err(), err)
}

// rereads tells whether a part has this setting.
func (r *Reloader) rereads(s inifile.Setting) bool {
	return slices.ContainsFunc(r.parts, func(p Part) bool {
		keys := p.Settings[s.Section]
		return slices.Contains(keys, s.Key) || slices.Contains(keys, All)
	})
}

func names(all []inifile.Setting) string {
	if len(all) == 0 {
		return "nothing"
	}
	var b strings.Builder
	for i, s := range all {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(s.String())
	}
	return b.String()
}
