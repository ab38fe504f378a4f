package loadtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/box"
	"switchyard/smp"
	"switchyard/xftp/client"
)

// XFTPMode is what a run of XFTP does.
type XFTPMode string

const (
	XFTPUpload   XFTPMode = "upload"   // packets are uploaded, over a few connections
	XFTPDownload XFTPMode = "download" // packets are downloaded
	XFTPSlow     XFTPMode = "slow"     // one download on each connection, whose reader halts: resident bytes for each
)

// XFTPConfig describes a run against an XFTP router. All but PID is required.
type XFTPConfig struct {
	Address smp.ServerAddress
	Mode    XFTPMode
	Conns   int
	Packets int    // uploads or downloads in all; slow: one for each connection
	Size    uint32 // of a packet, in bytes
	PID     int    // of the router, 0 when it cannot be measured
}

// XFTPReport is the result. Bytes are those of packets.
type XFTPReport struct {
	Mode         XFTPMode  `json:"mode"`
	Conns        int       `json:"connections"`
	Packets      int64     `json:"packets"`
	Size         uint32    `json:"size"`
	Seconds      float64   `json:"seconds"`
	MiBPerSecond float64   `json:"mibPerSecond"`
	CPUPerMiB    float64   `json:"cpuMsPerMiB,omitempty"`      // of the router
	RSSPer       float64   `json:"bytesPerDownload,omitempty"` // slow: of the router, for each halted download
	FloorPerMiB  float64   `json:"floorMsPerMiB,omitempty"`    // what the work itself takes in this run
	Latency      Latencies `json:"latency"`                    // of a packet
	Faults       []string  `json:"faults,omitempty"`
}

// Clean reports that all packets arrived as they were sent.
func (r *XFTPReport) Clean() bool { return len(r.Faults) == 0 }

// Metrics implements Measured.
func (r *XFTPReport) Metrics() []Metric {
	m := []Metric{{"MiB/s", r.MiBPerSecond}, {"cpu-ms/MiB", r.CPUPerMiB}, {"floor-ms/MiB", r.FloorPerMiB}, {"rss-B/download", r.RSSPer}}
	return append(m, r.Latency.metrics("packet")...)
}

// WriteText prints the report as tables.
func (r *XFTPReport) WriteText(w io.Writer) error {
	t := newTable(w)
	t.row("mode", r.Mode, "connections", r.Conns, "packets", r.Packets, "size", r.Size)
	t.row("seconds", fixed(r.Seconds), "MiB/s", fixed(r.MiBPerSecond), "router CPU ms/MiB", fixed(r.CPUPerMiB),
		"floor ms/MiB", fixed(r.FloorPerMiB))
	if r.Mode == XFTPSlow {
		t.row("router RSS KiB for each download", fixed(r.RSSPer/1024))
	}
	t.flush()
	l := newTable(w)
	l.row("latency ms", "p50", "p90", "p99", "p99.9", "max")
	l.latency("packet", r.Latency)
	l.flush()
	var err error
	for _, f := range r.Faults {
		_, err = fmt.Fprintln(w, "fault:", f)
	}
	return err
}

// xftpRun is a run under way.
type xftpRun struct {
	cfg     XFTPConfig
	latency *histogram
	body    []byte // of all packets
	digest  []byte
	key     *box.PrivateKey // sender's and recipient's of all packets

	mu     sync.Mutex
	faults []string
	ids    [][2][]byte // sender's and recipient's of the packets that are there
}

// XFTP runs the scenario and deletes its packets afterwards.
func XFTP(ctx context.Context, cfg XFTPConfig) (*XFTPReport, error) {
	r := &xftpRun{cfg: cfg, latency: newHistogram(), body: make([]byte, cfg.Size)}
	rand.Read(r.body)
	sum := sha256.Sum256(r.body)
	r.digest = sum[:]
	var err error
	if r.key, err = box.GenerateKey(box.Ed25519, rand.Reader); err != nil {
		return nil, err
	}
	report := &XFTPReport{Mode: cfg.Mode, Conns: cfg.Conns, Size: cfg.Size}
	switch cfg.Mode {
	case XFTPUpload:
		err = r.measure(report, func() error { return r.each(ctx, cfg.Packets, r.upload) })
	case XFTPDownload:
		if err = r.prepare(ctx); err == nil {
			err = r.measure(report, func() error { return r.each(ctx, cfg.Packets, r.download) })
		}
	case XFTPSlow:
		if err = r.prepare(ctx); err == nil {
			err = r.slow(ctx, report)
		}
	}
	report.Latency, report.Faults = r.latency.quantiles(), r.faults
	if err == nil && cfg.Mode != XFTPSlow {
		report.FloorPerMiB, err = xftpFloor(cfg.Mode, cfg.Size)
	}
	return report, errors.Join(err, r.clean(context.WithoutCancel(ctx)))
}

