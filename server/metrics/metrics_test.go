package metrics

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// serve serves at an address of its own, until the test ends.
func serve(t *testing.T, cfg Config) (m *Metrics, addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = l.Addr().String()
	l.Close()
	m = New(cfg)
	stop, err := m.Serve(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		stop()
	})
	return m, addr
}

func get(t *testing.T, url string, header ...string) (status int, contentType, body string) {
	t.Helper()
	q, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	r, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, r.Header.Get("Content-Type"), string(text)
}

func TestFiguresAreClassicText(t *testing.T) {
	end := time.Unix(1_900_000_000, 0)
	_, addr := serve(t, Config{
		Build: Build{Program: "smp-server", Version: "1.2.3", Commit: "abcdef0"},
		Reference: func(now time.Time) []byte {
			return []byte("# Recorded at: x\n\n# HELP simplex_a b c\n# TYPE simplex_a counter\nsimplex_a 5 1796083106538\n# a\n" +
				"simplex_b{type=\"x y\",z=\"} 1\"} 6 1796083106538\nsimplex_b{type=\"\"} 6.5 1796083106538\nsimplex_info{v=\"1 2\"} 1\nsimplex_c 7")
		},
		NotAfter: func() map[string]time.Time { return map[string]time.Time{"identity": end} },
	})
	status, kind, text := get(t, "http://"+addr+"/metrics", "Accept", "application/openmetrics-text; version=1.0.0; charset=utf-8")
	if status != 200 || kind != contentType {
		t.Errorf("%d, %s", status, kind)
	}
	for _, want := range []string{
		`switchyard_build_info{commit="abcdef0",go="go1.`, `program="smp-server",version="1.2.3"} 1` + "\n",
		"\nswitchyard_certificate_not_after_seconds{which=\"identity\"} 1.9e+09\n", "\ngo_goroutines ", "\nprocess_resident_memory_bytes ",
		"\nsimplex_a 5\n# a\nsimplex_b{type=\"x y\",z=\"} 1\"} 6\nsimplex_b{type=\"\"} 6.5\nsimplex_info{v=\"1 2\"} 1\nsimplex_c 7\n",
		"\nswitchyard_scrapes_total{outcome=\"answered\"} 0\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if strings.Contains(text, "# EOF") {
		t.Error("OpenMetrics ends with a mark, the classic format does not")
	}
}

func TestChecks(t *testing.T) {
	var mu sync.Mutex
	fault := errors.New("the disk\nis full")
	hang := make(chan struct{})
	_, addr := serve(t, Config{
		Probes: []Check{
			{"loops", func(context.Context) error { return nil }},
			{"shards", func(ctx context.Context) error { <-hang; return nil }},
			{"obedient", func(ctx context.Context) error { <-ctx.Done(); return errors.New("shard 3 does not answer") }},
		},
		Conditions: []Check{{"disk", func(context.Context) error { mu.Lock(); defer mu.Unlock(); return fault }}},
		limits:     limits{probe: 20 * time.Millisecond, header: time.Second, write: time.Second, idle: time.Second, atOnce: 1},
	})
	status, _, text := get(t, "http://"+addr+"/healthz")
	lines := strings.Split(text, "\n")
	if status != 503 || len(lines) != 4 || lines[0] != "loops: ok" || !strings.HasPrefix(lines[1], "shards: no answer for ") || lines[2] != "obedient: shard 3 does not answer" {
		t.Errorf("%d %q", status, text)
	}
	close(hang)
	if status, _, text := get(t, "http://"+addr+"/readyz"); status != 503 || text != "disk: the disk is full\n" {
		t.Errorf("%d %q", status, text)
	}
	if _, _, text := get(t, "http://"+addr+"/metrics"); !strings.Contains(text, "\nswitchyard_ready{condition=\"disk\"} 0\n") {
		t.Error("readiness is not among the figures")
	}
	mu.Lock()
	fault = nil
	mu.Unlock()
	if status, _, text := get(t, "http://"+addr+"/readyz"); status != 200 || text != "disk: ok\n" {
		t.Errorf("%d %q", status, text)
	}
}

