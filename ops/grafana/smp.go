package main

var smp = dashboard{file: "smp.json", id: "switchyard-smp", title: "Switchyard: SMP routers", job: "smp-server", rows: []row{
	overview(
		panel{title: "Messages sent", unit: "ops", number: true, queries: []query{{`sum(rate(switchyard_commands_total{,command="SEND"}[]))`, ""}}},
		panel{title: "Delivery, p99", help: "Of the router's own work.", unit: "s", number: true,
			queries: []query{{`histogram_quantile(0.99, sum by (le) (rate(switchyard_delivery_seconds_bucket{}[])))`, ""}}},
	),
	{"Traffic", []panel{
		{title: "Commands", unit: "ops", min: "0", queries: []query{{`sum by (command) (rate(switchyard_commands_total{}[]))`, "{{command}}"}}},
		{title: "Blocks", help: "Each has 16 KiB.", unit: "ops", min: "0", queries: []query{{`sum by (direction) (rate(switchyard_blocks_total{}[]))`, "{{direction}}"}}},
		{title: "Queues with an unreadable message", help: "Somebody waits for it, and the disk does not give it.", min: "0",
			queries: []query{{`switchyard_queues_unread{}`, "{{instance}}"}}},
	}},
	{"As the reference counts", []panel{
		{title: "Queues", min: "0", queries: []query{{`sum(simplex_smp_queues_total2{})`, "queues"}, {`sum(simplex_smp_queues_notify_total2{})`, "with notifiers"}}},
		{title: "Active queues", help: "Different queues with a message sent or received.", min: "0", queries: []query{
			{`sum(simplex_smp_queues_daily{})`, "day"}, {`sum(simplex_smp_queues_weekly{})`, "week"}, {`sum(simplex_smp_queues_monthly{})`, "month"}}},
		{title: "Queues created and deleted", unit: "ops", min: "0", queries: []query{
			{`sum(rate(simplex_smp_queues_created{}[]))`, "created"}, {`sum(rate(simplex_smp_queues_secured{}[]))`, "secured"},
			{`sum(rate(simplex_smp_queues_deleted{,type="all"}[]))`, "deleted"}}},
		{title: "Messages", unit: "ops", min: "0", queries: []query{
			{`sum(rate(simplex_smp_messages_sent{}[]))`, "sent"}, {`sum(rate(simplex_smp_messages_received{}[]))`, "received"},
			{`sum(rate(simplex_smp_messages_expired{}[]))`, "expired"}, {`sum by (type) (rate(simplex_smp_messages_sent_errors{}[]))`, "refused: {{type}}"}}},
		{title: "Stored messages", min: "0", queries: []query{{`sum(simplex_smp_messages_total{})`, ""}}},
		{title: "Subscriptions", min: "0", queries: []query{
			{`sum(simplex_smp_subscribtion_total{})`, "to messages"}, {`sum(simplex_smp_subscription_ntf_total{})`, "to notifications"}}},
		{title: "Notifications", unit: "ops", min: "0", queries: []query{
			{`sum(rate(simplex_smp_messages_ntf_successes{}[]))`, "sent"}, {`sum by (type) (rate(simplex_smp_messages_ntf_errors{}[]))`, "{{type}}"}}},
		{title: "Relays", unit: "ops", min: "0", queries: []query{
			{`sum(rate(simplex_smp_relay_messages_requests{,source="all"}[]))`, "messages forwarded"},
			{`sum by (type) (rate(simplex_smp_relay_messages_errors{,source="all"}[]))`, "failed: {{type}}"},
			{`sum(rate(simplex_smp_relay_messages_received{}[]))`, "messages of other routers' clients"}}},
	}},
	{"Latency", append([]panel{
		{title: "Delivery", help: "From when commands came to a shard until the messages that they brought about were on their way.", unit: "s", min: "0", queries: []query{
			{`histogram_quantile(0.5, sum by (le) (rate(switchyard_delivery_seconds_bucket{}[])))`, "p50"},
			{`histogram_quantile(0.99, sum by (le) (rate(switchyard_delivery_seconds_bucket{}[])))`, "p99"},
			{`histogram_quantile(0.999, sum by (le) (rate(switchyard_delivery_seconds_bucket{}[])))`, "p99.9"}}},
		{title: "Stages, p99", help: "What a command passes, one after the other.", unit: "s", min: "0",
			queries: []query{{`histogram_quantile(0.99, sum by (le, stage) (rate(switchyard_stage_seconds_bucket{}[])))`, "{{stage}}"}}},
		{title: "Stages, share of time", unit: "percentunit", min: "0", queries: []query{{`sum by (stage) (rate(switchyard_stage_seconds_sum{}[]))`, "{{stage}}"}}},
		{title: "Drains", help: "What a shard takes from its ring at once.", unit: "s", min: "0", queries: []query{
			{`histogram_quantile(0.5, sum by (le) (rate(switchyard_drain_seconds_bucket{}[])))`, "p50"},
			{`histogram_quantile(0.99, sum by (le) (rate(switchyard_drain_seconds_bucket{}[])))`, "p99"}}},
		{title: "Commands in a drain", min: "0", queries: []query{{`rate(switchyard_drain_commands_sum{}[]) / (rate(switchyard_drain_commands_count{}[]) > 0)`, "{{instance}}"}}},
	}, syncs()...)},
	store(
		panel{title: "Queues in memory", min: "0", queries: []query{
			{`switchyard_queue_cache_queues{}`, "{{instance}}"}, {`switchyard_queue_cache_limit_queues{}`, "{{instance}} limit of unused ones"}}},
		panel{title: "Queues found in memory", unit: "percentunit", min: "0", queries: []query{
			{`sum by (instance) (rate(switchyard_queue_cache_lookups_total{,result="hit"}[])) / sum by (instance) (rate(switchyard_queue_cache_lookups_total{}[]))`, "{{instance}}"}}},
		panel{title: "Parked subscriptions", help: "To queues that are not in memory.", min: "0", queries: []query{{`switchyard_parked_subscriptions{}`, "{{instance}}"}}},
	),
	connections(panel{title: "Handshakes, by group and outcome", unit: "cps", min: "0",
		queries: []query{{`sum by (group, outcome) (rate(switchyard_handshakes_total{}[])) > 0`, "{{group}} {{outcome}}"}}}),
	{"Rings", []panel{
		{title: "Rings into shards", help: "The fullest one, of its room.", unit: "percentunit", min: "0", queries: []query{
			{`max by (instance, of) (switchyard_ring_batches{}) / on (instance) group_left switchyard_ring_capacity_batches{}`, "{{instance}} of {{of}}"}}},
		{title: "No room in a ring", unit: "ops", min: "0", queries: []query{{`sum by (of) (rate(switchyard_ring_full_total{}[]))`, "of {{of}}"}}},
		{title: "Put off", help: "Commands that wait so that other connections have their turn.", min: "0", queries: []query{{`sum by (instance) (switchyard_put_off_commands{})`, "{{instance}}"}}},
		{title: "Inboxes of event loops", unit: "percentunit", min: "0", queries: []query{{`switchyard_inbox_groups{} / (switchyard_inbox_capacity_groups{} > 0)`, "{{instance}}"}}},
		{title: "No room in an inbox", unit: "ops", min: "0", queries: []query{{`rate(switchyard_inbox_full_total{}[])`, "{{instance}}"}}},
		{title: "Waiting", help: "Bytes that wait for event loops, for other routers, and for sockets that do not take them.", unit: "bytes", min: "0",
			queries: []query{{`sum by (where) (switchyard_waiting_bytes{})`, "{{where}}"}}},
	}},
	{"Relays", []panel{
		{title: "Other routers, by state", min: "0", queries: []query{{`sum by (state) (switchyard_relays{})`, "{{state}}"}}},
		{title: "Forwarded commands", unit: "ops", min: "0", queries: []query{
			{`sum(rate(switchyard_relay_answers_total{}[]))`, "answered"}, {`sum(rate(switchyard_relay_sessions_total{}[]))`, "sessions granted"}}},
		{title: "Failures", unit: "ops", min: "0", queries: []query{{`sum by (what) (rate(switchyard_relay_failures_total{}[]))`, "{{what}}"}}},
		{title: "Without an answer yet", min: "0", queries: []query{{`sum by (instance) (switchyard_relay_unanswered_commands{})`, "{{instance}}"}}},
	}},
	host(),
}}
