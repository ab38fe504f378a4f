package router

import (
	"strconv"
	"sync/atomic"
	"time"

	"switchyard/server/statistics"
	"switchyard/xftp/packets"
)

// Stats counts what the router does. Its numbers are those of the reference's statistics; Book has them over days and restarts.
type Stats struct {
	Created, Recipients, Uploaded, Deleted, Expired, Blocked, Downloads, Acks atomic.Int64

	Book *statistics.Book
}

// begin begins to count; stored tells what the store holds.
func (s *Stats) begin(now time.Time, stored func() packets.Usage) {
	s.Book = statistics.NewBook(&Table, now, func(r *statistics.Reading) {
		for id, n := range s.counters() {
			r.Values[id] = n.Load()
		}
		usage := stored()
		r.Values[filesCount], r.Values[filesSize] = usage.Count, usage.Bytes
	})
}

// The numbers. Those up to fileDownloadAcks are counted.
const (
	filesCreated statistics.ID = iota
	fileRecipients
	filesUploaded
	filesExpired
	filesDeleted
	filesBlocked
	fileDownloads
	fileDownloadAcks
	filesCount
	filesSize
	downloadedDay
	downloadedWeek
	downloadedMonth
	numbers
)

func (s *Stats) counters() [fileDownloadAcks + 1]*atomic.Int64 {
	return [...]*atomic.Int64{
		filesCreated: &s.Created, fileRecipients: &s.Recipients, filesUploaded: &s.Uploaded, filesExpired: &s.Expired,
		filesDeleted: &s.Deleted, filesBlocked: &s.Blocked, fileDownloads: &s.Downloads, fileDownloadAcks: &s.Acks,
	}
}

// filesDownloaded is the set of different packets that were downloaded.
const filesDownloaded = 0

// download counts a download of a packet.
func (s *Stats) download(sender packets.ID, now time.Time) {
	s.Downloads.Add(1)
	s.Book.Add(filesDownloaded, statistics.HashOf(sender[:]), now)
}

// Metrics is the text for Prometheus, with the names of the reference.
func (s *Stats) Metrics(now time.Time, version, options string) []byte {
	snapshot := s.Book.Read(now)
	snapshot.Extra = info{version, options}
	return Table.AppendText(nil, &snapshot)
}

type info struct{ version, options string }

// OptionsVariable is the variable with the options of the reference's runtime.
const OptionsVariable = "XFTP_RTS_OPTIONS"

// Table is the reference's statistics of an XFTP router: its names, and their order in each form.
var Table = statistics.Table{
	Names: []string{
		"filesCreated", "fileRecipients", "filesUploaded", "filesExpired", "filesDeleted", "filesBlocked", "fileDownloads", "fileDownloadAcks",
	},
	Numbers:   int(numbers),
	Sets:      []string{"filesDownloaded"},
	SetGauges: [][3]statistics.ID{filesDownloaded: {downloadedDay, downloadedWeek, downloadedMonth}},
	Daily: []statistics.Column{
		{Kind: statistics.ColumnDate},
		{Kind: statistics.ColumnCounter, ID: filesCreated},
		{Kind: statistics.ColumnCounter, ID: fileRecipients},
		{Kind: statistics.ColumnCounter, ID: filesUploaded},
		{Kind: statistics.ColumnCounter, ID: filesDeleted},
		{Kind: statistics.ColumnDay, Set: filesDownloaded},
		{Kind: statistics.ColumnWeek, Set: filesDownloaded},
		{Kind: statistics.ColumnMonth, Set: filesDownloaded},
		{Kind: statistics.ColumnCounter, ID: fileDownloads},
		{Kind: statistics.ColumnCounter, ID: fileDownloadAcks},
		{Kind: statistics.ColumnKept, ID: filesCount},
		{Kind: statistics.ColumnKept, ID: filesSize},
		{Kind: statistics.ColumnCounter, ID: filesExpired},
	},
	Backup: []statistics.Group{
		{Entries: []statistics.Entry{
			{Name: "filesCreated", ID: filesCreated}, {Name: "fileRecipients", ID: fileRecipients},
			{Name: "filesUploaded", ID: filesUploaded}, {Name: "filesExpired", ID: filesExpired},
			{Name: "filesDeleted", ID: filesDeleted}, {Name: "filesBlocked", ID: filesBlocked},
			{Name: "filesCount", ID: filesCount, Told: true}, {Name: "filesSize", ID: filesSize, Told: true},
		}},
		{Name: "filesDownloaded", HasSet: true, Set: filesDownloaded},
		{Entries: []statistics.Entry{{Name: "fileDownloads", ID: fileDownloads}, {Name: "fileDownloadAcks", ID: fileDownloadAcks}}},
	},
	Prefix: "simplex_xftp_",
	Sections: []statistics.Section{
		{Title: "Files", Families: []statistics.Family{
			family("files_created", "counter", "packets created", filesCreated, "filesCreated"),
			family("files_recipients", "counter", "recipients of packets", fileRecipients, "fileRecipients"),
			family("files_uploaded", "counter", "packets uploaded", filesUploaded, "filesUploaded"),
			family("files_expired", "counter", "packets expired", filesExpired, "filesExpired"),
			family("files_deleted", "counter", "packets deleted by their senders", filesDeleted, "filesDeleted"),
			family("files_blocked", "counter", "packets blocked by the operator", filesBlocked, "filesBlocked"),
			family("file_downloads", "counter", "downloads begun", fileDownloads, "fileDownloads"),
			family("file_download_acks", "counter", "downloads acknowledged", fileDownloadAcks, "fileDownloadAcks"),
			family("files_count_total", "gauge", "packets stored", filesCount, "filesCount"),
			family("files_size", "gauge", "bytes stored", filesSize, "filesSize"),
			family("files_count_daily", "gauge", "different packets downloaded this day", downloadedDay, "filesDownloaded.dayCount"),
			family("files_count_weekly", "gauge", "different packets downloaded this week", downloadedWeek, "filesDownloaded.weekCount"),
			family("files_count_monthly", "gauge", "different packets downloaded this month", downloadedMonth, "filesDownloaded.monthCount"),
		}},
		{Title: "Info", Families: []statistics.Family{{
			Name: "info", Kind: "gauge", Help: "version of the router, and what " + strconv.Quote(OptionsVariable) + " says",
			More: func(s *statistics.Snapshot) []statistics.Sample {
				about := s.Extra.(info)
				return statistics.Info(about.version, OptionsVariable, about.options)
			},
		}}},
	},
}

// family is a metric with one sample.
func family(name, kind, help string, id statistics.ID, note string) statistics.Family {
	return statistics.Family{Name: name, Kind: kind, Help: help, Samples: []statistics.Sample{{ID: id, Note: note}}}
}
