package counts

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"switchyard/engine/relay"
	"switchyard/server/statistics"
	"switchyard/shard/tally"
	"switchyard/smp"
)

// golden is a file that the reference has written.
func golden(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var midnight = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)

// still is statistics of a router that counts what it is told to.
func still(now time.Time) (*Counts, *Live) {
	live := new(Live)
	return New(func(l *Live) {
		sets := [2]*statistics.Distinct{l.Shards.Used, l.Shards.UsedNotify}
		*l = *live
		l.Shards.Used, l.Shards.UsedNotify = sets[0], sets[1]
	}, now, "6.5.2.0", ""), live
}

var varying = regexp.MustCompile(`(?m)^# HELP .*\n|(: \d{4}-.*)|( -?\d+){1,2}$| +$`)

// shape is a text of metrics without what differs from time to time and from program to program.
func shape(text string) string { return strings.TrimSpace(varying.ReplaceAllString(text, "")) }

// TestMetricsOfReference: the metrics have the names, types, labels and notes of the reference's, in its order.
func TestMetricsOfReference(t *testing.T) {
	c, live := still(midnight)
	live.Shards.Times.Add(0)
	live.Shards.Times.Add(1)
	live.Sockets = []Sockets{{Port: "19330", Accepted: 7, Closed: 4, Active: 2}}
	text := string(c.AppendText(nil, midnight))
	if got, want := shape(text), shape(golden(t, "smp-server-metrics.txt")); got != want {
		a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				t.Fatalf("line %d: %q, want %q", i, a[i], b[i])
			}
		}
		t.Fatalf("%d lines, want %d", len(a), len(b))
	}
	if !strings.Contains(text, "simplex_smp_sockets_leaked{port=\"19330\"} 1 ") {
		t.Error("leaked sockets")
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	h := families["simplex_smp_delivery_ack_confirmed_time"].GetMetric()[0].GetHistogram()
	if h.GetSampleCount() != 2 || h.GetSampleSum() != 1 || len(h.GetBucket()) != 3 {
		t.Error(h)
	}
}

// TestLinesOfReference: the control port tells the same lines, one of them to administrators alone.
func TestLinesOfReference(t *testing.T) {
	numbers := regexp.MustCompile(`\d+`)
	c, _ := still(midnight.Add(123456789 * time.Nanosecond))
	want := numbers.ReplaceAllString(golden(t, "stats.txt"), "0")
	if got := numbers.ReplaceAllString(c.StatsLines(midnight, true), "0"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if got := numbers.ReplaceAllString(c.StatsLines(midnight, false), "0"); got != strings.Replace(want, "ntfCount 0: 0\n", "", 1) {
		t.Error(got)
	}
}

// TestBackupsOfReference: the reference's backups are taken, and written again with the same content.
func TestBackupsOfReference(t *testing.T) {
	for _, name := range []string{"a", "b"} {
		text := golden(t, name+"-smp-server-stats.log")
		if n := strings.Count(text, "\n"); n != 95 {
			t.Errorf("%s: %d lines", name, n)
		}
		c, live := still(midnight)
		if err := c.Restore(text); err != nil {
			t.Fatal(err)
		}
		_, queues, _ := strings.Cut(text, "\nqCount=")
		queues, _, _ = strings.Cut(queues, "\n")
		n, _ := strconv.ParseInt(queues, 10, 64)
		live.Shards.Counts[tally.Queues] = n // which the store tells, not the backup
		from := c.Read(midnight).From
		d, other := still(from)
		if err := d.Restore(text); err != nil {
			t.Fatal(err)
		}
		*other = *live
		if got := d.Backup(from); got != text {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, text)
		}
		kept, err := FromBackup(text, from)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := ToBackup(kept, from); err != nil || back != strings.Replace(text, "qCount="+queues, "qCount=0", 1) {
			t.Errorf("%s: by way of a store: %v\n%s", name, err, back)
		}
	}
}

