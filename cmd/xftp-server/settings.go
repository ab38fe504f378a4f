package main

import (
	"fmt"
	"net"
	"strings"
	"time"

	"switchyard/server/connections"
	"switchyard/server/control"
	"switchyard/server/information"
	"switchyard/server/inifile"
	"switchyard/server/listen"
	"switchyard/server/logging"
	"switchyard/server/manage"
	"switchyard/server/metrics"
	"switchyard/server/profiler"
	"switchyard/server/site"
	"switchyard/smp"
	"switchyard/xftp"
	"switchyard/xftp/desc"
	"switchyard/xftp/packets"
	"switchyard/xftp/router"
)

// settings is what the ini says, checked.
type settings struct {
	ini *inifile.File // from which they are

	hosts        []string // of the address; none before the operator has written them
	port         string
	bind         []string // hosts to listen on; one empty one is every address
	information  information.Information
	persist      bool
	storePath    string
	filesPath    string
	quota        int64 // 0: none
	logStats     bool
	metricsEvery time.Duration // 0: no metrics
	control      control.Settings
	pprof        string // address of the profiler; empty: none
	metrics      string // address of figures, health and readiness; empty: none
	web          site.Settings
	coreDumps    bool
	limits       listen.Limits
	s3           packets.S3Config // without an endpoint: files are in filesPath
	router       router.Config    // only what the ini decides
}

const (
	defaultExpireHours = 48
	maxHours           = 1 << 20
	maxSeconds         = 1 << 31
)

func loadSettings(p paths) (s settings, doubtful []string, err error) {
	if err := p.program().RequireInitialized(); err != nil {
		return s, nil, err
	}
	f, err := inifile.Load(p.ini())
	if err != nil {
		return s, nil, err
	}
	s = readSettings(f, p)
	s.ini = f
	return s, doubtfulSettings(f), f.Err()
}

// doubtfulSettings are lines about settings that somebody may have meant otherwise.
func doubtfulSettings(f *inifile.File) []string {
	return append(f.Doubtful(knownSettings()), idleSettings(f)...)
}

// idleSettings names settings that are there in vain, each once.
func idleSettings(f *inifile.File) (lines []string) {
	missing := func(section, key string) bool { return f.Text(section, key, "") == "" }
	without := func(needed, section string, keys ...string) {
		if missing(section, needed) {
			lines = append(lines, f.Idle(section, "there is no "+needed, keys...)...)
		}
	}
	lines = f.Idle("STORE_LOG", "this server has a store of its own", "db_connection", "db_schema", "db_pool_size", "db_store_log")
	lines = append(lines, site.Idle(f)...)
	without("s3_endpoint", "SWITCHYARD", "s3_bucket", "s3_prefix", "s3_region", "s3_access_key", "s3_secret_key", "s3_tls")
	return append(lines, information.Idle(f)...)
}

func readSettings(f *inifile.File, p paths) settings {
	f.Required("TRANSPORT", "port", "443")
	s := settings{
		hosts:       f.Hosts("TRANSPORT", "host"),
		port:        f.Port("TRANSPORT", "port"),
		bind:        f.Addresses("SWITCHYARD", "bind"),
		persist:     f.OnOff("STORE_LOG", "enable", false),
		storePath:   f.Directory("SWITCHYARD", "store_path", p.storeDir()),
		filesPath:   f.Required("FILES", "path", "/srv/xftp"),
		quota:       readQuota(f),
		logStats:    f.OnOff("STORE_LOG", "log_stats", false),
		control:     control.ReadSettings(f),
		pprof:       profiler.Address(f),
		metrics:     metrics.Address(f),
		web:         site.Read(f),
		information: information.Read(f),
	}
	s.metricsEvery = time.Duration(f.Int("STORE_LOG", "prometheus_interval", 0, 1, maxSeconds)) * time.Second
	s.router = router.Config{
		NewFiles:     f.OnOff("AUTH", "new_files", true),
		Password:     readPassword(f),
		FileTTL:      time.Duration(f.Int("STORE_LOG", "expire_files_hours", defaultExpireHours, 1, maxHours)) * time.Hour,
		LogTLSErrors: f.OnOff("TRANSPORT", "log_tls_errors", false),
		UploadWindow: int32(f.Int("SWITCHYARD", "upload_window_kb", 0, 64, 1<<20)) << 10,
	}
	if f.OnOff("INACTIVE_CLIENTS", "disconnect", false) {
		s.router.InactiveTTL = readSeconds(f, "ttl", "21600")
		s.router.InactiveCheck = readSeconds(f, "check_interval", "3600")
	}
	s.limits = connections.ReadLimits(f)
	s.router.CommandsPerSecond = int(f.Int("SWITCHYARD", "commands_per_second", 0, 0, connections.MaxLimit))
	s.s3 = readS3(f)
	s.coreDumps = f.OnOff("SWITCHYARD", "core_dumps", false)
	logging.Check(f)
	if f.Choice("STORE_LOG", "store_files", "memory", "database") == "database" {
		f.Refuse("STORE_LOG", "store_files", "this version cannot take files over from a database",
			"export them with the server that made them, and write memory")
	}
	return s
}

