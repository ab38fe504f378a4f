package results

import (
	"os"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// part is a part of the router's work in a CPU profile. A sample belongs to the first part one of whose names begins
// the name of a function on its stack; the order of the parts matters.
type part struct {
	name  string
	names []string
}

// parts go from what is cryptography of the floor to the rest. What is left over is counted as "other".
var parts = []part{
	{partTLSOpen, []string{"switchyard/tls.(*Conn).Open"}},
	{partTLSSeal, []string{"switchyard/tls.(*Conn).Seal"}},
	{partChain, []string{"switchyard/box.(*Chain).Next", "switchyard/box.(*Chain).next", "switchyard/box.chainStep"}},
	{partBlockOpen, []string{"switchyard/box.(*Chain).OpenBlock", "switchyard/box.OpenUsed"}},
	{partBlockSeal, []string{"switchyard/box.(*Chain).SealBlock"}},
	{partBodySeal, []string{"switchyard/box.Seal", "switchyard/box.xorKeyStream", "switchyard/box.(*stream)"}},
	{partHash, []string{"switchyard/box.(*hashes)", "crypto/sha512.", "crypto/internal/fips140/sha512."}},
	{partVerify, []string{"switchyard/box.(*Verifier)"}},
	{"handshake", []string{"switchyard/engine.(*helloMaker)", "switchyard/tls.(*Conn).Advance", "switchyard/engine/workerpool.(*Pool)"}},
	{"store", []string{"switchyard/wal.", "github.com/cockroachdb/pebble/"}},
	{"sockets", []string{"golang.org/x/sys/unix.", "syscall.", "internal/poll."}},
	{"collector", []string{"runtime.gcBgMarkWorker", "runtime.gcAssist", "runtime.bgsweep", "runtime.bgscavenge"}},
	{"shard", []string{"switchyard/shard.", "switchyard/shard/"}},
	{"loop", []string{"switchyard/engine."}},
	{"event loop library", []string{"github.com/panjf2000/gnet/"}},
	{"scheduler", []string{"runtime.mcall", "runtime.schedule", "runtime.findRunnable", "runtime.sysmon", "runtime.mstart", "runtime.park_m"}},
}

const partOther = "other"

// Spent is what a part of the router's work took.
type Spent struct {
	Part string  `json:"part"`
	CPU  float64 `json:"cpu"`  // seconds
	Line string  `json:"line"` // function that took the most of it itself
}

// Attribute divides the time of a CPU profile among the parts of the router's work, in the order of the parts.
func Attribute(p *profile.Profile) []Spent {
	names := make([]string, 0, len(parts)+1)
	for _, part := range parts {
		names = append(names, part.name)
	}
	return divide(p, append(names, partOther), func(_ *profile.Sample, stack []string) string { return partOf(stack) })
}

// AttributeStages divides it among the stages that the router has labelled, in the order in which a command passes them.
// The rest is what has no stage: the collector, the scheduler, handshakes, writing and compacting the store.
func AttributeStages(p *profile.Profile) []Spent {
	return divide(p, append(StageNames[:len(StageNames):len(StageNames)], partOther), func(s *profile.Sample, _ []string) string {
		if label := s.Label[StageLabel]; len(label) == 1 && slices.Contains(StageNames, label[0]) {
			return label[0]
		}
		return partOther
	})
}

// divide divides the time of a profile among the names, in their order. Those that took none are left out.
func divide(p *profile.Profile, names []string, nameOf func(*profile.Sample, []string) string) (spent []Spent) {
	own := make(map[string]map[string]float64)
	seconds := make(map[string]float64)
	for _, s := range p.Sample {
		stack := stackOf(s)
		name := nameOf(s, stack)
		t := float64(s.Value[len(s.Value)-1]) / 1e9 // samples, nanoseconds
		seconds[name] += t
		if len(stack) == 0 {
			continue
		}
		if own[name] == nil {
			own[name] = make(map[string]float64)
		}
		own[name][stack[0]] += t
	}
	for _, name := range names {
		if seconds[name] > 0 {
			spent = append(spent, Spent{name, seconds[name], largest(own[name])})
		}
	}
	return spent
}

// LoadProfile reads a profile from a file.
func LoadProfile(path string) (*profile.Profile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return profile.Parse(f)
}

// stackOf is the names of the functions of a sample, the innermost first.
func stackOf(s *profile.Sample) (names []string) {
	for _, location := range s.Location {
		for _, line := range location.Line {
			if line.Function != nil {
				names = append(names, line.Function.Name)
			}
		}
	}
	return names
}

func partOf(stack []string) string {
	for _, p := range parts {
		for _, function := range stack {
			for _, name := range p.names {
				if strings.HasPrefix(function, name) {
					return p.name
				}
			}
		}
	}
	return partOther
}

func largest(times map[string]float64) (name string) {
	most := -1.0
	for function, t := range times {
		if t > most || t == most && function < name {
			name, most = function, t
		}
	}
	return name
}
