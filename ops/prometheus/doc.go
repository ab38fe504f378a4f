// Package prometheus is how Prometheus watches routers: prometheus.yml says what it scrapes, and rules.yml of what it tells an
// operator. It holds no code; its tests have Debian's Prometheus scrape routers that have something to do, and ask all that the
// rules and the dashboards of ops/grafana ask.
package prometheus
