// Package statistics is what the servers share of counting: numbers that go on over restarts, sets of different IDs by day,
// week and month, and the forms in which operators of the reference read them. Each server says by a Table what it counts and
// under which names; the package knows none of them.
//
//	counters of the server ──live──▶ Book ──▶ Snapshot ──▶ Text        metrics, in the classic text format (text.go)
//	  since its start                 │                └──▶ Lines       of the control port (lines.go)
//	                                  ├──▶ DailyLine                    of the CSV file, which begins a new day (daily.go)
//	                                  ├──▶ Backup, Restore              the reference's file, for moves (backup.go)
//	                                  └──▶ State, SetState              for the server's store (state.go)
//
// A Book keeps an offset for each number. So whoever counts only ever adds, and knows nothing of days and restarts.
//
// Files writes the CSV file and the metrics file, and has the numbers kept each minute (files.go).
//
// The package imports server/crash. A Book and its Files may be used by several goroutines; a Table does not change; a
// Distinct and a Reading belong to one goroutine at a time.
package statistics
