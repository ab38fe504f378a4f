package router

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"switchyard/xftp/packets"
)

// DailyLine is the line of the CSV file for the time since the last one, and begins the next. Week and month have a
// number only when they have ended: on Mondays, and on the first of the month.
//
//	date,created,recipients,uploaded,deleted,day,week,month,downloads,acks,count,size,expired
func (s *Stats) DailyLine(now time.Time, stored packets.Usage) string {
	now = now.UTC()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roll(now)
	since := s.since
	s.since = now
	if !s.day.over {
		s.day.end() // with its line, whatever the time is
	}
	number := func(p *period) string {
		if n, ok := p.ended(); ok {
			return strconv.FormatInt(n, 10)
		}
		return ""
	}
	day, week, month := number(&s.day), number(&s.week), number(&s.month)
	return fmt.Sprintf("%s,%d,%d,%d,%d,%s,%s,%s,%d,%d,%d,%d,%d\n", since.Format(time.DateOnly),
		s.Created.Swap(0), s.Recipients.Swap(0), s.Uploaded.Swap(0), s.Deleted.Swap(0), day, week, month,
		s.Downloads.Swap(0), s.Acks.Swap(0), stored.Count, stored.Bytes, s.Expired.Swap(0))
}

// Backup is the text that keeps the counters over a restart, as the reference writes it. Sets of more packets than are kept
// themselves come back as they are by hashes made up for that, of which there are 16,384 at most: the reference would count
// those (distinct.list).
func (s *Stats) Backup(stored packets.Usage) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "fromTime=%s\n", s.since.Format(time.RFC3339Nano))
	for _, c := range s.named(&stored) {
		fmt.Fprintf(&b, "%s=%d\n", c.name, c.get())
	}
	b.WriteString("filesDownloaded:\n")
	for i, p := range s.periods() {
		b.WriteString(periodNames[i] + "=")
		for j, h := range p.packets.list() {
			if j > 0 {
				b.WriteByte(',')
			}
			b.WriteString(strconv.FormatInt(h, 10))
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "fileDownloads=%d\nfileDownloadAcks=%d\n", s.Downloads.Load(), s.Acks.Load())
	return b.String()
}

type counterName struct {
	name string
	get  func() int64
	set  func(int64)
}

// named lists the counters above the sets. Count and size are told, never taken.
func (s *Stats) named(stored *packets.Usage) []counterName {
	return []counterName{
		{"filesCreated", s.Created.Load, s.Created.Store},
		{"fileRecipients", s.Recipients.Load, s.Recipients.Store},
		{"filesUploaded", s.Uploaded.Load, s.Uploaded.Store},
		{"filesExpired", s.Expired.Load, s.Expired.Store},
		{"filesDeleted", s.Deleted.Load, s.Deleted.Store},
		{"filesBlocked", s.Blocked.Load, s.Blocked.Store},
		{"filesCount", func() int64 { return stored.Count }, func(int64) {}},
		{"filesSize", func() int64 { return stored.Bytes }, func(int64) {}},
	}
}

// periodNames are what the reference calls the hashes of the periods.
var periodNames = [...]string{"dayHashes", "weekHashes", "monthHashes"}

// Restore takes the counters of a backup. Older backups have fewer lines. What does not parse is an error.
func (s *Stats) Restore(text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	counters := append(s.named(new(packets.Usage)),
		counterName{"fileDownloads", nil, s.Downloads.Store}, counterName{"fileDownloadAcks", nil, s.Acks.Store})
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "=")
		if !ok {
			if name == "filesDownloaded:" {
				continue
			}
			return errors.New("a line is not of the form name=value")
		}
		if err := s.restore(counters, name, value); err != nil {
			return fmt.Errorf("%s: not as it should be", name)
		}
	}
	return nil
}

func (s *Stats) restore(counters []counterName, name, value string) (err error) {
	if name == "fromTime" {
		s.since, err = time.Parse(time.RFC3339Nano, value)
		s.since = s.since.UTC()
		return err
	}
	for i, p := range s.periods() {
		if periodNames[i] == name {
			return restoreHashes(&p.packets, value)
		}
	}
	for _, c := range counters {
		if c.name == name {
			n, err := strconv.ParseInt(value, 10, 64)
			c.set(n)
			return err
		}
	}
	return errors.New("unknown")
}

func restoreHashes(d *distinct, value string) error {
	if value == "" {
		return nil
	}
	for text := range strings.SplitSeq(value, ",") {
		h, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return err
		}
		d.add(h)
	}
	return nil
}

// Metrics is the text for Prometheus, with the names of the reference.
func (s *Stats) Metrics(now time.Time, stored packets.Usage, version string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roll(now)
	var b strings.Builder
	fmt.Fprintf(&b, "# Recorded at: %s\n# Stats from: %s\n\n", now.UTC().Format(time.RFC3339Nano), s.since.Format(time.RFC3339Nano))
	for _, m := range []struct {
		name, kind, help string
		value            int64
		field            string
	}{
		{"files_created", "counter", "packets created", s.Created.Load(), "filesCreated"},
		{"files_recipients", "counter", "recipients of packets", s.Recipients.Load(), "fileRecipients"},
		{"files_uploaded", "counter", "packets uploaded", s.Uploaded.Load(), "filesUploaded"},
		{"files_expired", "counter", "packets expired", s.Expired.Load(), "filesExpired"},
		{"files_deleted", "counter", "packets deleted by their senders", s.Deleted.Load(), "filesDeleted"},
		{"files_blocked", "counter", "packets blocked by the operator", s.Blocked.Load(), "filesBlocked"},
		{"file_downloads", "counter", "downloads begun", s.Downloads.Load(), "fileDownloads"},
		{"file_download_acks", "counter", "downloads acknowledged", s.Acks.Load(), "fileDownloadAcks"},
		{"files_count_total", "gauge", "packets stored", stored.Count, "filesCount"},
		{"files_size", "gauge", "bytes stored", stored.Bytes, "filesSize"},
		{"files_count_daily", "gauge", "different packets downloaded this day", s.day.packets.count(), "filesDownloaded.dayCount"},
		{"files_count_weekly", "gauge", "different packets downloaded this week", s.week.packets.count(), "filesDownloaded.weekCount"},
		{"files_count_monthly", "gauge", "different packets downloaded this month", s.month.packets.count(), "filesDownloaded.monthCount"},
	} {
		name := "simplex_xftp_" + m.name
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n%s %d %d\n# %s\n\n", name, m.help, name, m.kind, name, m.value, now.UnixMilli(), m.field)
	}
	fmt.Fprintf(&b, "# HELP simplex_xftp_info version of the router\n# TYPE simplex_xftp_info gauge\nsimplex_xftp_info{version=%q,rts_options=\"\"} 1\n\n", version)
	return b.String()
}