// measure notes time and CPU time of what run does.
func (r *xftpRun) measure(report *XFTPReport, run func() error) error {
	before, err := r.process()
	if err != nil {
		return err
	}
	start := time.Now()
	if err := run(); err != nil {
		return err
	}
	report.Seconds = time.Since(start).Seconds()
	after, err := r.process()
	report.Packets = r.latency.quantiles().Count
	mib := float64(report.Packets) * float64(r.cfg.Size) / (1 << 20)
	report.MiBPerSecond = mib / report.Seconds
	report.CPUPerMiB = (after.CPU - before.CPU).Seconds() * 1000 / mib
	return err
}

func (r *xftpRun) process() (Process, error) {
	if r.cfg.PID == 0 {
		return Process{}, nil
	}
	return ReadProcess(r.cfg.PID)
}

// each does n tasks over the connections.
func (r *xftpRun) each(ctx context.Context, n int, do func(context.Context, *client.Conn, int) error) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range r.cfg.Conns {
		c, err := client.Dial(ctx, client.Config{Address: r.cfg.Address})
		if err != nil {
			return err
		}
		wg.Go(func() {
			defer c.Close()
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				start := time.Now()
				if err := do(ctx, c, i); err != nil {
					r.fault(err)
					return
				}
				r.latency.record(time.Since(start))
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

func (r *xftpRun) fault(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, err.Error())
}

func (r *xftpRun) upload(ctx context.Context, c *client.Conn, _ int) error {
	p := client.Packet{Size: r.cfg.Size, Digest: r.digest, Recipients: []box.PublicKey{r.key.Public()}, Password: r.cfg.Address.BasicAuth}
	id, recipients, err := c.Create(ctx, r.key, p)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.ids = append(r.ids, [2][]byte{id, recipients[0]})
	r.mu.Unlock()
	return c.Upload(ctx, r.key, id, bytes.NewReader(r.body), r.cfg.Size)
}

// xftpStored is how many packets downloads take turns with: more than a router keeps in its processor's caches.
const xftpStored = 16

func (r *xftpRun) prepare(ctx context.Context) error {
	c, err := client.Dial(ctx, client.Config{Address: r.cfg.Address})
	if err != nil {
		return err
	}
	defer c.Close()
	for range xftpStored {
		if err := r.upload(ctx, c, 0); err != nil {
			return err
		}
	}
	return nil
}

// download checks what it receives: the client judges the digest.
func (r *xftpRun) download(ctx context.Context, c *client.Conn, i int) error {
	return c.Download(ctx, r.key, r.ids[i%len(r.ids)][1], r.cfg.Size, r.digest, io.Discard)
}

// clean deletes the packets.
func (r *xftpRun) clean(ctx context.Context) error {
	c, err := client.Dial(ctx, client.Config{Address: r.cfg.Address})
	if err != nil {
		return err
	}
	defer c.Close()
	for _, id := range r.ids {
		err = errors.Join(err, c.Delete(ctx, r.key, id[0]))
	}
	return err
}

// halting is a connection that stops reading in the middle of a download.
type halting struct {
	net.Conn
	left    atomic.Int64 // bytes to read before that
	halted  sync.Once
	reached *sync.WaitGroup
	release <-chan struct{}
}

func (h *halting) Read(p []byte) (int, error) {
	if h.left.Load() <= 0 {
		h.halted.Do(h.reached.Done)
		<-h.release
	}
	n, err := h.Conn.Read(p)
	h.left.Add(-int64(n))
	return n, err
}

// haltAfter is how many bytes a slow reader takes first: the hello and the beginning of the packet.
const haltAfter = 128 << 10

// slow begins a download on each connection, lets all readers halt, measures, and lets them go on.
func (r *xftpRun) slow(ctx context.Context, report *XFTPReport) error {
	before, err := r.process()
	if err != nil {
		return err
	}
	release := make(chan struct{})
	var reached, ended sync.WaitGroup
	dialer := net.Dialer{Control: smallBuffer}
	for i := range r.cfg.Conns {
		reached.Add(1)
		h := &halting{reached: &reached, release: release}
		h.left.Store(haltAfter)
		c, err := client.Dial(ctx, client.Config{Address: r.cfg.Address, Connect: func(ctx context.Context, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, "tcp", address)
			h.Conn = conn
			return h, err
		}})
		if err != nil {
			close(release)
			return err
		}
		ended.Go(func() {
			defer c.Close()
			defer h.halted.Do(reached.Done)
			start := time.Now()
			if err := r.download(ctx, c, i); err != nil {
				r.fault(err)
				return
			}
			r.latency.record(time.Since(start))
		})
	}
	reached.Wait()
	halted, err := r.process()
	report.RSSPer = float64(halted.RSS-before.RSS) / float64(r.cfg.Conns)
	start := time.Now()
	close(release)
	ended.Wait()
	report.Seconds = time.Since(start).Seconds()
	report.Packets = r.latency.quantiles().Count
	report.MiBPerSecond = float64(report.Packets) * float64(r.cfg.Size) / (1 << 20) / report.Seconds
	return err
}
