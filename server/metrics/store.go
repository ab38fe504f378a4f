package metrics

import (
	"math"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/internal/disk"
)

// Store has the figures of a database as a prometheus.Collector.
type Store func() disk.Figures

var (
	commitsDesc     = Desc("commits_total", "Transactions of the store that were not empty.")
	groupsDesc      = Desc("commit_group", "Transactions that a sync of the store's log made durable, each time.")
	syncDesc        = Desc("sync_seconds", "Time that a sync of the store's log took.")
	syncingDesc     = Desc("sync_under_way_seconds", "Since when a sync of the store's log has not ended; 0: none is under way.")
	freeDesc        = Desc("disk_free_bytes", "Bytes that the store may still write to its disk.")
	reserveDesc     = Desc("disk_reserve_bytes", "Bytes that have to be free for the store to take what makes it larger.")
	frozenDesc      = Desc("store_failed", "1 while the store takes no writes, as its disk has failed.")
	epochDesc       = Desc("store_reopened_total", "How often the store was opened again after its disk had failed.")
	levelBytesDesc  = Desc("store_level_bytes", "Bytes of the store's tables on the disk, by their level: 0 is the youngest.", "level")
	levelTablesDesc = Desc("store_level_tables", "The store's tables on the disk, by their level: 0 is the youngest.", "level")
	logDesc         = Desc("store_log_bytes", "Bytes of the store's log.")
	memoryDesc      = Desc("store_memory_bytes", "Bytes of the store that are in memory and in the log only.")
	debtDesc        = Desc("store_compaction_debt_bytes", "Bytes that compactions of the store are behind.")
	compactionsDesc = Desc("store_compactions_total", "Compactions of the store's tables.")
	cacheDesc       = Desc("store_cache_bytes", "Bytes of the store's tables that are in its cache.")
	readsDesc       = Desc("store_cache_reads_total", "Reads of blocks of the store's tables that were in its cache, and that were not.", "result")
)

// Desc describes a figure of ours.
func Desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("switchyard_"+name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (s Store) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{commitsDesc, groupsDesc, syncDesc, syncingDesc, freeDesc, reserveDesc, frozenDesc, epochDesc,
		levelBytesDesc, levelTablesDesc, logDesc, memoryDesc, debtDesc, compactionsDesc, cacheDesc, readsDesc} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (s Store) Collect(out chan<- prometheus.Metric) {
	f := s()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
	}
	counter(commitsDesc, float64(f.Commits))
	out <- groups(&f)
	out <- syncs(&f)
	gauge(syncingDesc, f.Syncing.Seconds())
	gauge(freeDesc, float64(f.Free))
	gauge(reserveDesc, float64(f.Reserve))
	failed := 0.0
	if f.Frozen {
		failed = 1
	}
	gauge(frozenDesc, failed)
	counter(epochDesc, float64(f.Epoch))
	for i, l := range f.Levels {
		gauge(levelBytesDesc, float64(l.Bytes), strconv.Itoa(i))
		gauge(levelTablesDesc, float64(l.Tables), strconv.Itoa(i))
	}
	gauge(logDesc, float64(f.Log))
	gauge(memoryDesc, float64(f.Memory))
	gauge(debtDesc, float64(f.Debt))
	counter(compactionsDesc, float64(f.Compactions))
	gauge(cacheDesc, float64(f.Cached))
	counter(readsDesc, float64(f.Hits), "hit")
	counter(readsDesc, float64(f.Misses), "miss")
}

// groups is the histogram of the groups. Bucket i of Stats holds those of at most 2^i - 1 transactions; what is not synced
// yet is in none, but in the sum.
func groups(s *disk.Figures) prometheus.Metric {
	buckets := make(map[float64]uint64, disk.GroupBuckets)
	total := uint64(0)
	for i, n := range s.Groups {
		total += n
		if i < disk.GroupBuckets-1 {
			buckets[math.Ldexp(1, i)-1] = total
		}
	}
	return prometheus.MustNewConstHistogram(groupsDesc, total, float64(s.Commits), buckets)
}

// syncs is the histogram of how long syncs took.
func syncs(s *disk.Figures) prometheus.Metric {
	buckets := make(map[float64]uint64, disk.SyncBuckets)
	total := uint64(0)
	for i, n := range s.Took {
		total += n
		if i < disk.SyncBuckets-1 {
			buckets[disk.SyncBound(i).Seconds()] = total
		}
	}
	return prometheus.MustNewConstHistogram(syncDesc, total, s.SyncTime.Seconds(), buckets)
}
