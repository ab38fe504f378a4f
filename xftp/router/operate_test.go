package router

import (
	"encoding/base64"
	"math/rand/v2"
	"net"
	"os"
	"regexp"
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

// usage is what a store holds.
func usage(bytes, count int64) func() packets.Usage {
	return func() packets.Usage { return packets.Usage{Bytes: bytes, Count: count} }
}

func TestDailyLine(t *testing.T) {
	var s Stats
	sunday := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	s.begin(sunday.Add(-time.Hour), usage(65536, 1))
	s.Created.Add(3)
	s.Recipients.Add(4)
	s.Expired.Add(1)
	for _, id := range []packets.ID{{1}, {1}, {2}} {
		s.download(id, sunday.Add(-time.Minute))
	}
	for _, test := range []struct {
		now  time.Time
		want string
	}{
		{sunday, "2026-11-28,3,4,0,0,2,,,3,0,1,65536,1\n"},
		{sunday.AddDate(0, 0, 1), "2026-11-29,0,0,0,0,0,2,,0,0,1,65536,0\n"},
		{sunday.AddDate(0, 0, 2), "2026-11-30,0,0,0,0,0,,2,0,0,1,65536,0\n"},
	} {
		if got := s.Book.DailyLine(test.now); got != test.want {
			t.Errorf("%s: %swant %s", test.now, got, test.want)
		}
	}
}

// TestBackupOfReference: the reference's backup is taken, and written again with the same content.
func TestBackupOfReference(t *testing.T) {
	text, err := os.ReadFile("testdata/file-server-stats.log")
	check(t, err)
	var s Stats
	s.begin(time.Now(), usage(262144, 4))
	check(t, s.Book.Restore(string(text)))
	from := time.Date(2026, 11, 22, 23, 0, 0, 0, time.UTC)
	if line, _, _ := strings.Cut(string(text), "\n"); line != "" {
		from, err = time.Parse(time.RFC3339Nano, strings.TrimPrefix(line, "fromTime="))
		check(t, err)
	}
	if got := s.Book.Backup(from); got != string(text) {
		t.Errorf("\n%s, want\n%s", got, text)
	}
	if strings.Count(string(text), "\n") != 15 {
		t.Error("not 15 lines")
	}
	for _, bad := range []string{"x", "x=1", "filesCreated=x", "dayHashes=1,x", "fromTime=x"} {
		var s Stats
		s.begin(time.Now(), usage(0, 0))
		if err := s.Book.Restore(bad); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// TestBackupOfManyPackets: sets that are too large to be kept come back as they were, from a text that is no larger for it.
func TestBackupOfManyPackets(t *testing.T) {
	var s Stats
	now := time.Date(2026, 11, 11, 11, 0, 0, 0, time.UTC)
	s.begin(now, usage(0, 0))
	random := rand.NewChaCha8([32]byte{})
	for range 100_000 {
		var id packets.ID
		random.Read(id[:])
		s.download(id, now)
	}
	text := s.Book.Backup(now)
	if len(text) > 3*(1<<14)*21+1000 {
		t.Errorf("%d bytes", len(text))
	}
	var restored Stats
	restored.begin(now, usage(0, 0))
	check(t, restored.Book.Restore(text))
	if restored.Book.Backup(now) != text || string(restored.Metrics(now, "v", "")) != string(s.Metrics(now, "v", "")) {
		t.Error("not what it was")
	}
}

// TestMetricsOfReference: the metrics have the names, types, labels and notes of the reference's, in its order.
func TestMetricsOfReference(t *testing.T) {
	var s Stats
	s.begin(time.Unix(5, 0), usage(9, 1))
	s.Uploaded.Add(7)
	text := string(s.Metrics(time.UnixMilli(12345), "6.5.2.0", ""))
	for _, want := range []string{
		"# Recorded at: 1970-01-01T00:00:12.345Z\n# Stats from: 1970-01-01T00:00:05Z\n",
		"simplex_xftp_files_uploaded 7 12345\n",
		"simplex_xftp_files_size 9 12345\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	reference, err := os.ReadFile("testdata/xftp-server-metrics.txt")
	check(t, err)
	if got, want := shape(text), shape(string(reference)); got != want {
		t.Errorf("\n%s, want\n%s", got, want)
	}
}

var varying = regexp.MustCompile(`(?m)^# HELP .*\n|: \d{4}-.*|( -?\d+){1,2}$| +$`)

// shape is a text of metrics without what differs from time to time and from program to program.
func shape(text string) string { return varying.ReplaceAllString(text, "") }
