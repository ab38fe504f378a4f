package packets

import (
	"context"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// TestS3Figures: requests to the object store are counted by what became of them.
func TestS3Figures(t *testing.T) {
	f, server := newS3Fixture(t)
	id := f.create(100_000)
	if err := f.upload(id, 100_000); err != nil {
		t.Fatal(err)
	}
	server.Refuse(func(method, _ string) bool { return method == "DELETE" })
	_ = f.Delete(context.Background(), id) // which leaves the object for later
	registry := prometheus.NewRegistry()
	registry.MustRegister(f.Collector())
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counted, timed := make(map[string]float64), uint64(0)
	for _, family := range families {
		for _, m := range family.GetMetric() {
			switch family.GetName() {
			case "switchyard_s3_requests_total":
				counted[m.GetLabel()[0].GetValue()+" "+m.GetLabel()[1].GetValue()] = m.GetCounter().GetValue()
			case "switchyard_s3_request_seconds":
				timed = m.GetHistogram().GetSampleCount()
			case "switchyard_s3_requests":
				if n := m.GetGauge().GetValue(); n != 0 {
					t.Errorf("%v requests are under way", n)
				}
			}
		}
	}
	all := 0.0
	for _, n := range counted {
		all += n
	}
	if counted["PUT ok"] < 1 || counted["DELETE refused"]+counted["DELETE broken"] < 1 || float64(timed) != all {
		t.Errorf("%v, %d were timed", counted, timed)
	}
	if _, ok := f.Free(); ok {
		t.Error("an object store has a disk")
	}
}

// TestFiguresOfPackets: what is stored and what uploads have reserved is told apart, and a disk without room is not ready.
func TestFiguresOfPackets(t *testing.T) {
	f := newFixture(t, 0)
	id := f.create(100_000)
	u, err := f.Upload(context.Background(), id, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	if n := f.Reserved(); n != 100_000 {
		t.Errorf("%d bytes are reserved", n)
	}
	u.Abort()
	if n := f.Reserved(); n != 0 {
		t.Errorf("%d bytes are reserved behind the upload", n)
	}
	if err := f.Probe(); err != nil {
		t.Error(err)
	}
	if figures := f.Figures(); figures.Commits == 0 || figures.Frozen {
		t.Errorf("%+v", figures)
	}
	if f.Collector() != nil {
		t.Error("a directory has figures of an object store")
	}
	if free, ok := f.Free(); !ok || free == 0 {
		t.Errorf("%d bytes are free (%v)", free, ok)
	}
	if err := f.Writable(); err != nil {
		t.Error(err)
	}
}