// TestOldBackups: backups of earlier versions of the reference are taken, too.
func TestOldBackups(t *testing.T) {
	const oldest = "fromTime=2023-04-01T00:00:00Z\nqCreated=1\nqSecured=2\nqDeleted=3\nmsgSent=4\nmsgRecv=5\n" +
		"dayMsgQueues=AAAAAAAAAAE=,AAAAAAAAAAI=\nweekMsgQueues=AAAAAAAAAAE=\nmonthMsgQueues="
	const later = "fromTime=2024-04-01T00:00:00.5Z\nqCreated=1\nqSecured=2\nqDeletedAll=3\nqDeletedNew=1\nqDeletedSecured=2\nqSub=7\nqSubNoMsg=9\n" +
		"msgSent=4\nmsgRecv=5\nactiveQueues:\nday=AAAAAAAAAAE=,AAAAAAAAAAI=\nweek=\nmonth=\nsubscribedQueues:\nday=AAAA\nweek=\nmonth=\n" +
		"activeQueuesNtf:\ndayHashes=7\nweekHashes=\nmonthHashes=\npRelays:\nrequests=1\nsuccesses=1\nerrorsConnect=0\nerrorsCompat=0\nerrorsOther=0\npMsgFwdsRecv=8\n"
	for text, want := range map[string]map[statistics.ID]int64{
		oldest: {of(tally.QueuesCreated): 1, of(tally.QueuesSecured): 2, of(tally.QueuesDeleted): 3, of(tally.Sent): 4, of(tally.Received): 5, usedDay: 2, usedWeek: 1},
		later:  {of(tally.QueuesDeletedSecured): 2, of(tally.Subs): 7, usedDay: 2, notifyDay: 1, connects: 1, connects + 1: 1, forwardsReceived: 8},
	} {
		c, _ := still(midnight)
		if err := c.Restore(text); err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(text, "\n")
		from, err := time.Parse(time.RFC3339Nano, strings.TrimPrefix(first, "fromTime="))
		if err != nil {
			t.Fatal(err)
		}
		s := c.Read(from)
		for id, n := range want {
			if s.Values[id] != n {
				t.Errorf("%d: %d, want %d", id, s.Values[id], n)
			}
		}
	}
	c, _ := still(midnight)
	if err := c.Restore("fromTime=2023-04-01T00:00:00Z\nqCreated=1\n"); err == nil || !strings.HasSuffix(err.Error(), "is missing") {
		t.Error(err)
	}
}

// columns are the CSV line as the reference's documents list it; with + a number goes on, with - it is a constant.
const columns = `date qCreated qSecured qDeletedAll msgSent msgRecv day week month msgSentNtf msgRecvNtf ntfDay ntfWeek ntfMonth +qCount +msgCount
msgExpired qDeletedNew qDeletedSecured
pRelays_pRequests pRelays_pSuccesses pRelays_pErrorsConnect pRelays_pErrorsCompat pRelays_pErrorsOther
pRelaysOwn_pRequests pRelaysOwn_pSuccesses pRelaysOwn_pErrorsConnect pRelaysOwn_pErrorsCompat pRelaysOwn_pErrorsOther
pMsgFwds_pRequests pMsgFwds_pSuccesses pMsgFwds_pErrorsConnect pMsgFwds_pErrorsCompat pMsgFwds_pErrorsOther
pMsgFwdsOwn_pRequests pMsgFwdsOwn_pSuccesses pMsgFwdsOwn_pErrorsConnect pMsgFwdsOwn_pErrorsCompat pMsgFwdsOwn_pErrorsOther
pMsgFwdsRecv qSub qSubAuth qSubDuplicate qSubProhibited msgSentAuth msgSentQuota msgSentLarge msgNtfs msgNtfNoSub msgNtfLost -
msgRecvGet msgGet msgGetNoMsg msgGetAuth msgGetDuplicate msgGetProhibited - - - +qCount
ntfCreated ntfDeleted ntfSub ntfSubAuth ntfSubDuplicate +notifierCount qDeletedAllB qSubAllB qSubEnd qSubEndB
ntfDeletedB ntfSubB msgNtfsB msgNtfExpired +ntfCount +rcvServiceCount +ntfServiceCount +rcvServiceQueuesCount +ntfServiceQueuesCount
+rcv.srvAssocNew +rcv.srvAssocDuplicate +rcv.srvAssocUpdated +rcv.srvAssocRemoved +rcv.srvSubCount +rcv.srvSubDuplicate +rcv.srvSubQueues +rcv.srvSubEnd
+ntf.srvAssocNew +ntf.srvAssocDuplicate +ntf.srvAssocUpdated +ntf.srvAssocRemoved +ntf.srvSubCount +ntf.srvSubDuplicate +ntf.srvSubQueues +ntf.srvSubEnd`

