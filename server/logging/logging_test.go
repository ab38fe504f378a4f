package logging

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"switchyard/server/cli"
)

// open is a log by options, and by an ini.
func open(t *testing.T, ini string, args ...string) (*Log, *bytes.Buffer, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.ini")
	if err := os.WriteFile(path, []byte(ini), 0o600); err != nil {
		t.Fatal(err)
	}
	var f Flags
	options := pflag.NewFlagSet("start", pflag.ContinueOnError)
	f.AddTo(options)
	if err := options.Parse(args); err != nil {
		t.Fatal(err)
	}
	out := new(bytes.Buffer)
	log, err := f.Open(out, path)
	return log, out, err
}

// TestFormat: the option goes before the ini, and an ini that cannot be read gives text.
func TestFormat(t *testing.T) {
	const asked = "[SWITCHYARD]\nlog_format = json\n"
	for _, test := range []struct {
		ini  string
		args []string
		json bool
	}{
		{"", nil, false},
		{asked, nil, true},
		{asked, []string{"--log-format", "text"}, false},
		{"", []string{"--log-format", "json"}, true},
		{"[SWITCHYARD", nil, false},
		{"[SWITCHYARD]\nlog_format = xml\n", nil, false},
	} {
		log, out, err := open(t, test.ini, test.args...)
		if err != nil {
			t.Errorf("%+v: %v", test, err)
			continue
		}
		fault := errors.New("the port\nis in use")
		log.Warn("a line")
		if got := strings.HasPrefix(out.String(), `{"time":"`); got != test.json || !strings.Contains(out.String(), "a line") {
			t.Errorf("%+v: %s", test, out)
		}
		out.Reset()
		switch err := log.End(fault); {
		case test.json && (err != cli.ErrTold || !strings.Contains(out.String(), `"level":"ERROR"`) || !strings.Contains(out.String(), "the port is in use")):
			t.Errorf("%+v: %v, %s", test, err, out)
		case !test.json && (err != fault || out.Len() > 0):
			t.Errorf("%+v: %v, %s", test, err, out)
		}
		if log.End(nil) != nil {
			t.Errorf("%+v: an end without an error is one", test)
		}
	}
}

// TestLevels: the names are the reference's, and each hides what is below.
func TestLevels(t *testing.T) {
	for name, lines := range map[string]int{"trace": 4, "debug": 4, "info": 3, "note": 3, "warn": 2, "error": 1} {
		log, out, err := open(t, "", "--log-level", name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		log.Debug("a")
		log.Info("a")
		log.Warn("a")
		log.Error("a")
		if n := strings.Count(out.String(), "\n"); n != lines {
			t.Errorf("%s: %d lines", name, n)
		}
	}
	for _, args := range [][]string{{"--log-level", "loud"}, {"--log-format", "xml"}} {
		if _, _, err := open(t, "", args...); err == nil || !strings.HasPrefix(err.Error(), strings.Join(args, " ")+" is unknown; give ") {
			t.Errorf("%v: %v", args, err)
		}
	}
}
