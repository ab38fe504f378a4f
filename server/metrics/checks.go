package metrics

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/server/crash"
)

// Check is something that has to be so.
type Check struct {
	Name string
	Ask  func(context.Context) error // why it is not; may hang
}

// NotDraining is the condition that the operator has not had the router take no new connections.
func NotDraining(draining func() bool) Check {
	return Check{"draining", func(context.Context) error {
		if draining() {
			return errors.New("the router is drained: it takes no new connections")
		}
		return nil
	}}
}

// checks asks them.
type checks struct {
	all   []*asking
	limit time.Duration
}

// asking is a check that is asked by one goroutine at a time. Who comes meanwhile waits for the same answer.
type asking struct {
	Check
	mu  sync.Mutex
	now *answer // nil: nobody asks
}

// answer is one that has come when done is closed.
type answer struct {
	began time.Time
	done  chan struct{}
	err   error
}

func newChecks(all []Check, limit time.Duration) (c checks) {
	c.limit = limit
	for _, one := range all {
		c.all = append(c.all, &asking{Check: one})
	}
	return c
}

// begin asks, unless that is under way.
func (a *asking) begin(limit time.Duration) *answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.now != nil {
		return a.now
	}
	n := &answer{began: time.Now(), done: make(chan struct{})}
	a.now = n
	go func() {
		defer crash.Report()
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		n.err = a.Ask(ctx)
		a.mu.Lock()
		a.now = nil
		a.mu.Unlock()
		close(n.done)
	}()
	return n
}

// ask asks all at the same time, and returns why each is not so, nil where it is.
func (c checks) ask() []error {
	answers := make([]*answer, len(c.all))
	for i, a := range c.all {
		answers[i] = a.begin(c.limit)
	}
	// A check that goes by its context ends with it, and what it then says is better than that it hangs.
	late := time.NewTimer(c.limit + c.limit/4)
	defer late.Stop()
	errs := make([]error, len(answers))
	expired := false
	for i, n := range answers {
		if !expired {
			select {
			case <-n.done:
			case <-late.C:
				expired = true
			}
		}
		select {
		case <-n.done:
			errs[i] = n.err
		default:
			errs[i] = fmt.Errorf("no answer for %v", time.Since(n.began).Round(time.Millisecond))
		}
	}
	return errs
}

// serve is the page: a line for each.
func (c checks) serve(w http.ResponseWriter, _ *http.Request) {
	status := http.StatusOK
	var b strings.Builder
	for i, err := range c.ask() {
		said := "ok"
		if err != nil {
			said, status = strings.Join(strings.Fields(err.Error()), " "), http.StatusServiceUnavailable
		}
		fmt.Fprintf(&b, "%s: %s\n", c.all[i].Name, said)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(b.String()))
}

// conditions are those of readiness as a prometheus.Collector: rules ask for them, as Prometheus reads no /readyz.
type conditions struct{ checks }

var readyDesc = prometheus.NewDesc("switchyard_ready", "Whether a condition for taking clients is met.", []string{"condition"}, nil)

// Describe implements prometheus.Collector.
func (c conditions) Describe(out chan<- *prometheus.Desc) { out <- readyDesc }

// Collect implements prometheus.Collector.
func (c conditions) Collect(out chan<- prometheus.Metric) {
	for i, err := range c.ask() {
		met := 1.0
		if err != nil {
			met = 0
		}
		out <- prometheus.MustNewConstMetric(readyDesc, prometheus.GaugeValue, met, c.all[i].Name)
	}
}
