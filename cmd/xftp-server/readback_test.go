package main

import (
	"reflect"
	"strings"
	"testing"

	"switchyard/server/identity"
	"switchyard/server/inifile"
	"switchyard/server/manage"
	"switchyard/smp"
)

// TestPrintedAddressReadsBack: what start prints is where the ini says that the router is, and the page says the same.
func TestPrintedAddressReadsBack(t *testing.T) {
	for _, c := range []struct {
		host, port string
		want       smp.ServerAddress
	}{
		{"fd00::7", "7443", smp.ServerAddress{Hosts: []string{"fd00::7"}, Port: "7443"}},
		{"[fd00::7]", "0443", smp.ServerAddress{Hosts: []string{"fd00::7"}}},
		{"a.example, ::1", "7443", smp.ServerAddress{Hosts: []string{"a.example", "::1"}, Port: "7443"}},
		{inifile.UnknownHosts, "443", smp.ServerAddress{Hosts: []string{inifile.UnknownHosts}}},
	} {
		s := read(t, "[TRANSPORT]\nhost = "+c.host+"\nport = "+c.port+"\n[FILES]\npath = files\n")
		id := identity.Identity{Hash: [32]byte{7}}
		var out strings.Builder
		printStart(&out, &s, id)
		c.want.Scheme, c.want.KeyHash = smp.SchemeXFTP, [32]byte{7}
		if got := printedAddress(t, out.String()); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q prints %v, want %v", c.host, got, c.want)
		}
		if c.want.Hosts[0] == inifile.UnknownHosts {
			c.want.Hosts = nil
		}
		if got := s.site(id).Address; !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q is on the page %v, want %v", c.host, got, c.want)
		}
	}
}

func read(t *testing.T, text string) settings {
	t.Helper()
	f, err := inifile.Parse("x.ini", []byte(text))
	check(t, err)
	s := readSettings(f, paths{})
	check(t, f.Err())
	return s
}

// printedAddress is the address in what a command prints.
func printedAddress(t *testing.T, text string) smp.ServerAddress {
	t.Helper()
	_, rest, _ := strings.Cut(text, "Server address: ")
	line, _, _ := strings.Cut(rest, "\n")
	address, err := smp.ParseAddress(line)
	check(t, err)
	return address
}

// FuzzInit: whatever options init takes, start reads the same from the ini, and both print the address of the same router.
func FuzzInit(f *testing.F) {
	for _, host := range []string{"xftp.example.net", "fd00::7", "[::1]", "", "x.example:5443", " x"} {
		for _, path := range []string{"files", "`quoted`", `"""`, ";", "# no comment", "a = b", " x", "two\nlines", "é", "/srv/x y"} {
			f.Add(host, path, "10gb")
			f.Add(host, path, "100")
		}
	}
	f.Fuzz(func(t *testing.T, host, path, quota string) {
		o := initOptions{filesPath: path, quota: quota, ip: manage.LoopbackIP, fqdn: host, algorithm: "ED25519", webPath: path}
		if _, err := o.check(); err != nil {
			return
		}
		text, err := o.values(paths{logDir: "LOG"}).render()
		check(t, err)
		file, err := inifile.Parse("x.ini", []byte(text))
		check(t, err)
		s := readSettings(file, paths{})
		check(t, file.Err())
		if lines := append(file.Doubtful(knownSettings()), idleSettings(file)...); lines != nil {
			t.Error(lines)
		}
		if want, _ := parseQuota(quota); s.filesPath != path || s.web.Static != path || s.quota != want {
			t.Errorf("path %q, page %q, quota %d, from %q and %q", s.filesPath, s.web.Static, s.quota, path, quota)
		}
		var atInit, atStart strings.Builder
		id := identity.Identity{Hash: [32]byte{7}}
		manage.PrintServer(&atInit, version(), o.address(id))
		printStart(&atStart, &s, id)
		if a, b := printedAddress(t, atInit.String()), printedAddress(t, atStart.String()); !reflect.DeepEqual(a, b) {
			t.Errorf("init prints %v, start %v", a, b)
		}
	})
}
