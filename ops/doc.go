// Package ops is what operators install beside routers: dashboards in grafana, which a program there writes, and the scrape
// configuration and rules in prometheus. It holds no code of its own; its tests try all of it with Debian's Prometheus on routers
// that have something to do.
package ops
