# The figures of BENCHMARKS.md. Each target runs a router of its own BENCH_RUNS times, keeps the raw results in BENCH_OUT,
# and prints its rows of the table: the median and the spread. `loadtest report --html page.html FILE` shows a run.
#
# BENCH_SCALE scales what needs many connections and queues: 1 is what the table names, and needs a machine for it.

BENCH_RUNS  ?= 5
BENCH_TIME  ?= 20s
BENCH_SCALE ?= 1
BENCH_OUT   ?= $(DATA)/bench
BENCH_GROUP ?= x25519

LOADTEST := bin/loadtest
START    := -- bin/smp-server start
INTERVAL := --set SWITCHYARD.sync=interval
scaled    = $(shell awk 'BEGIN { n = int($(1) * $(BENCH_SCALE)); print n < 2 ? 2 : n }')

# $(call runs,LABEL,SCENARIO AND FLAGS) runs a scenario and leaves LABEL-1.jsonl … in BENCH_OUT.
define runs
@mkdir -p $(BENCH_OUT) && rm -f $(BENCH_OUT)/$(1)-[0-9]*
@for i in $$(seq 1 $(BENCH_RUNS)); do \
	echo "$(1), run $$i of $(BENCH_RUNS)" >&2; \
	$(LOADTEST) $(2) --label $(1) --out $(BENCH_OUT)/$(1)-$$i.jsonl $(START) >$(BENCH_OUT)/$(1)-$$i.txt 2>$(BENCH_OUT)/$(1)-$$i.err \
		|| { cat $(BENCH_OUT)/$(1)-$$i.txt; tail -n 1 $(BENCH_OUT)/$(1)-$$i.err; exit 1; }; \
done
endef

# $(call rows,LABEL …) prints the rows of these labels.
rows = @$(LOADTEST) table $(foreach l,$(1),$(BENCH_OUT)/$(l)-[0-9]*.jsonl)

BENCH_MESSAGES := message message-plain message-always
BENCH_XFTP     := xftp-download xftp-upload xftp-slow xftp-start
BENCH_LABELS   := $(BENCH_MESSAGES) idle subscriptions subscribe handshake handshake-x448 idle-cpu replica $(BENCH_XFTP)

.PHONY: bench bench-floor bench-messages bench-foreign bench-idle bench-subscriptions bench-subscribe bench-handshake bench-idle-cpu \
	bench-replica bench-shared-port bench-xftp bench-proxy bench-storm bench-statistics bench-operate bench-go bench-table

bench: bench-messages bench-idle bench-subscriptions bench-subscribe bench-handshake bench-idle-cpu bench-replica bench-xftp bench-floor ## all figures of BENCHMARKS.md [BENCH_RUNS=5 BENCH_TIME=20s BENCH_SCALE=1 BENCH_OUT]
	@echo
	$(call rows,$(BENCH_LABELS))

bench-messages: build ## messages: CPU of the router for each, messages a second
	$(call runs,message,messages --auth x25519 --queues 64 --conns 64 --duration $(BENCH_TIME) --warmup 2s $(INTERVAL))
	$(call runs,message-plain,messages --auth x25519 --no-block-encryption --queues 64 --conns 64 --duration $(BENCH_TIME) --warmup 2s $(INTERVAL))
	$(call runs,message-always,messages --auth x25519 --queues 64 --conns 64 --duration $(BENCH_TIME) --warmup 2s --set SWITCHYARD.sync=always)
	$(call rows,$(BENCH_MESSAGES))
	@echo 'groups of one more run of the last, with the profiler, which costs some time:'
	@$(LOADTEST) messages --auth x25519 --queues 64 --conns 64 --duration $(BENCH_TIME) --warmup 2s --pprof own --set SWITCHYARD.sync=always \
		--label message-groups --out $(BENCH_OUT)/message-groups.jsonl $(START) 2>/dev/null | grep commits/sync

# The two kinds of queues in turn, so that both meet the same machine. Own ones are created; foreign ones are in the store before the
# router starts, each time anew, as a run deletes its queues.
bench-foreign: build ## messages on imported queues, whose IDs fall into any partition, against own ones, in turn
	@mkdir -p $(BENCH_OUT) && rm -f $(BENCH_OUT)/message-own-[0-9]* $(BENCH_OUT)/message-foreign-[0-9]*
	@for i in $$(seq 1 $(BENCH_RUNS)); do for kind in own foreign; do \
		run=$(BENCH_OUT)/message-$$kind-$$i; flags=; \
		echo "message-$$kind, run $$i of $(BENCH_RUNS)" >&2; \
		if [ $$kind = foreign ]; then \
			rm -rf $(BENCH_OUT)/foreign-store && $(LOADTEST) seed-queues --foreign --count 64 --data $(BENCH_OUT)/foreign-store $(START) 2>$$run.err || exit 1; \
			flags="--seeded 64 --data $(BENCH_OUT)/foreign-store"; \
		fi; \
		$(LOADTEST) messages --auth x25519 --queues 64 --conns 64 --duration $(BENCH_TIME) --warmup 2s $$flags $(INTERVAL) --label message-$$kind \
			--out $$run.jsonl $(START) >$$run.txt 2>$$run.err || { cat $$run.txt; tail -n 1 $$run.err; exit 1; }; \
	done; done
	$(call rows,message-own message-foreign)

