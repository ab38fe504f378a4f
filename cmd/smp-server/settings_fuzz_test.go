package main

import (
	"strings"
	"testing"

	"switchyard/server/inifile"
)

// FuzzSettings: no ini makes the settings panic, and a fault is a line for each setting that has one.
func FuzzSettings(f *testing.F) {
	f.Add(iniText)
	f.Add("[TRANSPORT]\nport = 5223,443\nhost = <hostnames>\n[AUTH]\nnew_queues: maybe\ncreate_password: a b\n")
	f.Add("[INACTIVE_CLIENTS]\ndisconnect: on\nttl: -1\ncheck_interval: 99999999999999999999\n[PROXY]\nsocks_proxy: [::1\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := inifile.Parse("x.ini", []byte(text))
		if err != nil {
			return
		}
		s := readSettings(file, paths{cfgDir: "CFG", logDir: "LOG"})
		err = file.Err()
		if err == nil && len(s.ports) == 0 {
			t.Errorf("settings without a port from %q", text)
		}
		if err != nil && strings.Contains(err.Error(), "\n\n") {
			t.Errorf("a fault with an empty line: %q", err)
		}
	})
}
