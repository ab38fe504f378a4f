package metrics

import (
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"switchyard/server/inifile"
)

// Config says what a router has to tell.
type Config struct {
	Build      Build
	Collectors []prometheus.Collector              // of the router's own figures
	Reference  func(now time.Time) []byte          // the reference's, in its text format; nil: none
	Probes     []Check                             // of /healthz
	Conditions []Check                             // of /readyz, which are told as figures, too
	NotAfter   func() (which map[string]time.Time) // when certificates end; nil: there are none
	Log        *slog.Logger

	limits limits // smaller in tests
}

// limits of who asks.
type limits struct {
	probe  time.Duration // that a check may take
	header time.Duration // in which a request must have come
	write  time.Duration // in which an answer must have been taken
	idle   time.Duration // between requests of a connection
	atOnce int           // scrapes under way
}

// defaultLimits leave a scraper a third of the time that Prometheus gives it by default. The idle time is more than the
// intervals of scrapes that are usual.
var defaultLimits = limits{probe: time.Second, header: 3 * time.Second, write: 3 * time.Second, idle: 2 * time.Minute, atOnce: 4}

// Metrics is what a router has to tell.
type Metrics struct {
	cfg      Config
	registry *prometheus.Registry
	scrapes  chan struct{} // a place for each that is under way
	health   checks
	ready    checks
	requests *prometheus.CounterVec

	mu    sync.Mutex
	ended bool
	asked sync.WaitGroup // requests under way; none is added once ended
}

// New makes it; nothing runs yet.
func New(cfg Config) *Metrics {
	if cfg.limits == (limits{}) {
		cfg.limits = defaultLimits
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	m := &Metrics{
		cfg:      cfg,
		registry: prometheus.NewRegistry(),
		scrapes:  make(chan struct{}, cfg.limits.atOnce),
		health:   newChecks(cfg.Probes, cfg.limits.probe),
		ready:    newChecks(cfg.Conditions, cfg.limits.probe),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "switchyard_scrapes_total",
			Help: "Requests for figures: answered, turned away as others were under way, not taken in time, or left by the peer.",
		}, []string{"outcome"}),
	}
	for _, outcome := range outcomes {
		m.requests.WithLabelValues(outcome)
	}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.requests, cfg.Build, conditions{m.ready}, certificates(cfg.NotAfter))
	m.registry.MustRegister(cfg.Collectors...)
	return m
}

// Address reads where the ini wants it served, HOST:PORT; empty: nowhere.
func Address(f *inifile.File) string {
	addr := f.Text("SWITCHYARD", "metrics", "")
	if _, _, err := net.SplitHostPort(addr); addr != "" && err != nil {
		f.Refuse("SWITCHYARD", "metrics", strconv.Quote(addr)+" is not an address", "write HOST:PORT")
	}
	return addr
}
