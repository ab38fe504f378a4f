// Command grafana writes the dashboards beside it, smp.json and xftp.json, from the tables of this folder: `go generate ./ops/grafana`.
// Grafana imports them, and asks for a data source of Prometheus that scrapes routers as ops/prometheus/prometheus.yml does.
//
// It imports nothing of ours.
package main

//go:generate go run . .

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "grafana: error: name the folder to write to")
		os.Exit(1)
	}
	for _, d := range dashboards {
		if err := os.WriteFile(filepath.Join(os.Args[1], d.file), d.render(), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "grafana: error:", err)
			os.Exit(1)
		}
	}
}

var dashboards = []dashboard{smp, xftp}
