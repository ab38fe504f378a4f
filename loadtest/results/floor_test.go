package results

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
)

const benchOutput = `goos: linux
BenchmarkFloor/TLSOpen/ours-2         	   10000	     10000 ns/op	1638.40 MB/s	       0 B/op
BenchmarkFloor/TLSOpen/other-2        	   10000	      9000 ns/op
BenchmarkFloorTLSSeal-2               	   10000	     11000 ns/op
BenchmarkFloorTLSSeal-2               	   10000	     10000 ns/op
BenchmarkFloor/block-open/avx2-2      	   10000	     20000 ns/op
BenchmarkFloor/BlockSeal/avx2         	   10000	     20000 ns/op
BenchmarkFloor/body_seal-2            	   10000	     20000 ns/op
BenchmarkFloor/SHA512-2               	   10000	     30000 ns/op
BenchmarkFloor/Ed25519Batch64/voi-2   	     100	   3200000 ns/op
BenchmarkFloor/ChainStep-2            	  100000	      1000 ns/op
BenchmarkFloor/ChainStepper-2         	  100000	         1 ns/op
BenchmarkTLSOpen-2                    	  100000	         1 ns/op
BenchmarkFloor/TLSOpen/broken-2       	  100000	         x ns/op
PASS
`

func TestFloor(t *testing.T) {
	timings, err := ReadBenchmarks(strings.NewReader(benchOutput))
	if err != nil {
		t.Fatal(err)
	}
	f := ComputeFloor(append(timings, Timing{"Floor/SHA512/openssl", 25000}))
	plain := 2*9. + 3*10 + 20 + 25 + 50
	if want := plain + 2*20 + 3*20 + 5*1; math.Abs(f.Sum-want) > 1e-9 || math.Abs(f.Plain-plain) > 1e-9 || len(f.Missing) > 0 {
		t.Errorf("%+v, want a sum of %v and %v", f, want, plain)
	}
	if r := f.row(partTLSOpen); r.Implementation != "other" || r.Micros != 9 {
		t.Errorf("%+v", r)
	}
	if r := f.row(partHash); r.Implementation != "openssl" {
		t.Errorf("%+v", r)
	}
	if missing := ComputeFloor(nil).Missing; len(missing) != len(floorParts) {
		t.Errorf("missing %v", missing)
	}
}

// profileOf makes a CPU profile of stacks, written innermost first with spaces between, and their seconds.
func profileOf(samples map[string]float64) *profile.Profile {
	p := &profile.Profile{}
	for stack, seconds := range samples {
		s := &profile.Sample{Value: []int64{1, int64(seconds * 1e9)}}
		for _, name := range strings.Fields(stack) {
			s.Location = append(s.Location, &profile.Location{Line: []profile.Line{{Function: &profile.Function{Name: name}}}})
		}
		p.Sample = append(p.Sample, s)
	}
	return p
}

func TestFloorBesideARun(t *testing.T) {
	timings, err := ReadBenchmarks(strings.NewReader(benchOutput))
	if err != nil {
		t.Fatal(err)
	}
	f := ComputeFloor(timings)
	spent := profileOf(map[string]float64{
		"asm.seal switchyard/tls.(*Conn).SealInPlace switchyard/engine.(*session).flush":                                      2,
		"asm.hash switchyard/box.(*Chain).Next switchyard/box.(*Chain).SealBlock":                                             0.5,
		"asm.salsa switchyard/box.(*Chain).SealBlock switchyard/engine.(*loop).turn":                                          2,
		"switchyard/box.sha512Blocks4 switchyard/box.(*hashes).run switchyard/box.(*Verifier).Run switchyard/shard.(*core).x": 1,
		"curve.mul switchyard/box.(*Verifier).Run switchyard/shard.(*core).x":                                                 1,
		"runtime.memmove switchyard/wal.(*transaction).Commit switchyard/shard.x":                                             1.5,
		"runtime.memmove switchyard/shard.(*core).x":                                                                          1,
		"something.else": 1,
	})
	for _, s := range spent.Sample {
		switch s.Location[0].Line[0].Function.Name {
		case "asm.seal", "asm.hash":
			s.Label = map[string][]string{"stage": {"seal"}}
		case "curve.mul":
			s.Label = map[string][]string{"stage": {"verify"}}
		}
	}
	if err := f.Beside(spent, &Summary{Metrics: []Metric{{"cpu-µs/msg", 1000}}}); err != nil {
		t.Fatal(err)
	}
	for part, want := range map[string]float64{partTLSSeal: 200, partChain: 50, partBlockSeal: 200, partHash: 100, partVerify: 100} {
		if r := f.row(part); math.Abs(r.Spent-want) > 1e-6 {
			t.Errorf("%s: %+v, want %v µs", part, r, want)
		}
	}
	rest := map[string]float64{}
	for _, s := range f.Rest {
		rest[s.Part] = math.Round(s.CPU)
	}
	if rest["store"] != 150 || rest["shard"] != 100 || rest[partOther] != 100 || len(rest) != 3 {
		t.Errorf("rest %v", f.Rest)
	}
	want := []Spent{{"verify", 100, "curve.mul"}, {"seal", 250, "asm.seal"}, {partOther, 650, "runtime.memmove"}}
	if !slices.Equal(f.Stages, want) {
		t.Errorf("stages %v, want %v", f.Stages, want)
	}
	var out strings.Builder
	if err := f.WriteText(&out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "asm.seal") || !strings.Contains(out.String(), "spends 1000 µs") {
		t.Errorf("%s", out.String())
	}
	if err := f.Beside(spent, &Summary{}); err == nil {
		t.Error("no error for a run without CPU time")
	}
}

func TestOpenSSLRate(t *testing.T) {
	if r, ok := opensslRate([]byte("+DT:x:1:16384\n+R:1:x:1\n+F:22:ChaCha20-Poly1305:1638400000.00\n")); !ok || r != 1638400000 {
		t.Errorf("%v, %v", r, ok)
	}
	for _, bad := range []string{"", "+F:22:x:\n", "+F:22:x:0\n"} {
		if _, ok := opensslRate([]byte(bad)); ok {
			t.Errorf("%q is a rate", bad)
		}
	}
}
