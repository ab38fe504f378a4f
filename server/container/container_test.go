package container

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseAddress(t *testing.T) {
	for _, c := range []struct {
		text   string
		want   Address
		domain string
		fault  string
	}{
		{"smp1.example.org", Address{FQDN: "smp1.example.org"}, "example.org", ""},
		{"example.org", Address{FQDN: "example.org"}, "example.org", ""},
		{"a.b.c.example.org", Address{FQDN: "a.b.c.example.org"}, "example.org", ""},
		{"192.0.2.7", Address{IP: "192.0.2.7"}, "", ""},
		{"2001:db8::7", Address{IP: "2001:db8::7"}, "", ""},
		{"::1", Address{IP: "::1"}, "", ""},
		{"", Address{}, "", "ADDR is not set; set it to "},
		{"localhost", Address{}, "", `ADDR "localhost" is no name of a host on the Internet; set one such as `},
		{"https://smp.example.org", Address{}, "", "is no IP address; give one"},
		{"smp.example.org/", Address{}, "", "has a slash; give the host alone"},
		{"1.2.3", Address{}, "", "is no IP address; give one"},
		{"two\nlines.example", Address{}, "", "has white space; remove it"},
	} {
		got, err := ParseAddress(c.text)
		if err == nil && (got != c.want || got.Domain() != c.domain || c.fault != "") {
			t.Errorf("%q: %+v, %q", c.text, got, got.Domain())
		}
		if err != nil && (c.fault == "" || !strings.Contains(err.Error(), c.fault) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%q: %v", c.text, err)
		}
	}
}

func TestCertificates(t *testing.T) {
	t.Setenv("CERTIFICATES_PATH", "")
	if cert, key := (Address{FQDN: "x.example"}).Certificates(); cert != "/certificates/x.example.crt" || key != "/certificates/x.example.key" {
		t.Error(cert, key)
	}
	t.Setenv("CERTIFICATES_PATH", "/elsewhere")
	if cert, _ := (Address{IP: "192.0.2.7"}).Certificates(); cert != "/elsewhere/192.0.2.7.crt" {
		t.Error(cert)
	}
}

// TestBackup: the newest are kept, what a kill left goes, what is nobody's stays, and a failure takes nothing away.
func TestBackup(t *testing.T) {
	state := t.TempDir()
	store := filepath.Join(state, "store")
	all := filepath.Join(state, "backups")
	made := 0
	save := func(dir string) error {
		made++
		return os.MkdirAll(filepath.Join(dir, "store"), 0o700)
	}
	names := func() (names []string) {
		entries, _ := os.ReadDir(all)
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	now := time.Date(2026, 11, 30, 1, 2, 3, 0, time.UTC)
	t.Setenv("BACKUPS", "2")
	must(Backup(state, store, now, save)) // no store yet
	if made != 0 || len(names()) != 0 {
		t.Error(names())
	}
	must(os.MkdirAll(store, 0o700))
	must(os.WriteFile(filepath.Join(store, "marker.manifest.000001.MANIFEST-000001"), nil, 0o600))
	must(os.MkdirAll(filepath.Join(all, "20260101T000000Z.partial"), 0o700))
	must(os.MkdirAll(filepath.Join(all, "queues"), 0o700))
	for day := range 4 {
		must(Backup(state, store, now.AddDate(0, 0, day), save))
	}
	if want := []string{"20261202T010203Z", "20261203T010203Z", "queues"}; made != 4 || !slices.Equal(names(), want) {
		t.Error(made, names())
	}
	full := errors.New("full")
	if err := Backup(state, store, now.AddDate(0, 1, 0), func(string) error { return full }); err != full || len(names()) != 3 {
		t.Error(err, names())
	}
	t.Setenv("BACKUPS", "0")
	must(Backup(state, store, now.AddDate(0, 2, 0), save))
	if made != 4 {
		t.Error("a backup was made")
	}
	t.Setenv("BACKUPS", "some")
	if err := Backup(state, store, now, save); err == nil || err.Error() != `BACKUPS "some" is no number; set how many backups are kept, 0 for none` {
		t.Error(err)
	}
}
