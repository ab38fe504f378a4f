package router

import (
	"encoding/base64"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"switchyard/server/control"
	"switchyard/server/control/controltest"
	"switchyard/xftp"
	"switchyard/xftp/packets"
)

func TestFact45ControlPort(t *testing.T) {
	f := newFixture(t, options{})
	c := f.dial()
	p, q := f.stored(c, xftp.Size64K, 1), f.stored(c, xftp.Size64K, 1)
	id := func(b []byte) string { return base64.URLEncoding.EncodeToString(b) }
	address := f.control("a", "u")
	for _, test := range []struct {
		name, in, want string
	}{
		{"without password", "delete " + id(p.readIDs[0]) + "\n", "AUTH\n"},
		{"wrong password", "auth x\nblock " + id(p.readIDs[0]) + " reason=spam\n", "Current role is CPRNone\nAUTH\n"},
		{"sender's ID", "auth a\ndelete " + id(p.id) + "\n", "Current role is CPRAdmin\nerror: AUTH\n"},
		{"another size", "auth a\ndelete AAAA\n", "Current role is CPRAdmin\nerror: AUTH\n"},
		{"block", "auth u\r\nblock " + id(p.readIDs[0]) + " reason=spam,notice={\"ttl\":5}\n", "Current role is CPRUser\nok\n"},
		{"delete", "auth a\ndelete " + id(q.readIDs[0]) + "\ndelete " + id(q.readIDs[0]) + "\n", "Current role is CPRAdmin\nok\nerror: AUTH\n"},
	} {
		s := controltest.Dial(t, address, theEnd)
		greeting := "XFTP server control port\n'help' for supported commands\n"
		if got := s.Give(test.in); got != greeting+test.want {
			t.Errorf("%s:\n%s, want\n%s", test.name, got, test.want)
		}
	}
	err := p.download(c, 0)
	if err == nil || err.Error() != `BLOCKED reason=spam,notice={"ttl":5}` {
		t.Error(err)
	}
	if n := f.files(); len(n) > 0 || f.Stats.Blocked.Load() != 1 || f.Stats.Deleted.Load() != 1 {
		t.Errorf("%v, %d blocked, %d deleted", n, f.Stats.Blocked.Load(), f.Stats.Deleted.Load())
	}
}

// theEnd is what the version command of the test's control port says.
const theEnd = "the end"

// control serves the router's control port, and returns where.
func (f *fixture) control(admin, user string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(f.t, err)
	s := control.New(control.Config{
		Name: ControlName, Help: ControlHelp, Commands: append(f.ControlCommands(), control.Version(theEnd)),
		Settings: control.Settings{Admin: admin, User: user}, Punishment: time.Millisecond,
	})
	s.Serve(l)
	f.t.Cleanup(func() { s.Stop(time.Minute) })
	return l.Addr().String()
}

// TestReferenceSessions: the reference's router and ours, with the same packets, give the same answers. IDs of the recording
// stand for those of the test's packets.
func TestReferenceSessions(t *testing.T) {
	f := newFixture(t, options{})
	c := f.dial()
	all := controltest.Read(t, "../../server/control/testdata/reference.json.gz", "xftp")
	record := ""
	ids := make(map[string]string)
	text := base64.URLEncoding.EncodeToString
	for _, e := range all {
		if strings.HasPrefix(e.Receive, "RTSStats") {
			record = e.Receive
		}
		words := strings.Fields(e.Send)
		if len(words) < 2 || words[0] != "delete" && words[0] != "block" || len(words[1]) != len("CcQCi-wc3GKinpnQGxgv_g==") || ids[words[1]] != "" {
			continue
		}
		p := f.stored(c, xftp.Size64K, 1)
		ids[words[1]] = text(p.readIDs[0])
		if strings.HasPrefix(e.Comment, "sender id") {
			ids[words[1]] = text(p.id)
		}
	}
	if len(all) < 60 || len(ids) < 5 || record == "" {
		t.Fatalf("%d exchanges, %d IDs", len(all), len(ids))
	}
	for i, e := range all {
		for old, id := range ids {
			all[i].Send = strings.ReplaceAll(all[i].Send, old, id)
		}
		if e.Send == "stats-rts\n" { // ours always keeps figures
			all[i].Receive, all[i].Varies = record, "numbers"
		}
	}
	controltest.Replay(t, f.control("adminpass", "userpass"), theEnd, all, func(controltest.Exchange) (string, bool) { return "", false })
}

