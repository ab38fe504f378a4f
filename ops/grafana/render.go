package main

import (
	"bytes"
	"encoding/json"
	"strings"
)

// dashboard is a page of Grafana.
type dashboard struct {
	file, id, title string
	job             string // of the scrape configuration
	rows            []row
}

type row struct {
	title  string
	panels []panel
}

// panel is a graph over time, or a number of now.
type panel struct {
	title   string
	help    string
	unit    string // as Grafana names units
	number  bool
	min     string // "0" for what is never negative; empty: as Grafana likes
	queries []query
	red     float64 // of a number: from here on it is red; 0: never. A negative one: up to here
}

// query is an expression of PromQL. {} stands for the routers that are chosen, and [] for an interval that fits the screen.
type query struct{ expr, legend string }

// fill replaces the placeholders.
func (q query) fill() string {
	chosen := `job="$job",instance=~"$instance"`
	expr := strings.ReplaceAll(q.expr, "{}", "{"+chosen+"}")
	expr = strings.ReplaceAll(expr, "{,", "{"+chosen+",")
	return strings.ReplaceAll(expr, "[]", "[$__rate_interval]")
}

// The screen has 24 columns.
const (
	columns      = 24
	graphWidth   = 8
	graphHeight  = 8
	numberWidth  = 4
	numberHeight = 4
)

type object = map[string]any

// source is the data source that the reader of the dashboard chooses.
var source = object{"type": "prometheus", "uid": "${datasource}"}

// render makes the JSON that Grafana imports.
func (d dashboard) render() []byte {
	var panels []object
	id, y := 0, 0
	next := func() int { id++; return id }
	for _, r := range d.rows {
		panels = append(panels, object{
			"id": next(), "type": "row", "title": r.title, "collapsed": false, "panels": []any{},
			"gridPos": object{"x": 0, "y": y, "w": columns, "h": 1},
		})
		y++
		x, height := 0, 0
		for _, p := range r.panels {
			w, h := graphWidth, graphHeight
			if p.number {
				w, h = numberWidth, numberHeight
			}
			if x+w > columns {
				x, y = 0, y+height
			}
			panels = append(panels, p.render(next(), x, y, w, h))
			x, height = x+w, h
		}
		y += height
	}
	return encode(object{
		"uid": d.id, "title": d.title, "tags": []string{"switchyard"}, "schemaVersion": 38, "version": 1, "editable": true,
		"timezone": "browser", "refresh": "30s", "graphTooltip": 1, "time": object{"from": "now-6h", "to": "now"},
		"templating": object{"list": []object{
			{"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "hide": 0},
			{"name": "job", "label": "Job", "type": "query", "datasource": source, "refresh": 2, "sort": 1,
				"query":   object{"query": "label_values(switchyard_build_info{program=\"" + d.job + "\"}, job)", "refId": "job"},
				"current": object{"text": d.job, "value": d.job}},
			{"name": "instance", "label": "Router", "type": "query", "datasource": source, "refresh": 2, "sort": 1, "multi": true, "includeAll": true,
				"query":   object{"query": "label_values(switchyard_build_info{job=\"$job\"}, instance)", "refId": "instance"},
				"current": object{"text": "All", "value": "$__all"}},
		}},
		"panels": panels,
	})
}

func (p panel) render(id, x, y, w, h int) object {
	kind := "timeseries"
	defaults := object{"unit": p.unit}
	if p.min != "" {
		defaults["min"] = 0
	}
	options := object{"legend": object{"displayMode": "list", "placement": "bottom"}, "tooltip": object{"mode": "multi", "sort": "desc"}}
	if p.number {
		kind = "stat"
		defaults["thresholds"] = object{"mode": "absolute", "steps": p.steps()}
		options = object{"colorMode": "value", "graphMode": "area", "reduceOptions": object{"calcs": []string{"lastNotNull"}}}
	} else {
		defaults["custom"] = object{"lineWidth": 1, "fillOpacity": 8, "showPoints": "never"}
	}
	var targets []object
	for i, q := range p.queries {
		targets = append(targets, object{
			"refId": string(rune('A' + i)), "datasource": source, "expr": q.fill(), "legendFormat": q.legend, "range": !p.number, "instant": p.number,
		})
	}
	return object{
		"id": id, "type": kind, "title": p.title, "description": p.help, "datasource": source,
		"gridPos": object{"x": x, "y": y, "w": w, "h": h}, "targets": targets,
		"fieldConfig": object{"defaults": defaults, "overrides": []any{}}, "options": options,
	}
}

// steps are the colours of a number.
func (p panel) steps() []object {
	switch {
	case p.red > 0:
		return []object{{"color": "green", "value": nil}, {"color": "red", "value": p.red}}
	case p.red < 0:
		return []object{{"color": "red", "value": nil}, {"color": "green", "value": -p.red}}
	}
	return []object{{"color": "green", "value": nil}}
}

func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		panic("grafana: " + err.Error()) // of what is in this folder
	}
	return b.Bytes()
}
