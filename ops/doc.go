// Package ops has no program, but what operators run the routers with:
//
//	systemd/      units, and timers for backups
//	packages/     what .deb and .rpm hold: make packages
//	image/        images without a shell: make image
//	compose/      containers, one with Prometheus and Grafana
//	prometheus/   what to scrape, and alerts
//	grafana/      dashboards
//
// Its tests try these; the ones that build packages and images are run by `make operate`.
package ops
