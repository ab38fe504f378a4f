// Package logging is how routers log: the levels by the names of the reference, and one format from the first line to the
// last, text for people or JSON for programs.
//
//	--log-level   trace, debug, info, note, warn or error
//	--log-format  text or json; without it log_format in section [SWITCHYARD] of the ini
//
// What a command prints as its result is no log. In JSON the log also has the error with which a router ends, which people
// read as the command's own line. The package imports server/cli and server/inifile.
package logging

import (
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/pflag"

	"switchyard/server/cli"
	"switchyard/server/inifile"
)

const (
	section = "SWITCHYARD"
	key     = "log_format"
	text    = "text"
	json    = "json"
)

// Flags are the options of a command that runs a router.
type Flags struct{ level, format string }

// AddTo adds the options to those of a command.
func (f *Flags) AddTo(options *pflag.FlagSet) {
	options.StringVar(&f.level, "log-level", "info", "`LEVEL`: trace, debug, info, note, warn or error")
	options.StringVar(&f.format, "log-format", "", "`FORMAT` of the log: text or json (default: as the ini says, or text)")
}

// Check has a setting of the ini refused that names no format.
func Check(f *inifile.File) { f.Choice(section, key, text, json) }

// Log is the log of a router.
type Log struct {
	*slog.Logger
	json bool
}

// Open begins the log of a router whose ini is at path. What is wrong with the ini is for those to say who read all of it.
func (f *Flags) Open(out io.Writer, path string) (*Log, error) {
	level, err := parseLevel(f.level)
	if err != nil {
		return nil, err
	}
	format := f.format
	switch format {
	case text, json:
	case "":
		if ini, err := inifile.Load(path); err == nil {
			format = ini.Choice(section, key, text, json)
		}
	default:
		return nil, fmt.Errorf("--log-format %s is unknown; give text or json", format)
	}
	options := &slog.HandlerOptions{Level: level}
	if format == json {
		return &Log{slog.New(slog.NewJSONHandler(out, options)), true}, nil
	}
	return &Log{slog.New(slog.NewTextHandler(out, options)), false}, nil
}

// End returns the error with which a router has ended, which the command says to people. In JSON the log has said it.
func (l *Log) End(err error) error {
	if err == nil || !l.json {
		return err
	}
	l.Error("the router has ended", "error", strings.Join(strings.Fields(err.Error()), " "))
	return cli.ErrTold
}

// parseLevel takes the names of the reference.
func parseLevel(name string) (slog.Level, error) {
	switch name {
	case "trace", "debug":
		return slog.LevelDebug, nil
	case "info", "note":
		return slog.LevelInfo, nil
	case "warn":
		return slog.LevelWarn, nil
	case "error":
		return slog.LevelError, nil
	}
	return 0, fmt.Errorf("--log-level %s is unknown; give trace, debug, info, note, warn or error", name)
}
