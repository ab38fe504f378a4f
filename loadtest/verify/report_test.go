package verify

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/loadtest/history"
	"switchyard/loadtest/results"
)

func exampleReport() *Report {
	r := &Report{
		Scenario: "verify", Queues: 200, Connections: 20, Size: 16000, Seconds: 4.5, Rate: 2222.2,
		Verdict: history.Verdict{Sent: 10010, Accepted: 10000, Refused: 10, Delivered: 9999, Redelivered: 2, Lost: 1},
		Missing: 1, Faults: map[string]int{"ERR NO_MSG": 3},
		Findings: []history.Finding{{Queue: 7, Position: 12, Fault: "answered OK and never delivered"}},
		Router:   &results.Use{CPUSeconds: 2.5, RSSBefore: 30 << 20, RSSAfter: 90 << 20}, CPUPerMessage: 250,
	}
	r.Latency.Answer = results.Latencies{Count: 10000, P50: 1.234, P90: 12.34, P99: 123.4, P999: 1234.5, Max: 2000}
	return r
}

func TestReportText(t *testing.T) {
	var out strings.Builder
	if err := exampleReport().WriteText(&out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	last := "acknowledged 10000 delivered 9999 duplicates 0 corrupt 0 lost 1 reordered 0"
	if got := lines[len(lines)-1]; got != last {
		t.Errorf("last line %q, want %q", got, last)
	}
	text := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{
		"queues 200 connections 20 message size 16000 B", "seconds 4.50 messages/s 2222", "refused (quota) 10",
		"SEND to OK 1.23 12.3 123 1234 2000", "CPU µs/message 250", "router RSS MiB 30.0 to 90.0",
		"queue 7 position 12: answered OK and never delivered", "router answered: ERR NO_MSG (3 times)",
		"queues that the router lost: 1",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}

func TestReportJSON(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.json")
	if err := results.WriteJSON(io.Discard, path, exampleReport()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]float64{
		"sent": 10010, "acknowledged": 10000, "delivered": 9999, "lost": 1, "reordered": 0, "duplicates": 0,
		"seconds": 4.5, "cpuMicrosPerMessage": 250,
	} {
		if got[key] != want {
			t.Errorf("%s is %v, want %v", key, got[key], want)
		}
	}
	answer := got["latency"].(map[string]any)["answer"].(map[string]any)
	if answer["p99"] != 123.4 {
		t.Errorf("latency %v", answer)
	}
	if err := results.WriteJSON(io.Discard, filepath.Join(t.TempDir(), "no", "where"), exampleReport()); err == nil {
		t.Error("no error for a directory that does not exist")
	}
}

func TestReportClean(t *testing.T) {
	if exampleReport().Clean() {
		t.Error("a loss is clean")
	}
	for name, r := range map[string]Report{
		"missing": {Missing: 1}, "undeleted": {Undeleted: 1}, "faults": {Faults: map[string]int{"x": 1}},
		"lost": {Verdict: history.Verdict{Lost: 1}}, "reordered": {Verdict: history.Verdict{Reordered: 1}},
		"duplicates": {Verdict: history.Verdict{Duplicates: 1}}, "corrupt": {Verdict: history.Verdict{Corrupt: 1}},
		"unexpected": {Verdict: history.Verdict{Unexpected: 1}},
	} {
		if r.Clean() {
			t.Errorf("%s is clean", name)
		}
	}
	clean := Report{Verdict: history.Verdict{Sent: 3, Accepted: 2, Delivered: 3, Redelivered: 1, Unanswered: 1}, Disconnects: 2}
	if !clean.Clean() {
		t.Error("facts are faults")
	}
}
