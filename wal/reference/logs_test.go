package reference

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"switchyard/shard"
)

func number(n int) string { return strconv.Itoa(n) }

// refused imports a directory, which must be refused, and returns why.
func refused(t *testing.T, dir string) *Refusal {
	t.Helper()
	_, _, _, err := importDir(t, dir)
	var r *Refusal
	if !errors.As(err, &r) {
		t.Fatalf("got %v in place of a refusal", err)
	}
	return r
}

// TestInterruptedStart reads the log that a start was compacting.
func TestInterruptedStart(t *testing.T) {
	dir := stateOf(t, map[string][]string{
		StoreLogName: {create(1, "")}, StoreLogName + ".start": {create(1, ""), create(2, "")}, MessageLogName + ".bak": {"v3"},
	})
	_, n, report, err := importDir(t, dir)
	if err != nil || n.Queues != 2 {
		t.Fatalf("%+v, %v", n, err)
	}
	for _, want := range []string{StoreLogName + ".start is read", MessageLogName + ".bak is of an earlier end"} {
		if !strings.Contains(report, want) {
			t.Errorf("the report says nothing of %s:\n%s", want, report)
		}
	}
}

// TestTornAndStrangeLines has a log end within a line, with carriage returns, and with a line that is longer than any.
func TestTornAndStrangeLines(t *testing.T) {
	dir := stateOf(t, nil)
	log := create(1, "") + "\r\n" + strings.Repeat("x", maxLine+10) + "\n" + create(3, "") + "\n" + create(2, "") + "\n" + create(4, "")[:70]
	if err := os.WriteFile(filepath.Join(dir, StoreLogName), []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	_, n, report, err := importDir(t, dir)
	if err != nil || n.Queues != 3 {
		t.Fatalf("%+v, %v", n, err)
	}
	lines := strings.Split(report, "\n")
	if len(lines) != 2 || !strings.HasSuffix(lines[0], ":2: "+errLong.Error()) || !strings.Contains(lines[1], ":5: ") {
		t.Errorf("report:\n%s", report)
	}
}

// TestLiveSource has a process write to a log, and one write to it meanwhile.
func TestLiveSource(t *testing.T) {
	dir := stateOf(t, map[string][]string{StoreLogName: {create(1, "")}})
	name := filepath.Join(dir, StoreLogName)
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := os.Stat("/proc/self/fd"); err == nil {
		if r := refused(t, dir); r.Place != name || !strings.Contains(r.Fault, "its router runs") {
			t.Errorf("refused for %v", r)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := OpenLogs(dir, LogsOptions{Scratch: t.TempDir(), Skip: func(Place, error) {}, Note: func(string) {}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(create(1, "")+"\n"+create(2, "")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var r *Refusal
	if err := s.Finish(); !errors.As(err, &r) || r.Place != name {
		t.Errorf("a log that has grown: %v", err)
	}
}

// TestForeignFiles has each file be something else, or of a newer version.
func TestForeignFiles(t *testing.T) {
	queue := []string{create(1, "")}
	for name, logs := range map[string]map[string][]string{
		"store log":          {StoreLogName: {"words", "and more"}},
		"messages":           {StoreLogName: queue, MessageLogName: {"words", "and more"}},
		"newer messages":     {StoreLogName: queue, MessageLogName: {message(1, 1, "a"), "v4" + message(1, 2, "b")[2:]}},
		"notifications":      {StoreLogName: queue, NtfLogName: {"words", "and more"}},
		"newer notification": {StoreLogName: queue, NtfLogName: {"v2 something"}},
		"nothing":            {},
	} {
		t.Run(name, func(t *testing.T) {
			if r := refused(t, stateOf(t, logs)); r.Mend == "" {
				t.Errorf("%v says nothing of what to do", r)
			}
		})
	}
}

// TestNotifications keeps the last ones of a notifier, and finds those that belong to nobody.
func TestNotifications(t *testing.T) {
	line := func(notifier, n byte) string {
		return "v1 " + idText64(notifier) + " " + idText64(n) + " " + strconv.Itoa(1000+int(n)) + " " + text64(make([]byte, 24)) + " " + text64(make([]byte, 144))
	}
	log := []string{line(81, 1), line(90, 1), "v1 nonsense"}
	for n := range byte(200) {
		log = append(log, line(80, n))
	}
	dir := stateOf(t, map[string][]string{StoreLogName: {create(2, " notifier="+notifier(80)), create(1, " notifier="+notifier(81))}, NtfLogName: log})
	store, n, report, err := importDir(t, dir)
	if err != nil || n.Notifications != 1+shard.NotificationLimit {
		t.Fatalf("%+v, %v", n, err)
	}
	q := id(2)
	all, err := store.Notifications(&q)
	if err != nil || len(all) != shard.NotificationLimit || all[0].Time != 1000+200-shard.NotificationLimit || all[len(all)-1].MessageID != id(199) {
		t.Errorf("%d notifications, %v", len(all), err)
	}
	if !strings.Contains(report, ":2: "+errNoNotifier.Error()) || !strings.Contains(report, ":3: ") || strings.Count(report, "\n") != 1 {
		t.Errorf("report:\n%s", report)
	}
}

// TestExportLeavesOut exports what the reference would not read again, and reads all of it.
func TestExportLeavesOut(t *testing.T) {
	notice := ` status=blocked,reason=content,notice={"ttl":5}`
	dir := stateOf(t, map[string][]string{StoreLogName: {
		service(50, "M"), create(1, notice), create(2, notice+" rsrv="+idText64(50)), create(3, " link_id="+idText64(90)+" queue_data= "),
		create(4, " queue_mode=C link_id="+idText64(91)+" queue_data=AA== AQ== notifier="+notifier(80)+" updated_at=864000 status=off"),
	}})
	store, n, report, err := importDir(t, dir)
	if err != nil || n.Queues != 4 || report != "" {
		t.Fatalf("%+v, %v, %s", n, err, report)
	}
	to := t.TempDir()
	out, err := (&Export{Store: store, Dir: to, Time: 86400 + 5}).Run()
	if err != nil || out.Notices != 1 || out.Links != 1 || out.Queues != 4 || out.Services != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	got, err := os.ReadFile(filepath.Join(to, StoreLogName))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		service(50, "M"), create(1, notice), create(2, " status=blocked,reason=content rsrv="+idText64(50)), create(3, ""),
		create(4, " queue_mode=C link_id="+idText64(91)+" queue_data=AA== AQ== notifier="+notifier(80)+" updated_at=864000 status=off"),
	}, "\n") + "\n"
	if string(got) != want {
		t.Errorf("written:\n%s\nwant:\n%s", got, want)
	}
}
