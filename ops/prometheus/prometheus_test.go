package prometheus

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/loadtest/process"
)

// programs is where the programs are: $SWITCHYARD_PROGRAMS, as make test sets it, or they are built from the tree.
func programs(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("SWITCHYARD_PROGRAMS"); dir != "" {
		return dir
	}
	dir := t.TempDir()
	out, err := exec.Command("go", "build", "-o", dir, "switchyard/cmd/smp-server", "switchyard/cmd/xftp-server", "switchyard/cmd/loadtest").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

// watched is a router whose figures Prometheus scrapes by way of the test, which so learns of each scrape.
type watched struct {
	*process.Router
	metrics string        // its own address of them
	front   net.Listener  // where Prometheus asks
	scraped chan struct{} // a scrape has ended
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// watch starts a router with figures.
func watch(t *testing.T, xftp bool, program string, settings ...string) *watched {
	t.Helper()
	w := &watched{metrics: freeAddress(t), scraped: make(chan struct{})}
	own := process.Own{Command: []string{program, "start"}, Dir: t.TempDir(), XFTP: xftp}
	for _, text := range append(settings, "SWITCHYARD.metrics="+w.metrics) {
		s, err := process.ParseSetting(text)
		if err != nil {
			t.Fatal(err)
		}
		own.Settings = append(own.Settings, s)
	}
	r, end, err := own.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end)
	w.Router = r
	if w.front, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	front := &http.Server{Handler: http.HandlerFunc(w.pass)}
	go front.Serve(w.front)
	t.Cleanup(func() { front.Close() })
	return w
}

// pass passes a scrape on, and tells of it if somebody waits for one.
func (w *watched) pass(out http.ResponseWriter, _ *http.Request) {
	text, err := w.text()
	if err != nil {
		http.Error(out, err.Error(), http.StatusBadGateway)
		return
	}
	out.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = out.Write(text)
	select {
	case w.scraped <- struct{}{}:
	default:
	}
}

func (w *watched) text() ([]byte, error) {
	r, err := http.Get("http://" + w.metrics + "/metrics")
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	return io.ReadAll(r.Body)
}

// prometheus is a server of it.
type prometheus struct {
	t    *testing.T
	addr string
}

// startPrometheus scrapes the routers several times a second.
func startPrometheus(t *testing.T, smp, xftp *watched) *prometheus {
	t.Helper()
	dir := t.TempDir()
	text, err := os.ReadFile("prometheus.yml")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := filepath.Abs("rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	config := strings.NewReplacer("127.0.0.1:9223", smp.front.Addr().String(), "127.0.0.1:9443", xftp.front.Addr().String(),
		"15s", "200ms", "- rules.yml", "- "+rules).Replace(string(text))
	name := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(name, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &prometheus{t: t, addr: freeAddress(t)}
	var log bytes.Buffer
	c := exec.Command("prometheus", "--config.file="+name, "--storage.tsdb.path="+dir, "--web.listen-address="+p.addr, "--log.level=warn")
	c.Stderr = &log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	return p
}

// answer is what Prometheus's API says.
type answer struct {
	Status, Error string
	Data          struct {
		Result []struct {
			Metric map[string]string
			Value  [2]any
		}
	}
}

func (p *prometheus) query(expr string) (a answer) {
	p.t.Helper()
	r, err := http.Get("http://" + p.addr + "/api/v1/query?query=" + url.QueryEscape(expr))
	if err != nil {
		p.t.Fatal(err)
	}
	defer r.Body.Close()
	if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
		p.t.Fatalf("%s: %v", expr, err)
	}
	return a
}

// load has the routers do something of all kinds.
func load(t *testing.T, dir string, smp, xftp *watched) {
	t.Helper()
	relay, end, err := process.Own{Command: []string{filepath.Join(dir, "smp-server"), "start"}, Dir: t.TempDir()}.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end)
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.Command(filepath.Join(dir, "loadtest"), args...).CombinedOutput(); err != nil {
			t.Fatalf("loadtest %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	run("messages", "--server", smp.Address.String(), "--queues", "4", "--conns", "4", "--messages", "10")
	run("messages", "--server", relay.Address.String(), "--proxy", smp.Address.String(), "--queues", "4", "--conns", "4", "--messages", "5")
	run("xftp", "download", "--server", xftp.Address.String(), "--packets", "2", "--conns", "1", "--size", "64kb")
}

// scrapes waits until Prometheus has the answers of so many scrapes of a router: when it asks again, it has the one before.
func scrapes(t *testing.T, w *watched, n int) {
	t.Helper()
	for range n + 1 {
		select {
		case <-w.scraped:
		case <-t.Context().Done():
			t.Fatal("the test ends before Prometheus has scraped")
		}
	}
}

// TestPrometheus has Prometheus scrape routers while they have something to do, and asks it all that dashboards and rules ask.
func TestPrometheus(t *testing.T) {
	dir := programs(t)
	smp := watch(t, false, filepath.Join(dir, "smp-server"), "SWITCHYARD.shards=64") // the most
	xftp := watch(t, true, filepath.Join(dir, "xftp-server"))
	p := startPrometheus(t, smp, xftp)
	scrapes(t, smp, 1)
	scrapes(t, xftp, 1)
	load(t, dir, smp, xftp)
	scrapes(t, smp, 2)
	scrapes(t, xftp, 2)

	t.Run("series", func(t *testing.T) { seriesAreBounded(t, smp, xftp) })
	t.Run("promtool", func(t *testing.T) { ourNamesAreGood(t, smp, xftp) })
	t.Run("reference", func(t *testing.T) {
		referenceIsThere(t, smp, "testdata/smp-metrics.txt")
		referenceIsThere(t, xftp, "testdata/xftp-metrics.txt")
	})
	t.Run("dashboards", func(t *testing.T) { expressionsAnswer(t, p, dashboardExpressions(t)) })
	t.Run("rules", func(t *testing.T) { expressionsAnswer(t, p, ruleExpressions(t)) })
	t.Run("alerts", func(t *testing.T) {
		if a := p.query("ALERTS"); len(a.Data.Result) != 0 {
			t.Errorf("routers that are well have alerts: %v", a.Data.Result)
		}
	})
}

// maxSeries is how many series a router may have.
const maxSeries = 2000

func seriesAreBounded(t *testing.T, all ...*watched) {
	for _, w := range all {
		text, err := w.text()
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for line := range strings.Lines(string(text)) {
			if line != "\n" && line[0] != '#' {
				n++
			}
		}
		if t.Logf("%s: %d series in %d bytes", w.metrics, n, len(text)); n > maxSeries {
			t.Errorf("%d series, %d may be", n, maxSeries)
		}
	}
}

// ourNamesAreGood: promtool complains of names of the reference, and ends with 3 for that, but of none of ours.
func ourNamesAreGood(t *testing.T, all ...*watched) {
	for _, w := range all {
		text, err := w.text()
		if err != nil {
			t.Fatal(err)
		}
		c := exec.Command("promtool", "check", "metrics")
		c.Stdin = bytes.NewReader(text)
		out, err := c.CombinedOutput()
		if code := c.ProcessState.ExitCode(); err != nil && code != 3 {
			t.Fatalf("%v: %s", err, out)
		}
		for line := range strings.Lines(string(out)) {
			if !strings.HasPrefix(line, "simplex_") {
				t.Error(strings.TrimSpace(line))
			}
		}
	}
}

// referenceIsThere: every series of a file of metrics that the reference has written is there, and every type.
func referenceIsThere(t *testing.T, w *watched, file string) {
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := w.text()
	if err != nil {
		t.Fatal(err)
	}
	have := make(map[string]bool)
	for line := range strings.Lines(string(text)) {
		have[series(line)] = true
	}
	for line := range strings.Lines(string(want)) {
		if s := series(line); s != "" && !have[s] && !varies(s) {
			t.Errorf("%s is missing", s)
		}
	}
}

// series is what a line is about: the name of a sample with its labels, or a line of TYPE as it is.
func series(line string) string {
	line = strings.TrimSpace(line)
	switch {
	case strings.HasPrefix(line, "# TYPE "):
		return line
	case line == "" || line[0] == '#':
		return ""
	case strings.Contains(line, "}"):
		return line[:strings.LastIndex(line, "}")+1]
	}
	name, _, _ := strings.Cut(line, " ")
	return name
}

// varies tells of series whose labels are values: versions, ports, and the buckets of a time.
func varies(series string) bool {
	for _, name := range []string{"_info{", "_sockets_", "_delivery_ack_confirmed_time_bucket{"} {
		if strings.Contains(series, name) {
			return true
		}
	}
	return false
}

// expressionsAnswer asks all, and wants data of those that should have some.
func expressionsAnswer(t *testing.T, p *prometheus, all []string) {
	if len(all) == 0 {
		t.Fatal("no expressions were found")
	}
	for _, expr := range all {
		a := p.query(expr)
		reason, empty := rightlyEmpty(expr)
		switch {
		case a.Status != "success":
			t.Errorf("%s: %s", expr, a.Error)
		case len(a.Data.Result) == 0 && !empty:
			t.Errorf("%s: no data", expr)
		case len(a.Data.Result) > 0 && empty:
			t.Errorf("%s: there is data, although %s", expr, reason)
		}
	}
}

func TestRulesAreGood(t *testing.T) {
	for _, args := range []string{"check rules rules.yml", "check config prometheus.yml", "test rules rules_test.yml"} {
		if out, err := exec.CommandContext(context.Background(), "promtool", strings.Fields(args)...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", args, err, out)
		}
	}
}

// TestEachRuleIsTested: one without a test of its own may never come.
func TestEachRuleIsTested(t *testing.T) {
	text, err := os.ReadFile("rules_test.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range readRules(t) {
		for _, test := range []string{"alertname: " + r.Alert + "}\n", "alertname: " + r.Alert + "\n"} { // that it does not come, and that it does
			if !bytes.Contains(text, []byte(test)) {
				t.Errorf("no %q", fmt.Sprint(strings.TrimSpace(test)))
			}
		}
	}
}
