package statistics

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const backupText = "fromTime=2026-11-30T12:00:00Z\nmsgSent=5\nmsgCount=0\nactive:\ndayHashes=-1,7\nweekHashes=-1,7\nmonthHashes=\ngroup:\nblocked=3\n"

// TestBackup: what is written is read, and written again.
func TestBackup(t *testing.T) {
	f := newFixture(monday)
	if err := f.Restore(backupText); err != nil {
		t.Fatal(err)
	}
	if got := f.Backup(monday); got != backupText {
		t.Error(got)
	}
	f.values[sent]++
	f.values[stored] = 9
	if got := f.Backup(monday); got != strings.NewReplacer("msgSent=5", "msgSent=6", "msgCount=0", "msgCount=9").Replace(backupText) {
		t.Error(got)
	}
}

// TestOldBackups: lines may be missing, or have the forms of old versions.
func TestOldBackups(t *testing.T) {
	const begin = "fromTime=2026-11-30T12:00:00Z\n"
	for text, want := range map[string][3]int64{ // sent, blocked, different IDs of the day
		begin + "msgSent=5": {5, 0, 0},
		begin + "sent=5\r\ngone=9\r\ngroup:\r\nblocked=2\r\n":                   {5, 2, 0},
		begin + "msgSent=5\ndayQueues=AAAAAAAAAAE=,AAAAAAAAAAI\n":               {5, 0, 2},
		begin + "msgSent=5\nactive:\nday=AAAAAAAAAAE=\nweek=\nmonth=\n":         {5, 0, 1},
		begin + "msgSent=5\ndropped:\ndayHashes=1,2\nweek=x\ngroup:\nblocked=1": {5, 1, 0},
		begin + "group:\nblocked=1\nmsgSent=5":                                  {5, 1, 0}, // behind a group
	} {
		f := newFixture(monday)
		if err := f.Restore(text); err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		s := f.Read(monday)
		if got := [3]int64{s.Values[sent], s.Values[blocked], s.Values[day]}; got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

// TestBadBackups: what is wrong is named with its line, and nothing is taken.
func TestBadBackups(t *testing.T) {
	const begin = "fromTime=2026-11-30T12:00:00Z\nmsgSent=5\n"
	for text, want := range map[string]string{
		"":                                "is missing",
		"fromTime=2026-11-30T12:00:00Z\n": "msgSent is missing",
		"msgSent=5\n":                     "fromTime is missing",
		begin + "x":                       "line 3: neither name=value nor the name of a group",
		begin + "x:":                      "line 3: neither",
		begin + "x=1":                     "line 3: a name that is unknown here",
		begin + "blocked=1":               "line 3: a name that is unknown here",
		begin + "msgSent=1":               "line 3: /msgSent comes twice",
		begin + "sent=1":                  "line 3: /msgSent comes twice",
		begin + "group:\nblocked=x":       "line 4: group/blocked is not a number",
		begin + "active:\ndayHashes=1,x":  "line 4: active/dayHashes is not a list of numbers",
		begin + "dayQueues=!":             "line 3: active/dayHashes# is not a list of IDs",
		"fromTime=x\n":                    "line 1: /fromTime is not a time",
	} {
		f := newFixture(monday)
		err := f.Restore(text)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", text, err)
		}
		if s := f.Read(monday); s.Values[sent] != 0 || s.From != monday {
			t.Errorf("%q: something is taken", text)
		}
	}
}

// TestRestoreFile: a backup is taken once.
func TestRestoreFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "stats.log")
	f := newFixture(monday)
	if err := RestoreFile(f.Book, name); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(name, []byte(backupText), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := RestoreFile(f.Book, name); err != nil {
		t.Error(err)
	}
	if err := RestoreFile(f.Book, name); err != nil {
		t.Error(err)
	}
	if s := f.Read(monday); s.Values[sent] != 5 {
		t.Errorf("%d", s.Values)
	}
	if _, err := os.Stat(name + ".bak"); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := RestoreFile(f.Book, name)
	if err == nil || err.Error() != name+": line 1: neither name=value nor the name of a group; move it away to begin with new counters" {
		t.Error(err)
	}
}

// FuzzBackup: whatever a backup says, it is refused or comes out as it went in.
func FuzzBackup(f *testing.F) {
	f.Add(backupText)
	f.Add("fromTime=2026-11-30T12:00:00Z\nsent=5\ngone=1\ndayQueues=AAAA\ndropped:\nx=1\n")
	f.Add("fromTime=2026-11-30T12:00:00Z\nmsgSent=5\nactive:\nday=AAAA,BBBB\nweekHashes=0,1\n")
	f.Fuzz(func(t *testing.T, text string) {
		one, two := newFixture(monday), newFixture(monday)
		if one.Restore(text) != nil {
			return
		}
		first := one.Backup(monday)
		if err := two.Restore(first); err != nil {
			t.Fatalf("%v\n%s", err, first)
		}
		if second := two.Backup(monday); second != first {
			t.Errorf("%s\nbecomes\n%s", first, second)
		}
	})
}

// FuzzState: whatever a store holds, it is refused or comes out as it went in.
func FuzzState(f *testing.F) {
	g := newFixture(monday)
	g.set.Add(5)
	f.Add(g.State(monday, nil))
	for i := range uint64(2 * exactly) {
		g.set.Add(i * 0x9e3779b97f4a7c15)
	}
	f.Add(g.State(monday, []byte("{}")))
	f.Fuzz(func(t *testing.T, text []byte) {
		one, two := newFixture(monday), newFixture(monday)
		if _, err := one.SetState(text); err != nil {
			return
		}
		first := one.State(monday, nil)
		if _, err := two.SetState(first); err != nil {
			t.Fatal(err)
		}
		a, b := one.Read(monday), two.Read(monday)
		for id := range a.Values {
			if a.Values[id] != b.Values[id] {
				t.Errorf("%d: %d and %d", id, a.Values[id], b.Values[id])
			}
		}
	})
}
