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

// printedAddress is the address in what a command prints.
func printedAddress(t *testing.T, text string) smp.ServerAddress {
	t.Helper()
	_, rest, _ := strings.Cut(text, "Server address: ")
	line, _, _ := strings.Cut(rest, "\n")
	address, err := smp.ParseServerAddress(line)
	if err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return address
}

// TestPrintedAddressReadsBack: what start prints is where the ini says that the router is.
func TestPrintedAddressReadsBack(t *testing.T) {
	for _, c := range []struct {
		ini  string
		want smp.ServerAddress
	}{
		{"[TRANSPORT]\nhost = fd00::7\nport = 7443\n", smp.ServerAddress{Hosts: []string{"fd00::7"}, Port: "7443"}},
		{"[TRANSPORT]\nhost = [fd00::7]\nport = 7443,443\n", smp.ServerAddress{Hosts: []string{"fd00::7"}, Port: "7443"}},
		{"[TRANSPORT]\nhost = fd00::7\nport = 443,05223\n", smp.ServerAddress{Hosts: []string{"fd00::7"}}},
		{"[TRANSPORT]\nhost = a.example, ::1\nport = 07443\n[AUTH]\ncreate_password = `;\"#\n",
			smp.ServerAddress{Hosts: []string{"a.example", "::1"}, Port: "7443", BasicAuth: "`;\"#"}},
		{"[TRANSPORT]\nport = 80\n", smp.ServerAddress{Hosts: []string{inifile.UnknownHosts}, Port: "80"}},
	} {
		s, err := read(t, c.ini)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		printStart(&out, &s, identity.Identity{Hash: [32]byte{7}})
		c.want.Scheme, c.want.KeyHash = smp.SchemeSMP, [32]byte{7}
		if got := printedAddress(t, out.String()); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q prints %v, want %v", c.ini, got, c.want)
		}
	}
}

// FuzzInit: whatever options init takes, start reads the same from the ini, and both print the address of the same router.
func FuzzInit(f *testing.F) {
	for _, host := range []string{"smp.example.net", "fd00::7", "[::1]", "", "x.example:5223", " x"} {
		for _, text := range []string{"", "`quoted`", `"""`, ";", "# no comment", "a = b", "[SECTION]", " x", "two\nlines", "é"} {
			f.Add(host, "a@b", text, "192.0.2.1:1080")
			f.Add(host, "p4ss`", text, "localhost:1")
		}
	}
	f.Fuzz(func(t *testing.T, host, password, text, socks string) {
		o := initOptions{
			ip: manage.LoopbackIP, fqdn: host, password: password, algorithm: "ED25519", database: defaultDatabase, schema: text, poolSize: 1,
			socksProxy: socks, ownDomains: host, webPath: text, sourceCode: "https://example.net", info: information{operator: text, hosting: text},
		}
		if o.normalize() != nil {
			return
		}
		v := o.iniValues(paths{cfgDir: "CFG", logDir: "LOG"})
		ini, err := v.render()
		if err != nil {
			t.Fatal(err)
		}
		file, err := inifile.Parse("x.ini", []byte(ini))
		if err != nil {
			t.Fatal(err)
		}
		s := readSettings(file, paths{cfgDir: "CFG", logDir: "LOG"})
		if file.Err() != nil || file.Doubtful(knownSettings()) != nil {
			t.Fatal(file.Err(), file.Doubtful(knownSettings()))
		}
		for _, c := range []struct{ section, key, want string }{
			{"STORE_LOG", "db_schema", text}, {"PROXY", "own_server_domains", host}, {"PROXY", "socks_proxy", socks}, {"WEB", "static_path", orElse(text, "LOG/www")},
			{"INFORMATION", "operator", text}, {"INFORMATION", "hosting", text}, {"AUTH", "create_password", v.Password}, {"TRANSPORT", "host", v.Host},
		} {
			if got := file.Text(c.section, c.key, ""); got != c.want {
				t.Errorf("[%s] %s is %q, want %q", c.section, c.key, got, c.want)
			}
		}
		var atInit, atStart strings.Builder
		id := identity.Identity{Hash: [32]byte{7}}
		report(&atInit, paths{}, id, v)
		printStart(&atStart, &s, id)
		if a, b := printedAddress(t, atInit.String()), printedAddress(t, atStart.String()); !reflect.DeepEqual(a, b) {
			t.Errorf("init prints %v, start %v", a, b)
		}
	})
}
