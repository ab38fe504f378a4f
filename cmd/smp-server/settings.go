package main

import (
	"net"
	"slices"
	"strconv"
	"time"

	"switchyard/engine"
	"switchyard/server/inifile"
	"switchyard/server/logging"
	"switchyard/server/manage"
	"switchyard/server/metrics"
	"switchyard/server/profiler"
	"switchyard/shard"
	"switchyard/smp"
	"switchyard/wal"
)

// settings is what the ini says, checked.
type settings struct {
	ini *inifile.File // from which they are

	hosts     []string // of the address; none before the operator has written them
	ports     []string // for plain SMP, in the order of the ini, without duplicates
	webPorts  []string // for WebSockets
	bind      []string // hosts to listen on; one empty one is every address
	password  string   // for creating queues; empty: none is asked
	source    string
	persist   bool
	storePath string
	database  bool // the reference had its queues in a database
	pprof     string
	site      siteSettings
	metrics   string // address of figures, health and readiness; empty: none
	store     wal.Options
	queues    shard.Config
	engine    engine.Config // only what the ini decides
	control   controlSettings

	statistics statisticsSettings

	stopTimeout time.Duration
	coreDumps   bool

	gcPercent   int   // garbage that may gather, of the live memory
	memoryLimit int64 // bytes; 0: none
}

const (
	defaultMessageDays = 21
	defaultNotifyHours = 24
	// defaultGCPercent is half of Go's: a router's live memory is what idle clients and queues cost, and doubling that
	// for garbage would be the larger part of what it takes.
	defaultGCPercent = 50
	// defaultStopSeconds bounds how long a stopping router waits for its store and its clients' sockets.
	defaultStopSeconds = 20
	maxDays            = 36500
	maxSeconds         = 1 << 31
)

// loadSettings reads the ini. The doubtful lines are for the operator to see; an error ends the start.
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

func readSettings(f *inifile.File, p paths) settings {
	f.Required("TRANSPORT", "port", "5223")
	s := settings{
		hosts:  f.Hosts("TRANSPORT", "host"),
		ports:  f.Ports("TRANSPORT", "port"),
		bind:   f.Addresses("SWITCHYARD", "bind"),
		source: f.Text("INFORMATION", "source_code", ""),
		pprof:  profiler.Address(f),

		metrics: metrics.Address(f),
	}
	s.webPorts = readWebPorts(f, s.ports)
	s.site = readSite(f, &s)
	s.password = readPassword(f)
	readStore(f, p, &s)
	s.queues = shard.Config{
		Shards:        int(f.Int("SWITCHYARD", "shards", 0, 0, 64)),
		MessageTTL:    time.Duration(f.Int("STORE_LOG", "expire_messages_days", defaultMessageDays, 1, maxDays)) * 24 * time.Hour,
		ExpireAtStart: f.OnOff("STORE_LOG", "expire_messages_on_start", true),
		ExpireOnSend:  f.OnOff("STORE_LOG", "expire_messages_on_send", true),
		NotifyTTL:     time.Duration(f.Int("STORE_LOG", "expire_ntfs_hours", defaultNotifyHours, 1, 24*maxDays)) * time.Hour,
		NewQueues:     f.OnOff("AUTH", "new_queues", true),
		BasicAuth:     s.password,
		QueueCache:    int(f.Int("SWITCHYARD", "queue_cache", 0, 0, 1<<31)),
	}
	s.engine = engine.Config{
		InactiveTTL:      -1,
		HandshakeWorkers: int(f.Int("SWITCHYARD", "handshake_workers", 0, 0, 1024)),
		LogTLSErrors:     f.OnOff("TRANSPORT", "log_tls_errors", false),
	}
	if f.OnOff("INACTIVE_CLIENTS", "disconnect", false) {
		s.engine.InactiveTTL = readSeconds(f, "ttl", "21600")
		s.engine.InactiveCheck = readSeconds(f, "check_interval", "3600")
	}
	for _, port := range s.webPorts {
		n, _ := strconv.Atoi(port) // or it is refused already
		s.engine.WebPorts = append(s.engine.WebPorts, n)
	}
	s.statistics = readStatistics(f, p)
	s.queues.Uncounted = s.statistics.off
	readProxy(f, &s.engine)
	readLimits(f, &s.engine)
	s.control = readControl(f)
	s.stopTimeout = time.Duration(f.Int("SWITCHYARD", "stop_timeout", defaultStopSeconds, 1, 3600)) * time.Second
	s.coreDumps = f.OnOff("SWITCHYARD", "core_dumps", false)
	logging.Check(f)
	s.gcPercent = int(f.Int("SWITCHYARD", "gc_percent", defaultGCPercent, 1, 1000))
	s.memoryLimit = f.Int("SWITCHYARD", "memory_limit_mb", 0, 0, 1<<30) << 20
	return s
}