bench-floor: build ## what the cryptography of a message takes at least, beside what the router spends at the same time
	@mkdir -p $(BENCH_OUT)
	@$(LOADTEST) messages --auth x25519 --queues 64 --conns 64 --duration 10s --warmup 2s $(INTERVAL) --label floor \
		--out $(BENCH_OUT)/floor.jsonl $(START) >$(BENCH_OUT)/floor.txt
	@$(LOADTEST) messages --auth x25519 --queues 64 --conns 64 --duration 10s --warmup 2s --pprof own $(INTERVAL) --label floor-profile \
		--out $(BENCH_OUT)/floor-profile.jsonl $(START) >$(BENCH_OUT)/floor-profile.txt
	@$(GO) test -run '^$$' -bench '^BenchmarkFloor' -benchtime 300ms -count 3 ./box ./tls >$(BENCH_OUT)/floor.bench
	@$(LOADTEST) floor --run $(BENCH_OUT)/floor-profile.jsonl --figure $(BENCH_OUT)/floor.jsonl --json $(BENCH_OUT)/floor.json <$(BENCH_OUT)/floor.bench

bench-idle: build ## resident memory of an idle connection, 15,000 of them
	$(call runs,idle,idle --conns $(call scaled,15000) --hold 30s --group $(BENCH_GROUP))
	$(call rows,idle)

bench-subscriptions: build $(BENCH_OUT)/seeded-$(BENCH_SCALE) ## resident memory of a subscription, 1,000,000 on 15,000 connections
	$(call runs,subscriptions,idle --data $(BENCH_OUT)/seeded-$(BENCH_SCALE) --seeded $(call scaled,1000000) --subscriptions $(call scaled,1000000) --conns $(call scaled,15000) --hold 30s --group $(BENCH_GROUP))
	$(call rows,subscriptions)

$(BENCH_OUT)/seeded-$(BENCH_SCALE): | build
	@mkdir -p $(BENCH_OUT)
	$(LOADTEST) seed-queues --count $(call scaled,1000000) --data $@ $(START)

bench-subscribe: build ## CPU of the router for each NEW, and for each SUB after a reconnect
	$(call runs,subscribe,subscribe --queues 50000 --conns 500 --group $(BENCH_GROUP))
	$(call rows,subscribe)

bench-handshake: build ## CPU of the router for each handshake, and of its primitives alone
	$(call runs,handshake,handshake --count 5000 --group x25519)
	$(call runs,handshake-x448,handshake --count 5000 --group x448)
	$(call rows,handshake handshake-x448)
	@$(GO) test -run '^$$' -bench '^BenchmarkHandshakePrimitives' -count 3 ./tls | grep ^Benchmark

# Both kinds of ports in turn, so that both meet the same machine.
bench-shared-port: build ## handshakes on a port that HTTPS shares, against one of SMP alone, in turn
	@mkdir -p $(BENCH_OUT) && rm -f $(BENCH_OUT)/handshake-alone-[0-9]* $(BENCH_OUT)/handshake-shared-[0-9]*
	@openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $(BENCH_OUT)/web.key -out $(BENCH_OUT)/web.crt \
		-days 30 -subj /CN=localhost 2>/dev/null && chmod 600 $(BENCH_OUT)/web.key
	@for i in $$(seq 1 $(BENCH_RUNS)); do for kind in alone shared; do \
		run=$(BENCH_OUT)/handshake-$$kind-$$i; set --; \
		echo "handshake-$$kind, run $$i of $(BENCH_RUNS)" >&2; \
		[ $$kind = alone ] || set -- --set 'WEB.https=$$PORT' --set WEB.cert=$(abspath $(BENCH_OUT))/web.crt --set WEB.key=$(abspath $(BENCH_OUT))/web.key; \
		$(LOADTEST) handshake --count 5000 --group x25519 "$$@" --label handshake-$$kind \
			--out $$run.jsonl $(START) >$$run.txt 2>$$run.err || { cat $$run.txt; tail -n 1 $$run.err; exit 1; }; \
	done; done
	$(call rows,handshake-alone handshake-shared)

bench-idle-cpu: build ## CPU of the router with 3,000 idle connections
	$(call runs,idle-cpu,idle --conns 3000 --hold 60s --group $(BENCH_GROUP))
	$(call rows,idle-cpu)

bench-replica: build ## a large public router: 15,000 connections, 1,000,000 subscriptions, 30,000,000 stored queues, times BENCH_SCALE
	$(call runs,replica,replica --scale $(BENCH_SCALE) --data $(BENCH_OUT)/replica-store-$(BENCH_SCALE) --group $(BENCH_GROUP) --rate 20 --quiet 60s)
	$(call rows,replica)

