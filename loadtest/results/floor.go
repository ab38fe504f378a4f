package results

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/google/pprof/profile"
)

// The parts of the floor of one message: what the best implementation of its cryptography alone takes.
const (
	partTLSOpen   = "TLS open"
	partTLSSeal   = "TLS seal"
	partBlockOpen = "block open"
	partBlockSeal = "block seal"
	partBodySeal  = "body seal"
	partHash      = "SHA-512"
	partVerify    = "Ed25519, batch of 64"
	partChain     = "chain step"
)

// floorParts are how often a delivered message needs each: SEND and ACK come in, OK, MSG and OK go out, each in a block
// of 16 KiB. The benchmark is a name without "Benchmark" and "Floor", in small letters and digits alone; what follows it
// in a benchmark's name is the implementation.
var floorParts = []struct {
	part      string
	count     float64
	benchmark string
	encrypted bool // only with block encryption
}{
	{partTLSOpen, 2, "tlsopen", false},
	{partTLSSeal, 3, "tlsseal", false},
	{partBlockOpen, 2, "blockopen", true},
	{partBlockSeal, 3, "blockseal", true},
	{partBodySeal, 1, "bodyseal", false},
	{partHash, 1, "sha512", false},
	{partVerify, 1. / 64, "ed25519batch64", false},
	{partChain, 5, "chainstep", true},
}

// FloorRow is one part of the floor.
type FloorRow struct {
	Part           string  `json:"part"`
	Count          float64 `json:"count"` // a message
	Implementation string  `json:"implementation"`
	Micros         float64 `json:"micros"`          // each, by the fastest implementation
	Spent          float64 `json:"spent,omitempty"` // µs of a message in the router, from its profile
	Line           string  `json:"line,omitempty"`  // where most of that is
	Encrypted      bool    `json:"encrypted,omitempty"`
}

// Floor is the floor of one message.
type Floor struct {
	Rows    []FloorRow `json:"rows"`
	Sum     float64    `json:"sum"`               // µs
	Plain   float64    `json:"plain"`             // µs, without block encryption
	Missing []string   `json:"missing,omitempty"` // parts that no benchmark measured
	// Of a run, when there is one: what a message took there beside the floor.
	Rest   []Spent `json:"rest,omitempty"`   // CPU is µs of a message here
	Stages []Spent `json:"stages,omitempty"` // all of it, by stage; in µs too
	Total  float64 `json:"total,omitempty"`  // µs, from /proc
}

// Timing is one benchmark's result.
type Timing struct {
	Name  string // as it was printed
	Nanos float64
}

// ReadBenchmarks reads what `go test -bench` prints; of a name that comes up several times the fastest counts.
func ReadBenchmarks(in io.Reader) (timings []Timing, err error) {
	at := make(map[string]int)
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") || fields[3] != "ns/op" {
			continue
		}
		ns, err := strconv.ParseFloat(fields[2], 64)
		if err != nil {
			continue
		}
		name := strings.TrimPrefix(fields[0], "Benchmark")
		if i := strings.LastIndexByte(name, '-'); i > 0 && isNumber(name[i+1:]) {
			name = name[:i] // the number of cores
		}
		i, known := at[name]
		if !known {
			at[name] = len(timings)
			timings = append(timings, Timing{name, ns})
			continue
		}
		timings[i].Nanos = min(timings[i].Nanos, ns)
	}
	return timings, lines.Err()
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 32)
	return err == nil
}

// ComputeFloor takes the fastest implementation of each part.
func ComputeFloor(timings []Timing) *Floor {
	f := &Floor{}
	for _, p := range floorParts {
		best := FloorRow{Part: p.part, Count: p.count, Encrypted: p.encrypted}
		for _, t := range timings {
			implementation, ok := implementationOf(t.Name, p.benchmark)
			if ok && (best.Implementation == "" || t.Nanos/1000 < best.Micros) {
				best.Implementation, best.Micros = implementation, t.Nanos/1000
			}
		}
		if best.Implementation == "" {
			f.Missing = append(f.Missing, p.part)
			continue
		}
		f.Rows = append(f.Rows, best)
		f.Sum += best.Count * best.Micros
		if !p.encrypted {
			f.Plain += best.Count * best.Micros
		}
	}
	return f
}

