package main

// What both routers have.

// overview is the first row; more is what a router has of its own.
func overview(more ...panel) row {
	panels := []panel{
		{title: "Up", help: "Routers that Prometheus reaches, of those that are chosen.", number: true, red: -1, queries: []query{{`min(up{})`, ""}}},
		{title: "Ready", help: "0 when a condition for taking clients is not met: see the log, or /readyz.", number: true, red: -1,
			queries: []query{{`min(switchyard_ready{})`, ""}}},
		{title: "Connections", number: true, queries: []query{{`sum(switchyard_connections{})`, ""}}},
	}
	panels = append(panels, more...)
	return row{"Overview", append(panels,
		panel{title: "Free disk", help: "What the store may still write.", unit: "bytes", number: true, queries: []query{{`min(switchyard_disk_free_bytes{})`, ""}}},
		panel{title: "Certificates end in", help: "The one that ends first.", unit: "s", number: true, red: -14 * 86400,
			queries: []query{{`min(switchyard_certificate_not_after_seconds{} - time())`, ""}}},
		panel{title: "Up since", unit: "s", number: true, queries: []query{{`min(time() - process_start_time_seconds{})`, ""}}},
	)}
}

// connections is the row of them; handshakes is the graph of how those end.
func connections(handshakes panel) row {
	return row{"Connections", []panel{
		{title: "Connections", min: "0", queries: []query{{`switchyard_connections{}`, "{{instance}}"}, {`switchyard_sessions{}`, "{{instance}} after the handshake"}}},
		{title: "New connections", unit: "cps", min: "0", queries: []query{
			{`rate(switchyard_connections_accepted_total{}[])`, "{{instance}} accepted"}, {`rate(switchyard_connections_failed_total{}[])`, "{{instance}} failed"}}},
		handshakes,
		{title: "Closed, by cause", unit: "cps", min: "0", queries: []query{{`sum by (cause) (rate(switchyard_connections_closed_total{}[]))`, "{{cause}}"}}},
		{title: "Refused, by cause", help: "What limits refused on connections that stay.", unit: "ops", min: "0",
			queries: []query{{`sum by (cause) (rate(switchyard_refused_total{}[]))`, "{{cause}}"}}},
		{title: "Scrapes", help: "Requests for these figures, by what became of them.", unit: "reqps", min: "0",
			queries: []query{{`sum by (outcome) (rate(switchyard_scrapes_total{}[]))`, "{{outcome}}"}}},
	}}
}

// syncs are the graphs of the store's log.
func syncs() []panel {
	return []panel{
		{title: "Syncs of the log", help: "Every answer waits for one when sync = always.", unit: "s", min: "0", queries: []query{
			{`histogram_quantile(0.5, sum by (le) (rate(switchyard_sync_seconds_bucket{}[])))`, "p50"},
			{`histogram_quantile(0.99, sum by (le) (rate(switchyard_sync_seconds_bucket{}[])))`, "p99"}}},
		{title: "Sync under way", help: "Since when a sync has not ended. It grows when the disk hangs.", unit: "s", min: "0",
			queries: []query{{`switchyard_sync_under_way_seconds{}`, "{{instance}}"}}},
	}
}

// store is the row of it.
func store(more ...panel) row {
	return row{"Store", append([]panel{
		{title: "Commits", unit: "ops", min: "0", queries: []query{
			{`rate(switchyard_commits_total{}[])`, "{{instance}} commits"}, {`rate(switchyard_sync_seconds_count{}[])`, "{{instance}} syncs"}}},
		{title: "Commits in a sync", help: "More of them share a sync when there is more to do.", min: "0",
			queries: []query{{`rate(switchyard_commit_group_sum{}[]) / (rate(switchyard_commit_group_count{}[]) > 0)`, "{{instance}}"}}},
		{title: "Disk", unit: "bytes", min: "0", queries: []query{
			{`switchyard_disk_free_bytes{}`, "{{instance}} free"}, {`switchyard_disk_reserve_bytes{}`, "{{instance}} reserve"}}},
		{title: "Tables, by level", unit: "bytes", min: "0", queries: []query{{`sum by (level) (switchyard_store_level_bytes{})`, "level {{level}}"}}},
		{title: "Number of tables", min: "0", queries: []query{{`sum by (instance) (switchyard_store_level_tables{})`, "{{instance}}"}}},
		{title: "Log, memory, compactions behind", unit: "bytes", min: "0", queries: []query{
			{`switchyard_store_log_bytes{}`, "{{instance}} log"}, {`switchyard_store_memory_bytes{}`, "{{instance}} in memory"},
			{`switchyard_store_compaction_debt_bytes{}`, "{{instance}} behind"}}},
		{title: "Compactions", unit: "ops", min: "0", queries: []query{{`rate(switchyard_store_compactions_total{}[])`, "{{instance}}"}}},
		{title: "Reads from the store's cache", unit: "percentunit", min: "0", queries: []query{
			{`sum by (instance) (rate(switchyard_store_cache_reads_total{,result="hit"}[])) / sum by (instance) (rate(switchyard_store_cache_reads_total{}[]))`, "{{instance}}"}}},
		{title: "Cache of the store", unit: "bytes", min: "0", queries: []query{{`switchyard_store_cache_bytes{}`, "{{instance}}"}}},
		{title: "Failures of the disk", help: "1 while the store takes no writes; how often it was opened again.", min: "0", queries: []query{
			{`switchyard_store_failed{}`, "{{instance}} failed"}, {`switchyard_store_reopened_total{}`, "{{instance}} opened again"}}},
	}, more...)}
}

// host is the row of the process and of Go.
func host() row {
	return row{"Host", []panel{
		{title: "Processor", help: "1 is one core.", unit: "percentunit", min: "0", queries: []query{{`rate(process_cpu_seconds_total{}[])`, "{{instance}}"}}},
		{title: "Memory", unit: "bytes", min: "0", queries: []query{
			{`process_resident_memory_bytes{}`, "{{instance}} resident"}, {`go_memstats_heap_inuse_bytes{}`, "{{instance}} heap"}}},
		{title: "Open files", min: "0", queries: []query{{`process_open_fds{}`, "{{instance}} open"}, {`process_max_fds{}`, "{{instance}} limit"}}},
		{title: "Goroutines", min: "0", queries: []query{{`go_goroutines{}`, "{{instance}}"}}},
		{title: "Garbage collections", unit: "ops", min: "0", queries: []query{{`rate(go_gc_duration_seconds_count{}[])`, "{{instance}}"}}},
		{title: "Version", help: "Routers by version and commit.", queries: []query{{`count by (version, commit, go) (switchyard_build_info{})`, "{{version}} {{commit}} {{go}}"}}},
	}}
}