// TestDailyLine: each column has its number, and begins anew or goes on; weeks end on Mondays, months on the first.
func TestDailyLine(t *testing.T) {
	c, live := still(midnight.Add(-time.Hour))
	for i := range live.Shards.Counts {
		live.Shards.Counts[i] = 1000 + int64(i)
	}
	for tag := range live.Blocks {
		live.Blocks[tag] = 2000 + int64(tag)
	}
	live.Forwarded = 3000
	live.Relays = relay.Tally{
		Connects: relay.Outcomes{Requests: 3001, Successes: 3002, Connect: 3003, Compat: 3004, Other: 3005}, OwnConnects: relay.Outcomes{Requests: 3006, Other: 3007},
		Forwards: relay.Outcomes{Requests: 3008, Successes: 3009}, OwnForwards: relay.Outcomes{Requests: 3010, Compat: 3011},
	}
	live.Shards.Services, live.Shards.NotifierServices = 3012, 3013
	c.Add(used, 1, midnight.Add(-time.Minute))
	before := c.Read(midnight.Add(-time.Minute))
	number := make(map[string]int64)
	for id, name := range names {
		number[name] = before.Values[id]
	}
	if number["qSubAllB"] != 2000+int64(smp.CmdSub) || number["ntfDeletedB"] != 2000+int64(smp.CmdNDel) {
		t.Error("blocks of several commands")
	}
	for day, periods := range []map[string]string{
		{"date": "2026-11-30", "day": "1", "week": "", "month": "1", "ntfDay": "0", "ntfWeek": "", "ntfMonth": "0"},
		{"date": "2026-12-01", "day": "0", "week": "", "month": "", "ntfDay": "0", "ntfWeek": "", "ntfMonth": ""},
	} {
		line := strings.Split(strings.TrimSuffix(c.DailyLine(midnight.AddDate(0, 0, day)), "\n"), ",")
		want := strings.Fields(columns)
		if len(line) != 96 || len(want) != 96 {
			t.Fatalf("%d columns, want %d", len(line), len(want))
		}
		for i, name := range want {
			value, period := periods[name]
			kept := strings.HasPrefix(name, "+")
			switch {
			case period:
			case name == "-" || !kept && day > 0:
				value = "0"
			default:
				n, known := number[strings.TrimPrefix(name, "+")]
				if !known {
					t.Fatalf("%s is unknown", name)
				}
				value = strconv.FormatInt(n, 10)
			}
			if line[i] != value {
				t.Errorf("day %d, column %d, %s: %s, want %s", day, i+1, name, line[i], value)
			}
		}
	}
	if s := c.Read(midnight.AddDate(0, 0, 1)); s.Values[of(tally.QueuesBlocked)] != 0 || s.Values[of(tally.SentBlocked)] == 0 {
		t.Error("what begins anew without a column")
	}
	for _, name := range []string{"a", "b"} {
		line := golden(t, name+"-smp-server-stats.daily.log")
		if n := strings.Count(line, ",") + 1; n != 96 {
			t.Errorf("%s: %d columns", name, n)
		}
	}
}

