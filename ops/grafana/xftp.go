package main

var xftp = dashboard{file: "xftp.json", id: "switchyard-xftp", title: "Switchyard: XFTP routers", job: "xftp-server", rows: []row{
	overview(
		panel{title: "Packets", number: true, queries: []query{{`sum(switchyard_packets{})`, ""}}},
		panel{title: "Stored", unit: "bytes", number: true, queries: []query{{`sum(switchyard_packets_bytes{,state="stored"})`, ""}}},
	),
	{"Traffic", []panel{
		{title: "Bytes", unit: "Bps", min: "0", queries: []query{{`sum by (direction) (rate(switchyard_transfer_bytes_total{}[]))`, "{{direction}}"}}},
		{title: "Transfers under way", min: "0", queries: []query{{`sum by (kind) (switchyard_transfers{})`, "{{kind}}"}}},
		{title: "Packets", help: "By the reference's counters.", unit: "ops", min: "0", queries: []query{
			{`sum(rate(simplex_xftp_files_created{}[]))`, "created"}, {`sum(rate(simplex_xftp_files_uploaded{}[]))`, "uploaded"},
			{`sum(rate(simplex_xftp_file_downloads{}[]))`, "downloads"}, {`sum(rate(simplex_xftp_file_download_acks{}[]))`, "acknowledged"},
			{`sum(rate(simplex_xftp_files_deleted{}[]))`, "deleted"}, {`sum(rate(simplex_xftp_files_expired{}[]))`, "expired"},
			{`sum(rate(simplex_xftp_files_blocked{}[]))`, "blocked"}}},
		{title: "Different packets downloaded", min: "0", queries: []query{
			{`sum(simplex_xftp_files_count_daily{})`, "day"}, {`sum(simplex_xftp_files_count_weekly{})`, "week"}, {`sum(simplex_xftp_files_count_monthly{})`, "month"}}},
		{title: "Recipients", unit: "ops", min: "0", queries: []query{{`sum(rate(simplex_xftp_files_recipients{}[]))`, "recipients of packets"}}},
	}},
	{"Latency", syncs()},
	store(
		panel{title: "Packets", min: "0", queries: []query{{`switchyard_packets{}`, "{{instance}}"}, {`simplex_xftp_files_count_total{}`, "{{instance}}, as the reference counts"}}},
		panel{title: "Bytes of packets", unit: "bytes", min: "0", queries: []query{
			{`switchyard_packets_bytes{}`, "{{instance}} {{state}}"}, {`switchyard_packets_quota_bytes{} < +Inf`, "{{instance}} quota"}}},
		panel{title: "Disk of packets", unit: "bytes", min: "0", queries: []query{{`switchyard_packets_disk_free_bytes{}`, "{{instance}} free"}}},
	),
	connections(panel{title: "Handshakes, by client and outcome", unit: "cps", min: "0", queries: []query{
		{`sum by (client, outcome) (rate(switchyard_handshakes_total{}[]))`, "{{client}} {{outcome}}"}, {`sum(switchyard_handshakes_under_way{})`, "under way"}}}),
	{"Object store", []panel{
		{title: "Requests, by method and outcome", unit: "reqps", min: "0", queries: []query{{`sum by (method, outcome) (rate(switchyard_s3_requests_total{}[]))`, "{{method}} {{outcome}}"}}},
		{title: "Time to the answer", unit: "s", min: "0", queries: []query{
			{`histogram_quantile(0.5, sum by (le) (rate(switchyard_s3_request_seconds_bucket{}[])))`, "p50"},
			{`histogram_quantile(0.99, sum by (le) (rate(switchyard_s3_request_seconds_bucket{}[])))`, "p99"}}},
		{title: "Requests under way", min: "0", queries: []query{{`sum(switchyard_s3_requests{})`, ""}}},
	}},
	host(),
}}