func TestDailyLine(t *testing.T) {
	var s Stats
	sunday := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	s.begin(sunday.Add(-time.Hour))
	s.Created.Add(3)
	s.Recipients.Add(4)
	s.Expired.Add(1)
	for _, id := range []packets.ID{{1}, {1}, {2}} {
		s.download(id, sunday.Add(-time.Minute))
	}
	stored := packets.Usage{Bytes: 65536, Count: 1}
	for _, test := range []struct {
		now  time.Time
		want string
	}{
		{sunday, "2026-11-28,3,4,0,0,2,,,3,0,1,65536,1\n"},
		{sunday.AddDate(0, 0, 1), "2026-11-29,0,0,0,0,0,2,,0,0,1,65536,0\n"},
		{sunday.AddDate(0, 0, 2), "2026-11-30,0,0,0,0,0,,2,0,0,1,65536,0\n"},
	} {
		if got := s.DailyLine(test.now, stored); got != test.want {
			t.Errorf("%s: %swant %s", test.now, got, test.want)
		}
	}
}

// TestPeriodsEndByThemselves: day, week and month begin anew when they are over although nobody writes daily lines, and what
// they had is in the next line, if one is written; a clock that is set back does not make them longer.
func TestPeriodsEndByThemselves(t *testing.T) {
	var s Stats
	monday := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	s.begin(monday.Add(-48 * time.Hour))
	n := byte(0)
	download := func(now time.Time) {
		n++
		s.download(packets.ID{n}, now)
	}
	counts := func(now time.Time, want string) {
		t.Helper()
		text := s.Metrics(now, packets.Usage{}, "v")
		var got []string
		for _, name := range []string{"daily", "weekly", "monthly"} {
			_, rest, _ := strings.Cut(text, "\nsimplex_xftp_files_count_"+name+" ")
			value, _, _ := strings.Cut(rest, " ")
			got = append(got, value)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %s", now, got, want)
		}
	}
	download(monday.Add(-30 * time.Hour))
	download(monday.Add(-time.Hour))
	counts(monday.Add(-time.Second), "1 2 2")
	download(monday)
	counts(monday.Add(time.Hour), "1 1 3")
	counts(monday.Add(24*time.Hour), "0 1 0") // December
	download(monday.Add(24 * time.Hour))
	if line := s.DailyLine(monday.Add(24*time.Hour), packets.Usage{}); line != "2026-11-28,0,0,0,0,1,2,3,4,0,0,0,0\n" {
		t.Error(line)
	}
	download(monday.Add(365 * 24 * time.Hour)) // by mistake
	counts(monday.Add(48*time.Hour), "1 1 1")
	counts(monday.Add(72*time.Hour), "0 1 1")
	counts(monday.Add(7*24*time.Hour), "0 0 1")
}

// TestBackupOfReference: the reference's backup is taken, and written again with the same content.
func TestBackupOfReference(t *testing.T) {
	text, err := os.ReadFile("testdata/file-server-stats.log")
	check(t, err)
	var s Stats
	s.begin(time.Now())
	check(t, s.Restore(string(text)))
	if got := s.Backup(packets.Usage{Bytes: 262144, Count: 4}); got != string(text) {
		t.Errorf("\n%s, want\n%s", got, text)
	}
	if strings.Count(string(text), "\n") != 15 {
		t.Error("not 15 lines")
	}
	for _, bad := range []string{"x", "x=1", "filesCreated=x", "dayHashes=1,x", "fromTime=x"} {
		var s Stats
		s.begin(time.Now())
		if err := s.Restore(bad); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// TestBackupOfManyPackets: sets that are too large to be kept come back as they were, from a text that is no larger for it.
func TestBackupOfManyPackets(t *testing.T) {
	var s Stats
	now := time.Date(2026, 11, 11, 11, 0, 0, 0, time.UTC)
	s.begin(now)
	random := rand.NewChaCha8([32]byte{})
	for range 100_000 {
		var id packets.ID
		random.Read(id[:])
		s.download(id, now)
	}
	text := s.Backup(packets.Usage{})
	if len(text) > 3*registers*21+1000 {
		t.Errorf("%d bytes", len(text))
	}
	var restored Stats
	restored.begin(now)
	check(t, restored.Restore(text))
	if restored.Backup(packets.Usage{}) != text || restored.Metrics(now, packets.Usage{}, "v") != s.Metrics(now, packets.Usage{}, "v") {
		t.Error("not what it was")
	}
}

func TestMetrics(t *testing.T) {
	var s Stats
	s.begin(time.Unix(5, 0))
	s.Uploaded.Add(7)
	text := s.Metrics(time.UnixMilli(12345), packets.Usage{Bytes: 9, Count: 1}, "v1")
	for _, want := range []string{
		"# Recorded at: 1970-01-01T00:00:12.345Z\n# Stats from: 1970-01-01T00:00:05Z\n",
		"# TYPE simplex_xftp_files_uploaded counter\nsimplex_xftp_files_uploaded 7 12345\n# filesUploaded\n",
		"# TYPE simplex_xftp_files_size gauge\nsimplex_xftp_files_size 9 12345\n",
		"simplex_xftp_files_count_monthly 0 12345\n",
		"simplex_xftp_info{version=\"v1\",",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