// implementationOf tells which implementation of a part a benchmark measures: "Floor/TLSOpen/openssl" is openssl's of
// tlsopen, "FloorTLSOpen" is ours.
func implementationOf(name, benchmark string) (string, bool) {
	name, floor := strings.CutPrefix(name, "Floor")
	if !floor {
		return "", false
	}
	i := 0
	for at, r := range name {
		if i == len(benchmark) {
			if r != '/' {
				return "", false
			}
			return strings.Trim(name[at:], "/"), true
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			continue
		}
		if byte(unicode.ToLower(r)) != benchmark[i] {
			return "", false
		}
		i++
	}
	return "ours", i == len(benchmark)
}

// Beside puts what a run of the router really spent beside the floor: its CPU profile, and the CPU time of a message
// that its recording has.
func (f *Floor) Beside(p *profile.Profile, run *Summary) error {
	total, ok := run.metric("cpu-µs/msg")
	if !ok || total == 0 {
		return fmt.Errorf("the run has no CPU time for a message: record messages with --pid, or with a router of its own")
	}
	spent, stages := Attribute(p), AttributeStages(p)
	sum := 0.0
	for _, s := range spent {
		sum += s.CPU
	}
	scale := total / sum // as many microseconds as it has of the samples
	if len(stages) > 1 { // the router labels them
		for _, s := range stages {
			f.Stages = append(f.Stages, Spent{s.Part, s.CPU * scale, s.Line})
		}
	}
	for _, s := range spent {
		s.CPU *= scale
		row := f.row(s.Part)
		if row == nil {
			f.Rest = append(f.Rest, s)
			continue
		}
		row.Spent, row.Line = s.CPU, s.Line
	}
	f.Total = total
	return nil
}

func (f *Floor) row(part string) *FloorRow {
	for i := range f.Rows {
		if f.Rows[i].Part == part {
			return &f.Rows[i]
		}
	}
	return nil
}

// writeStages prints the same time once more, by the stages of a command's way.
func (f *Floor) writeStages(out io.Writer) {
	if len(f.Stages) == 0 {
		return
	}
	t := NewTable(out)
	t.Row("stage", "spent µs", "mostly in")
	for _, s := range f.Stages {
		t.Row(s.Part, Fixed(s.CPU), s.Line)
	}
	t.Flush()
}

// WriteText prints the floor, and beside it what a run spent.
func (f *Floor) WriteText(out io.Writer) error {
	t := NewTable(out)
	head := []any{"part of a message", "times", "µs each", "by", "µs"}
	if f.Total > 0 {
		head = append(head, "spent µs", "mostly in")
	}
	t.Row(head...)
	for _, r := range f.Rows {
		cells := []any{r.Part, fmt.Sprintf("%.3g", r.Count), Fixed(r.Micros), r.Implementation, Fixed(r.Count * r.Micros)}
		if f.Total > 0 {
			cells = append(cells, Fixed(r.Spent), r.Line)
		}
		t.Row(cells...)
	}
	for _, s := range f.Rest {
		t.Row(s.Part, "", "", "", "", Fixed(s.CPU), s.Line)
	}
	t.Flush()
	f.writeStages(out)
	for _, part := range f.Missing {
		fmt.Fprintf(out, "not measured: %s\n", part)
	}
	if f.Total > 0 && f.Sum > 0 {
		fmt.Fprintf(out, "the router spends %s µs of CPU on a message, %.2f × the floor\n", Fixed(f.Total), f.Total/f.Sum)
	}
	_, err := fmt.Fprintf(out, "floor of one message %s µs, without block encryption %s µs\n", Fixed(f.Sum), Fixed(f.Plain))
	return err
}