bench-xftp: START := -- bin/xftp-server start
bench-xftp: build $(BENCH_OUT)/xftp-seeded-$(BENCH_SCALE) ## XFTP: CPU of the router for each MiB, memory of slow downloads, start with 5,000,000 packets
	$(call runs,xftp-download,xftp download --packets 400 --pprof own)
	$(call runs,xftp-upload,xftp upload --packets 200 --pprof own)
	$(call runs,xftp-slow,xftp slow --conns $(call scaled,1000))
	$(call runs,xftp-start,xftp start --data $(BENCH_OUT)/xftp-seeded-$(BENCH_SCALE))
	$(call rows,$(BENCH_XFTP))

$(BENCH_OUT)/xftp-seeded-$(BENCH_SCALE): | build
	@mkdir -p $(BENCH_OUT)
	$(LOADTEST) xftp seed --count $(call scaled,5000000) --data $@ -- bin/xftp-server start

bench-proxy: build ## messages through a proxy: CPU of the proxy for each
	$(call runs,proxy,proxy --queues 64 --conns 64 --duration $(BENCH_TIME) --warmup 2s --pprof own $(INTERVAL))
	@$(LOADTEST) report $(BENCH_OUT)/proxy-[0-9]*.jsonl

bench-storm: build ## all clients come back at once after a kill, a measured group goes on
	$(call runs,storm,storm --conns $(call scaled,15000) --subscriptions $(call scaled,150000) --group $(BENCH_GROUP))
	@$(LOADTEST) report $(BENCH_OUT)/storm-[0-9]*.jsonl

# Statistics and the metrics file every 5 s against neither, in turn, so that what else the machine does hits both.
STATISTICS_ON  := --set STORE_LOG.log_stats=on --set STORE_LOG.prometheus_interval=5
STATISTICS_OFF := --set SWITCHYARD.statistics=off

bench-statistics: build ## what counting costs: CPU of a message with statistics and the metrics file every 5 s, against both off
	@mkdir -p $(BENCH_OUT) && rm -f $(BENCH_OUT)/statistics-o*
	@for i in $$(seq 1 $(BENCH_RUNS)); do for which in off on; do \
		echo "statistics-$$which, run $$i of $(BENCH_RUNS)" >&2; \
		test $$which = on && set -- $(STATISTICS_ON) || set -- $(STATISTICS_OFF); \
		$(LOADTEST) messages --auth x25519 --queues 64 --conns 64 --duration $(BENCH_TIME) --warmup 2s $(INTERVAL) "$$@" --label statistics-$$which \
			--out $(BENCH_OUT)/statistics-$$which-$$i.jsonl $(START) >$(BENCH_OUT)/statistics-$$which-$$i.txt 2>$(BENCH_OUT)/statistics-$$which-$$i.err \
			|| { tail -n 1 $(BENCH_OUT)/statistics-$$which-$$i.err; exit 1; }; \
	done; done
	$(call rows,statistics-off statistics-on)
	@$(GO) test -run '^$$' -bench '^BenchmarkTally' -benchmem ./shard/tally | grep ^Benchmark

bench-table: build ## the table of BENCHMARKS.md from the raw results that are there
	@$(LOADTEST) table $(BENCH_OUT)/*.jsonl

bench-go: ## run the benchmarks of the packages [PKG BENCH=regex COUNT]
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -count=$(COUNT) $(PKG)

# What telling its figures costs a router of replica's size, while nothing else happens.
.PHONY: bench-scrape
bench-scrape: build $(BENCH_OUT)/scrape-store-$(BENCH_SCALE) ## CPU of a scrape of /metrics: 15,000 connections, 1,000,000 subscriptions, 30,000,000 stored queues, times BENCH_SCALE
	$(call runs,scrape,idle --data $(BENCH_OUT)/scrape-store-$(BENCH_SCALE) --seeded $(call scaled,30000000) --subscriptions $(call scaled,1000000) --conns $(call scaled,15000) --hold 5s --scrapes 500 --group $(BENCH_GROUP))
	@$(LOADTEST) report $(BENCH_OUT)/scrape-[0-9]*.jsonl

$(BENCH_OUT)/scrape-store-$(BENCH_SCALE): | build
	@mkdir -p $(BENCH_OUT)
	$(LOADTEST) seed-queues --count $(call scaled,30000000) --data $@ $(START)

.PHONY: bench-import
bench-import: build ## a move from the reference: import, first start, export at three sizes, and what 30,000,000 queues with 3,000,000 messages take
	@mkdir -p $(BENCH_OUT)
	@$(LOADTEST) moving --sizes $(call scaled,50000),$(call scaled,200000),$(call scaled,800000) --to 30000000 --dir $(BENCH_OUT)/moving $(START) \
		2>$(BENCH_OUT)/moving.err || { tail -n 1 $(BENCH_OUT)/moving.err; exit 1; }

bench-operate: bench-foreign bench-statistics bench-shared-port bench-scrape bench-import ## what operators ask of a move, of counting, of pages and of scrapes
