package process

import (
	"os"
	"strings"
	"testing"
	"time"
)

const statLine = "4242 (a ) b (c) S 1 4242 4242 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 9 0 100 123456 1000 18446744073709551615"

func TestParseStat(t *testing.T) {
	got, err := parseStat([]byte(statLine), 4096)
	if want := (Stat{CPU: 3 * time.Second, RSS: 1000 * 4096}); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{strings.Replace(statLine, " S ", " Z ", 1), "", "1 (x", "1 (x) S 1", "1 (x) S 1 2 3 4 5 6 7 8 9 10 eleven 12 13 14 15 16 17 18 19 20 21"} {
		if _, err := parseStat([]byte(bad), 4096); err == nil {
			t.Errorf("%q accepted", bad)
		}
	}
}

func TestReadProcess(t *testing.T) {
	p, err := ReadStat(os.Getpid())
	if err != nil || p.RSS < 1<<20 {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := ReadStat(-1); err == nil {
		t.Error("no error for a process that cannot be")
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte(statLine))
	f.Fuzz(func(t *testing.T, stat []byte) {
		_, _ = parseStat(stat, 4096)
	})
}

func TestRaiseFileLimit(t *testing.T) {
	if err := RaiseFileLimit(10); err != nil {
		t.Error(err)
	}
	if err := RaiseFileLimit(1 << 40); err == nil {
		t.Error("no error for more files than any system has")
	}
}