// TestChecksAreAskedOnceAtATime: who asks while a check hangs waits for the same, so that those who ask pile up nothing.
func TestChecksAreAskedOnceAtATime(t *testing.T) {
	asked, hang := make(chan struct{}, 10), make(chan struct{})
	c := newChecks([]Check{{"commits", func(context.Context) error { asked <- struct{}{}; <-hang; return nil }}}, time.Millisecond)
	for range 3 {
		if err := c.ask()[0]; err == nil {
			t.Error("a check that hangs is not told of")
		}
	}
	if len(asked) != 1 {
		t.Errorf("asked %d times", len(asked))
	}
	close(hang)
	for c.ask()[0] != nil { // which waits a little, until the goroutine has come to its end
	}
}

// blocking is a collector that waits.
type blocking struct{ collecting, end chan struct{} }

func (b blocking) Describe(chan<- *prometheus.Desc) {}
func (b blocking) Collect(chan<- prometheus.Metric) {
	b.collecting <- struct{}{}
	<-b.end
}

func TestScrapesAtATimeAreBounded(t *testing.T) {
	b := blocking{make(chan struct{}), make(chan struct{})}
	l := defaultLimits
	l.atOnce = 2
	m, addr := serve(t, Config{Collectors: []prometheus.Collector{b}, limits: l})
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			if status, _, _ := get(t, "http://"+addr+"/metrics"); status != 200 {
				t.Errorf("status %d", status)
			}
		})
	}
	<-b.collecting
	<-b.collecting
	if status, _, _ := get(t, "http://"+addr+"/metrics"); status != 503 {
		t.Errorf("the third scrape: %d", status)
	}
	close(b.end)
	all.Wait()
	if n := value(t, m, busy); n != 1 {
		t.Errorf("%v were turned away", n)
	}
}

// value is how many requests for figures have ended so.
func value(t *testing.T, m *Metrics, outcome string) float64 {
	t.Helper()
	var one dto.Metric
	if err := m.requests.WithLabelValues(outcome).Write(&one); err != nil {
		t.Fatal(err)
	}
	return one.GetCounter().GetValue()
}

// large is more than sockets take.
func large(time.Time) []byte { return bytes.Repeat([]byte("# "+strings.Repeat("x", 97)+"\n"), 200_000) }

// TestScraperThatNeverReads asks for what no socket takes as a whole, and does not read it: the router ends the connection,
// and counts why.
func TestScraperThatNeverReads(t *testing.T) {
	l := defaultLimits
	l.write, l.atOnce = 50*time.Millisecond, 1
	m, addr := serve(t, Config{Reference: large, limits: l})
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
	if _, err := conn.Read(make([]byte, 1)); err != nil { // it has begun to answer
		t.Fatal(err)
	}
	for value(t, m, slow) == 0 {
		runtime.Gosched()
	}
	n, err := io.Copy(io.Discard, conn)
	if all := int64(len(large(time.Time{}))); n >= all {
		t.Errorf("%d of %d bytes came (%v)", n, all, err)
	}
	if status, _, _ := get(t, "http://"+addr+"/healthz"); status != 200 {
		t.Errorf("another request: %d", status)
	}
}

// TestScraperThatNeverEndsItsRequest is cut, too.
func TestScraperThatNeverEndsItsRequest(t *testing.T) {
	l := defaultLimits
	l.header = 30 * time.Millisecond
	_, addr := serve(t, Config{limits: l})
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /metrics HTTP/1.1\r\nHost: a\r\nX: ")
	if line, err := bufio.NewReader(conn).ReadString('\n'); err == nil && !strings.Contains(line, " 408 ") {
		t.Errorf("it was answered %q", line)
	}
}

func TestNothingIsAskedAfterTheEnd(t *testing.T) {
	asked := 0
	m := New(Config{Conditions: []Check{{"disk", func(context.Context) error { asked++; return nil }}}})
	stop, err := m.Serve("")
	if err != nil {
		t.Fatal(err)
	}
	stop()
	var w recorder
	m.Figures().ServeHTTP(&w, &http.Request{})
	if w.status != 503 || asked != 0 {
		t.Errorf("status %d, asked %d times", w.status, asked)
	}
}

// recorder keeps the status of a response.
type recorder struct{ status int }

func (r *recorder) Header() http.Header         { return http.Header{} }
func (r *recorder) Write(p []byte) (int, error) { return len(p), nil }
func (r *recorder) WriteHeader(status int)      { r.status = status }
