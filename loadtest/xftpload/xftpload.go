package xftpload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"switchyard/loadtest/measure"
	"switchyard/loadtest/process"
	"switchyard/loadtest/results"
	"switchyard/smp"
	"switchyard/xftp"
)

// Mode is what a run of XFTP does.
type Mode string

const (
	Upload   Mode = "upload"   // packets are uploaded, over a few connections
	Download Mode = "download" // packets are downloaded
	Slow     Mode = "slow"     // one download on each connection, whose reader halts: resident bytes for each
)

// Config describes a run against an XFTP router.
type Config struct {
	Address smp.ServerAddress
	Mode    Mode
	Conns   int
	Packets int    // uploads or downloads in all; slow: one for each connection
	Size    uint32 // of a packet, in bytes
	measure.Target
}

// Report is the result. Bytes are those of packets.
type Report struct {
	Scenario     string            `json:"scenario"`
	Mode         Mode              `json:"mode"`
	Conns        int               `json:"connections"`
	Packets      int64             `json:"packets"`
	Size         uint32            `json:"size"`
	Seconds      float64           `json:"seconds"`
	MiBPerSecond float64           `json:"mibPerSecond"`
	Router       *results.Use      `json:"router,omitempty"`
	CPUPerMiB    float64           `json:"cpuMsPerMiB,omitempty"`      // of the router
	FloorPerMiB  float64           `json:"floorMsPerMiB,omitempty"`    // what the work itself takes in this run
	RSSPer       float64           `json:"bytesPerDownload,omitempty"` // slow: of the router, for each halted download
	Latency      results.Latencies `json:"latency"`                    // of a packet
	Faults       map[string]int    `json:"faults,omitempty"`           // and how often each was seen
}

// Clean reports that all packets arrived as they were sent.
func (r *Report) Clean() bool { return len(r.Faults) == 0 }

// Metrics implements Measured.
func (r *Report) Metrics() (m []results.Metric) {
	if r.Mode == Slow {
		return []results.Metric{{Unit: "rss-B/download", Value: r.RSSPer}}
	}
	m = []results.Metric{{Unit: "MiB/s", Value: r.MiBPerSecond}}
	if r.Router != nil {
		m = append(m, results.Metric{Unit: "cpu-ms/MiB", Value: r.CPUPerMiB}, results.Metric{Unit: "floor-ms/MiB", Value: r.FloorPerMiB},
			results.Metric{Unit: "cpu/floor", Value: r.CPUPerMiB / r.FloorPerMiB})
	}
	return append(m, r.Latency.Metrics("packet")...)
}

// WriteText prints the report as tables.
func (r *Report) WriteText(w io.Writer) error {
	t := results.NewTable(w)
	t.Row("mode", r.Mode, "connections", r.Conns, "packets", r.Packets, "size", r.Size)
	if r.Mode == Slow {
		t.Row("router RSS KiB for each halted download", results.Fixed(r.RSSPer/1024))
	} else {
		t.Row("seconds", results.Fixed(r.Seconds), "MiB/s", results.Fixed(r.MiBPerSecond))
		if r.Router != nil {
			t.Row("router CPU ms/MiB", results.Fixed(r.CPUPerMiB), "floor ms/MiB", results.Fixed(r.FloorPerMiB), "ratio", results.Fixed(r.CPUPerMiB/r.FloorPerMiB))
		}
	}
	t.Flush()
	l := results.NewTable(w)
	l.Row("latency ms", "p50", "p90", "p99", "p99.9", "max")
	l.Latency("packet", r.Latency)
	l.Flush()
	var err error
	for _, f := range slices.Sorted(maps.Keys(r.Faults)) {
		_, err = fmt.Fprintf(w, "fault: %s (%d times)\n", f, r.Faults[f])
	}
	return err
}

// Run runs the scenario and deletes its packets afterwards.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	if cfg.Conns < 1 || cfg.Packets < 1 {
		return nil, errors.New("there must be at least 1 connection and 1 packet")
	}
	if !xftp.ValidSize(cfg.Size) {
		return nil, fmt.Errorf("no packet has %d bytes: there are 64kb, 256kb, 1mb and 4mb", cfg.Size)
	}
	if err := process.RaiseFileLimit(cfg.Conns); err != nil {
		return nil, err
	}
	r, err := newTransfer(cfg)
	if err != nil {
		return nil, err
	}
	report := &Report{Scenario: "xftp", Mode: cfg.Mode, Conns: cfg.Conns, Size: cfg.Size}
	err = r.run(ctx, report)
	report.Latency, report.Faults = r.latency.Quantiles(), r.faults
	return report, errors.Join(err, r.clean(context.WithoutCancel(ctx)))
}

func (r *transfer) run(ctx context.Context, report *Report) (err error) {
	task := r.download
	if r.cfg.Mode == Upload {
		task = r.upload
	} else if err := r.prepare(ctx); err != nil {
		return err
	}
	if r.cfg.Mode == Slow {
		return r.slow(ctx, report)
	}
	// The floor is measured on both sides of the load: what else the machine does changes from minute to minute.
	before, err := measureFloor(r.cfg.Mode, r.cfg.Size)
	if err != nil {
		return err
	}
	if err := r.measure(report, func() error { return r.each(ctx, r.cfg.Packets, task) }); err != nil {
		return err
	}
	after, err := measureFloor(r.cfg.Mode, r.cfg.Size)
	report.FloorPerMiB = (before + after) / 2
	return err
}
