package xftpload

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/box"
	"switchyard/loadtest/measure"
	"switchyard/loadtest/results"
	"switchyard/xftp/client"
)

// transfer is a run under way.
type transfer struct {
	cfg     Config
	latency *results.Histogram
	done    atomic.Int64 // packets that were uploaded or downloaded
	body    []byte       // of all packets
	digest  []byte
	key     *box.PrivateKey // sender's and recipient's of all packets

	mu     sync.Mutex
	faults map[string]int
	ids    [][2][]byte // sender's and recipient's of the packets that are there
}

func newTransfer(cfg Config) (*transfer, error) {
	r := &transfer{cfg: cfg, latency: results.NewHistogram(), body: make([]byte, cfg.Size)}
	rand.Read(r.body)
	sum := sha256.Sum256(r.body)
	r.digest = sum[:]
	var err error
	r.key, err = box.GenerateKey(box.Ed25519, rand.Reader)
	return r, err
}

func (r *transfer) sources() measure.Sources {
	return measure.Sources{
		Counts:  map[string]func() int64{"packets": r.done.Load},
		Latency: map[string]*results.Histogram{"packet": r.latency},
	}
}

// measure notes time and CPU time of what run does.
func (r *transfer) measure(report *Report, run func() error) error {
	o, err := r.cfg.Observe(r.sources())
	if err != nil {
		return err
	}
	defer o.Stop()
	if err := run(); err != nil {
		return err
	}
	report.Seconds, report.Router = o.Stop()
	report.Packets = r.done.Load()
	mib := float64(report.Packets) * float64(r.cfg.Size) / (1 << 20)
	report.MiBPerSecond = mib / report.Seconds
	if report.Router != nil {
		report.CPUPerMiB = report.Router.CPUSeconds * 1000 / mib
	}
	return nil
}

// each does n tasks over the connections.
func (r *transfer) each(ctx context.Context, n int, do func(context.Context, *client.Conn, int) error) error {
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
				if !r.task(ctx, c, i, do) {
					return
				}
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

// task does one task and notes how it went.
func (r *transfer) task(ctx context.Context, c *client.Conn, i int, do func(context.Context, *client.Conn, int) error) (ok bool) {
	start := time.Now()
	if err := do(ctx, c, i); err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.faults == nil {
			r.faults = make(map[string]int)
		}
		r.faults[err.Error()]++
		return false
	}
	r.latency.Record(time.Since(start))
	r.done.Add(1)
	return true
}

func (r *transfer) upload(ctx context.Context, c *client.Conn, _ int) error {
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

// storedPackets is how many packets downloads take turns with: more than a router keeps in its processor's caches.
const storedPackets = 16

func (r *transfer) prepare(ctx context.Context) error {
	c, err := client.Dial(ctx, client.Config{Address: r.cfg.Address})
	if err != nil {
		return err
	}
	defer c.Close()
	for range storedPackets {
		if err := r.upload(ctx, c, 0); err != nil {
			return err
		}
	}
	return nil
}

// download checks what it receives: the client judges the digest.
func (r *transfer) download(ctx context.Context, c *client.Conn, i int) error {
	return c.Download(ctx, r.key, r.ids[i%len(r.ids)][1], r.cfg.Size, r.digest, io.Discard)
}

// clean deletes the packets.
func (r *transfer) clean(ctx context.Context) error {
	if len(r.ids) == 0 {
		return nil
	}
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