// readSeconds reads a duration that must be there.
func readSeconds(f *inifile.File, key, example string) time.Duration {
	f.Required("INACTIVE_CLIENTS", key, example)
	return time.Duration(f.Int("INACTIVE_CLIENTS", key, 1, 1, maxSeconds)) * time.Second
}

func readStore(f *inifile.File, p paths, s *settings) {
	s.persist = f.OnOff("STORE_LOG", "enable", false)
	s.storePath = f.Directory("SWITCHYARD", "store_path", p.storeDir())
	s.store = wal.Options{
		Interval: time.Duration(f.Int("SWITCHYARD", "sync_interval_ms", 100, 1, 60_000)) * time.Millisecond,
		MemTable: f.Int("SWITCHYARD", "memtable_mb", 0, 0, 4096) << 20,
		Cache:    f.Int("SWITCHYARD", "cache_mb", 0, 0, 1<<20) << 20,
		Reserve:  f.Int("SWITCHYARD", "reserve_mb", 0, 0, 1<<30) << 20,
	}
	switch f.Choice("SWITCHYARD", "sync", "always", "interval", "never") {
	case "interval":
		s.store.Sync = wal.SyncInterval
	case "never":
		s.store.Sync = wal.SyncNever
	}
	// Where the reference keeps queues is of no account here, but queues in a database would be missed.
	s.database = f.Choice("STORE_LOG", "store_queues", "memory", "database") == "database"
	f.Choice("STORE_LOG", "store_messages", "memory", "journal", "database")
}

// readWebPorts takes `on` for port 80, as the reference does, and leaves ports that speak plain SMP alone.
func readWebPorts(f *inifile.File, smpPorts []string) []string {
	switch f.Text("TRANSPORT", "websockets", "off") {
	case "off":
		return nil
	case "on":
		return []string{"80"}
	default:
		return slices.DeleteFunc(f.Ports("TRANSPORT", "websockets"), func(p string) bool { return slices.Contains(smpPorts, p) })
	}
}

// readPassword does not show what it refuses.
func readPassword(f *inifile.File) string {
	password, there := f.Lookup("AUTH", "create_password")
	if there && !smp.ValidBasicAuth(password) {
		f.Refuse("AUTH", "create_password", "is not valid", manage.PasswordRule)
	}
	return password
}

// listen is every address to listen on.
func (s *settings) listen() (addrs []string) {
	for _, port := range slices.Concat(s.ports, s.webPorts) {
		for _, host := range s.bind {
			addrs = append(addrs, net.JoinHostPort(host, port))
		}
	}
	return addrs
}

// defaultPort is where clients connect when an address has no port.
const defaultPort = "5223"

// addressPort is the port for the printed address: none when the default is among them. The reference prints the
// whole list, which is no address.
func (s *settings) addressPort() string {
	if slices.Contains(s.ports, defaultPort) {
		return ""
	}
	return s.ports[0]
}

// addressHosts are the hosts for the printed address.
func (s *settings) addressHosts() []string {
	if len(s.hosts) == 0 {
		return []string{inifile.UnknownHosts}
	}
	return s.hosts
}
