package main

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"switchyard/engine/relay"
	"switchyard/server/control"
	"switchyard/server/inifile"
	"switchyard/server/manage"
	"switchyard/wal"
)

// read gives the settings of an ini that has the required ones and text.
func read(t *testing.T, text string) (settings, error) {
	t.Helper()
	f, err := inifile.Parse("x.ini", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	s := readSettings(f, paths{cfgDir: "CFG", logDir: "LOG"})
	return s, f.Err()
}

// TestSettingsWhenMissing: the reference's defaults of settings that are not there, which differ from the template's.
func TestSettingsWhenMissing(t *testing.T) {
	s, err := read(t, "[TRANSPORT]\nport = 5223\n")
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(s.addressHosts(), []string{"<hostnames>"}) || s.persist || s.password != "" || !s.queues.NewQueues || !s.queues.ExpireOnSend {
		t.Errorf("%+v", s)
	}
	if s.engine.Proxy == nil || !reflect.DeepEqual(*s.engine.Proxy, relay.Config{}) || s.engine.ForwardsPerClient != 32 {
		t.Errorf("proxy %+v", s.engine.Proxy)
	}
	if s.queues.MessageTTL != 21*24*time.Hour || s.engine.InactiveTTL >= 0 {
		t.Errorf("times: %v %v", s.queues.MessageTTL, s.engine.InactiveTTL)
	}
	if got := s.listen(); !reflect.DeepEqual(got, []string{":5223"}) {
		t.Error(got)
	}
}

func TestSettingsAreTaken(t *testing.T) {
	s, err := read(t, `[STORE_LOG]
enable: on
expire_messages_days = 3
expire_messages_on_send = off
[AUTH]
new_queues = off
create_password = s3cret
[TRANSPORT]
host = a.example,b.onion
port = 443, 5223,443
websockets = 8080,443
control_port = 5224
log_tls_errors = on
[PROXY]
host_mode = onion
required_host_mode = on
own_server_domains = Example.net, a.example b.example
socks_proxy = 192.0.2.1:1080
socks_mode = always
client_concurrency = 7
[INACTIVE_CLIENTS]
disconnect = on
ttl = 60
check_interval = 20
[SWITCHYARD]
bind = 127.0.0.1, [::1]
sync = interval
sync_interval_ms = 250
memtable_mb = 8
cache_mb = 16
queue_cache = 1000
shards = 3
handshake_workers = 5
store_path = elsewhere
pprof = localhost:6060
`)
	if err != nil {
		t.Fatal(err)
	}
	want := wal.Options{Sync: wal.SyncInterval, Interval: 250 * time.Millisecond, MemTable: 8 << 20, Cache: 16 << 20}
	if s.store != want {
		t.Errorf("store %+v", s.store)
	}
	q := s.queues
	if q.Shards != 3 || q.QueueCache != 1000 || q.MessageTTL != 72*time.Hour || q.ExpireOnSend || q.NewQueues || q.BasicAuth != "s3cret" {
		t.Errorf("queues %+v", q)
	}
	e := s.engine
	if e.InactiveTTL != time.Minute || e.InactiveCheck != 20*time.Second || e.HandshakeWorkers != 5 || !e.LogTLSErrors {
		t.Errorf("engine %+v", e)
	}
	p := relay.Config{HostMode: relay.HostOnion, RequiredHost: true, Socks: &relay.Socks{Address: "192.0.2.1:1080"}, SocksAlways: true,
		OwnDomains: []string{"example.net", "a.example", "b.example"}}
	if !reflect.DeepEqual(*e.Proxy, p) || e.ForwardsPerClient != 7 {
		t.Errorf("proxy %+v, %d at a time", e.Proxy, e.ForwardsPerClient)
	}
	if got := s.listen(); !reflect.DeepEqual(got, []string{"127.0.0.1:443", "[::1]:443", "127.0.0.1:5223", "[::1]:5223", "127.0.0.1:8080", "[::1]:8080"}) {
		t.Error(got)
	}
	if !reflect.DeepEqual(s.addressHosts(), []string{"a.example", "b.onion"}) || s.storePath != "elsewhere" || s.pprof != "localhost:6060" || s.addressPort() != "" {
		t.Errorf("%+v", s)
	}
	if !reflect.DeepEqual(e.WebPorts, []int{8080}) {
		t.Error(e.WebPorts)
	}
	if c := (controlSettings{Settings: control.Settings{Port: "5224"}, blockQuota: 20}); s.control != c {
		t.Errorf("%+v", s.control)
	}
}

// TestSettingsFaults: each bad value is one line that says where, what and how to mend it.
func TestSettingsFaults(t *testing.T) {
	for _, test := range []struct{ ini, want string }{
		{"[TRANSPORT]\nhost = a\n", "x.ini:1: [TRANSPORT] port: is missing; add `port = 5223`"},
		{"[TRANSPORT]\nport = 5223,x\n", `x.ini:2: [TRANSPORT] port: "x" is not a port; write numbers from 1 to 65535, separated by commas`},
		{"[TRANSPORT]\nport =\n", "x.ini:2: [TRANSPORT] port: has no value; write `port = 5223`"},
		{"[TRANSPORT]\nport = 65536\n", `x.ini:2: [TRANSPORT] port: "65536" is not a port; write numbers from 1 to 65535, separated by commas`},
		{"[TRANSPORT]\nport = 1\nwebsockets = yes\n", `x.ini:3: [TRANSPORT] websockets: "yes" is not a port; write numbers from 1 to 65535, separated by commas`},
		{"[AUTH]\ncreate_password = a b\n[TRANSPORT]\nport = 1\n", "x.ini:2: [AUTH] create_password: is not valid; " + manage.PasswordRule},
		{"[AUTH]\ncreate_password = a@b\n[TRANSPORT]\nport = 1\n", "x.ini:2: [AUTH] create_password: is not valid; " + manage.PasswordRule},
		{"[TRANSPORT]\nport = 1\nhost = http://x.example\n",
			`x.ini:3: [TRANSPORT] host: "http://x.example" is a link; give the host alone, without http:// or https://`},
		{"[TRANSPORT]\nport = 1\nhost = x.example:5223\n",
			`x.ini:3: [TRANSPORT] host: "x.example:5223" has a port; give the host alone, as the port is a setting of its own`},
		{"[AUTH]\ncreate_password =\n[TRANSPORT]\nport = 1\n", "x.ini:2: [AUTH] create_password: is not valid; " + manage.PasswordRule},
		{"[AUTH]\nnew_queues = yes\n[TRANSPORT]\nport = 1\n", `x.ini:2: [AUTH] new_queues: "yes" is neither on nor off; write on or off`},
		{"[STORE_LOG]\nstore_messages = x\n[TRANSPORT]\nport = 1\n",
			`x.ini:2: [STORE_LOG] store_messages: "x" is unknown; write memory or journal or database`},
		{"[STORE_LOG]\nexpire_messages_days = 0\n[TRANSPORT]\nport = 1\n",
			`x.ini:2: [STORE_LOG] expire_messages_days: "0" is not a number in range; write one from 1 to 36500`},
		{"[TRANSPORT]\nport = 1\n[INACTIVE_CLIENTS]\ndisconnect = on\nttl = 5\n",
			"x.ini:3: [INACTIVE_CLIENTS] check_interval: is missing; add `check_interval = 3600`"},
		{"[TRANSPORT]\nport = 1\n[PROXY]\nsocks_proxy = localhost:x\n",
			`x.ini:4: [PROXY] socks_proxy: is not a SOCKS proxy; write HOST:PORT, with @ or USER:PASSWORD@ before it to connect without isolation`},
		{"[TRANSPORT]\nport = 1\n[PROXY]\nown_server_domains = a.example, b_c!\n",
			`x.ini:4: [PROXY] own_server_domains: "b_c!" is no domain; write names of hosts, separated by spaces or commas`},
		{"[TRANSPORT]\nport = 1\n[PROXY]\nsocks_mode = never\n", `x.ini:4: [PROXY] socks_mode: "never" is unknown; write onion or always`},
		{"[TRANSPORT]\nport = 1\n[PROXY]\nclient_concurrency = 0\n",
			`x.ini:4: [PROXY] client_concurrency: "0" is not a number in range; write one from 1 to 100000`},
		{"[TRANSPORT]\nport = 1\n[SWITCHYARD]\nsync = often\n", `x.ini:4: [SWITCHYARD] sync: "often" is unknown; write always or interval or never`},
		{"[TRANSPORT]\nport = 1\n[SWITCHYARD]\nbind = localhost\n",
			`x.ini:4: [SWITCHYARD] bind: "localhost" is not an IP address; write addresses of this machine, separated by commas`},
		{"[TRANSPORT]\nport = 1\n[SWITCHYARD]\npprof = 6060\n", `x.ini:4: [SWITCHYARD] pprof: "6060" is not an address; write HOST:PORT`},
		{"[TRANSPORT]\nport = 1\n[SWITCHYARD]\nstore_path =\n", "x.ini:4: [SWITCHYARD] store_path: is empty; write a directory, or remove the line"},
	} {
		_, err := read(t, test.ini)
		if err == nil || err.Error() != test.want || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q:\ngot  %v\nwant %s", test.ini, err, test.want)
		}
	}
}