// TestCountsGoOn: all of it goes on after a restart, and what was not exact is said to be so.
func TestCountsGoOn(t *testing.T) {
	c, live := still(midnight)
	live.Shards.Counts[tally.Sent], live.Shards.Counts[tally.Queues], live.Shards.Counts[tally.QueuesBlocked] = 5, 7, 2
	live.Shards.Times.Add(61)
	live.Shards.Times.Add(100_000)
	c.SetLevels(Levels{Queues: 10, Messages: 3})
	for _, stopped := range []bool{false, true} {
		for _, failed := range []bool{false, true} {
			live.Shards.Failed = failed
			kept := c.Keep(midnight, stopped)
			d, fresh := still(midnight)
			exact, err := d.Resume(kept)
			if err != nil || exact != (stopped && !failed) {
				t.Errorf("exact %v, %v", exact, err)
			}
			fresh.Shards.Counts[tally.Queues] = -1
			s := d.Read(midnight)
			if s.Values[of(tally.Sent)] != 5 || s.Values[of(tally.Queues)] != 16 || s.Values[of(tally.Messages)] != 3 || d.BlockedToday(midnight) != 2 {
				t.Errorf("%d", s.Values)
			}
			if times := s.Extra.(*readings).times; times != live.Shards.Times {
				t.Error("times are lost")
			}
			if d.BlockedToday(midnight.AddDate(0, 0, 1)) != 0 {
				t.Error("what was blocked today was blocked yesterday")
			}
		}
	}
	d, _ := still(midnight)
	if _, err := d.Resume([]byte("x")); err == nil {
		t.Error("nonsense is read")
	}
}

// TestTimesInTheText: buckets that hold something, and one a minute before each that is further behind.
func TestTimesInTheText(t *testing.T) {
	c, live := still(midnight)
	for _, seconds := range []int64{0, 7, 7, 130, 800, 200_000} {
		live.Shards.Times.Add(seconds)
	}
	live.Shards.Waiting = tally.Periods{1, 2, 3, 4, 5}
	text := string(c.AppendText(nil, midnight))
	at := strconv.FormatInt(midnight.UnixMilli(), 10)
	for family, lines := range map[string][]string{
		"delivery_ack_confirmed_time": {"_sum 200944", "_count 6", `_bucket{le="0"} 1`, `_bucket{le="10"} 3`, `_bucket{le="90"} 3`, `_bucket{le="150"} 4`,
			`_bucket{le="780"} 4`, `_bucket{le="840"} 5`, `_bucket{le="+Inf"} 6`},
		"delivery_ack_confirmed_count": {`{period="0-60"} 3`, `{period="60-300"} 1`, `{period="300-1200"} 1`, `{period="1200-3600"} 0`, `{period="3600+"} 1`},
		"delivery_ack_pending_count":   {`{period="0-60"} 1`, `{period="60-300"} 2`, `{period="300-1200"} 3`, `{period="1200-3600"} 4`, `{period="3600+"} 5`},
	} {
		want := "\n"
		for _, line := range lines {
			want += "simplex_smp_" + family + line + " " + at + "\n"
		}
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no %s in\n%s", want, text[strings.Index(text, "# HELP simplex_smp_"+family):])
		}
	}
}

// TestAllNamesAreThere: each number that goes on has a name of its own.
func TestAllNamesAreThere(t *testing.T) {
	seen := make(map[string]bool)
	for id, name := range names {
		if name == "" || seen[name] {
			t.Errorf("%d: %q", id, name)
		}
		seen[name] = true
	}
}

// FuzzBackup: whatever a backup says, it is refused or can be kept and written again.
func FuzzBackup(f *testing.F) {
	f.Add(golden(f, "a-smp-server-stats.log"))
	f.Add(golden(f, "b-smp-server-stats.log"))
	f.Fuzz(func(t *testing.T, text string) {
		kept, err := FromBackup(text, midnight)
		if err != nil {
			return
		}
		first, err := ToBackup(kept, midnight)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := FromBackup(first, midnight); err != nil {
			t.Error(err)
		}
	})
}
