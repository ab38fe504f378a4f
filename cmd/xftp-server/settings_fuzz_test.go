package main

import (
	"testing"

	"switchyard/server/inifile"
)

// FuzzSettings: no ini makes the settings panic, and without a fault they have a port, a path and times that pass.
func FuzzSettings(f *testing.F) {
	f.Add(iniText)
	f.Add("[TRANSPORT]\nport = 443\n[FILES]\npath = /srv/xftp\nstorage_quota = 10gb\n[AUTH]\nnew_files: maybe\n")
	f.Add("[INACTIVE_CLIENTS]\ndisconnect: on\nttl: -1\n[STORE_LOG]\nexpire_files_hours: 0\nstore_files: database\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := inifile.Parse("x.ini", []byte(text))
		if err != nil {
			return
		}
		s := readSettings(file, paths{})
		if file.Err() == nil && (s.port == "" || s.filesPath == "" || s.router.FileTTL <= 0) {
			t.Errorf("%+v from %q", s, text)
		}
	})
}