// readSeconds reads a duration that must be there.
func readSeconds(f *inifile.File, key, example string) time.Duration {
	f.Required("INACTIVE_CLIENTS", key, example)
	return time.Duration(f.Int("INACTIVE_CLIENTS", key, 1, 1, maxSeconds)) * time.Second
}

func readQuota(f *inifile.File) int64 {
	text, there := f.Lookup("FILES", "storage_quota")
	if !there {
		return 0
	}
	n, err := parseQuota(text)
	if err != nil {
		what, mend, _ := strings.Cut(err.Error(), "; ")
		f.Refuse("FILES", "storage_quota", what, mend)
	}
	return n
}

// parseQuota reads a size that has room for a packet: a number alone is one of bytes, which is seldom meant.
func parseQuota(text string) (int64, error) {
	n, err := desc.ParseSize(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is not a size; write digits and kb, mb or gb", text)
	case n < xftp.Size64K:
		return 0, fmt.Errorf("%q is %d bytes, less than a packet of 64kb; write kb, mb or gb behind the number", text, n)
	}
	return n, nil
}

// readS3 reads where the bucket is, if there is one.
func readS3(f *inifile.File) packets.S3Config {
	c := packets.S3Config{
		Endpoint: f.Text("SWITCHYARD", "s3_endpoint", ""), Bucket: f.Text("SWITCHYARD", "s3_bucket", ""),
		Prefix: f.Text("SWITCHYARD", "s3_prefix", ""), Region: f.Text("SWITCHYARD", "s3_region", ""),
		AccessKey: f.Text("SWITCHYARD", "s3_access_key", ""), SecretKey: f.Text("SWITCHYARD", "s3_secret_key", ""),
		TLS: f.OnOff("SWITCHYARD", "s3_tls", true),
	}
	if c.Endpoint != "" {
		f.Required("SWITCHYARD", "s3_bucket", "xftp")
		f.Required("SWITCHYARD", "s3_access_key", "KEY")
		f.Required("SWITCHYARD", "s3_secret_key", "SECRET")
	}
	return c
}

// readPassword does not show what it refuses.
func readPassword(f *inifile.File) string {
	password, there := f.Lookup("AUTH", "create_password")
	if there && !smp.ValidBasicAuth(password) {
		f.Refuse("AUTH", "create_password", "is not valid", manage.PasswordRule)
	}
	return password
}

// listen is every address to listen on with a port, none without a port.
func (s *settings) listen(port string) (addrs []string) {
	if port == "" {
		return nil
	}
	for _, host := range s.bind {
		addrs = append(addrs, net.JoinHostPort(host, port))
	}
	return addrs
}

// addressHosts are the hosts for the printed address.
func (s *settings) addressHosts() []string {
	if len(s.hosts) == 0 {
		return []string{inifile.UnknownHosts}
	}
	return s.hosts
}

// defaultPort is where clients connect when an address has no port.
const defaultPort = "443"

// addressPort is the port in the printed address.
func (s *settings) addressPort() string {
	if s.port == defaultPort {
		return ""
	}
	return s.port
}
