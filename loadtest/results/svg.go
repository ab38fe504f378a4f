package results

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
)

// chart is a line chart, drawn as inline SVG.
type chart struct {
	title  string
	yUnit  string
	x, y   axis
	series []series
	spans  []span  // parts of the x axis that have a name
	top    float64 // where the lines begin, below title and legend
}

// span is a part of the x axis.
type span struct {
	name     string
	from, to float64
}

// series is one line. A dashed one belongs to the second of two runs.
type series struct {
	name   string
	line   []point
	dashed bool
	colour int // of the palette, by class
}

// axis maps values to marks and places.
type axis struct {
	log    bool
	label  string
	marks  []mark  // those of scale when nil
	lo, hi float64 // range that is shown
}

type mark struct {
	at   float64
	text string
}

// Sizes of a chart in SVG units.
const (
	chartWidth  = 480
	chartHeight = 260
	marginLeft  = 64
	marginRight = 12
	marginTop   = 30
	marginBelow = 40
	titleLeft   = 8
	legendRow   = 18
	Colours     = 14 // colours of the page: as many as abuse has phases
)

// svg draws the chart; it is empty when there is nothing to show.
func (c *chart) svg() template.HTML {
	if !c.fit() {
		return ""
	}
	var b strings.Builder
	c.top = marginTop
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" role="img" aria-label="%s"><text class="title" x="%d" y="18">%s</text>`,
		chartWidth, chartHeight, html.EscapeString(c.title), titleLeft, html.EscapeString(c.title+", "+c.yUnit))
	c.legend(&b)
	c.grid(&b)
	c.name(&b)
	for _, s := range c.series {
		c.draw(&b, s)
	}
	b.WriteString("</svg>")
	return template.HTML(b.String())
}

// fit sets the ranges of the axes to what the series hold. It reports whether there is anything.
func (c *chart) fit() bool {
	xs, ys := limits{}, limits{}
	for _, s := range c.series {
		for _, p := range s.line {
			xs.add(p.x, c.x.log)
			ys.add(p.y, c.y.log)
		}
	}
	if !xs.any || !ys.any {
		return false
	}
	c.x.lo, c.x.hi = xs.lo, xs.hi
	c.y.lo, c.y.hi = ys.lo, ys.hi
	if !c.y.log {
		c.y.lo = min(0, ys.lo)
	}
	for _, a := range []*axis{&c.x, &c.y} {
		if a.marks == nil {
			a.scale()
		}
		if a.hi <= a.lo {
			a.hi = a.lo + 1
		}
	}
	return true
}

// limits is the range of values.
type limits struct {
	lo, hi float64
	any    bool
}

func (l *limits) add(v float64, log bool) {
	if math.IsNaN(v) || math.IsInf(v, 0) || log && v <= 0 {
		return
	}
	if !l.any {
		l.lo, l.hi, l.any = v, v, true
	}
	l.lo, l.hi = min(l.lo, v), max(l.hi, v)
}

// scale chooses round marks and widens the range to them.
func (a *axis) scale() {
	if a.log {
		first, last := math.Floor(math.Log10(a.lo)), math.Ceil(math.Log10(a.hi))
		if last <= first {
			last = first + 1
		}
		a.lo, a.hi = math.Pow(10, first), math.Pow(10, last)
		for e := first; e <= last; e++ {
			a.marks = append(a.marks, mark{math.Pow(10, e), number(math.Pow(10, e))})
		}
		return
	}
	step := roundStep((a.hi - a.lo) / 5)
	a.lo, a.hi = math.Floor(a.lo/step)*step, math.Ceil(a.hi/step)*step
	if a.hi <= a.lo {
		a.hi = a.lo + step
	}
	for i := 0; ; i++ {
		v := a.lo + float64(i)*step
		if v > a.hi+step/2 {
			break
		}
		a.marks = append(a.marks, mark{v, number(v)})
	}
}

// roundStep is 1, 2 or 5 times a power of ten, at least x.
func roundStep(x float64) float64 {
	if x <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, f := range []float64{1, 2, 5} {
		if f*power >= x {
			return f * power
		}
	}
	return 10 * power
}

// number is the text of a mark.
func number(v float64) string {
	switch a := math.Abs(v); {
	case a >= 1e6:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", v/1e6), ".0") + "M"
	case a >= 10_000:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", v/1e3), ".0") + "k"
	}
	return fmt.Sprintf("%.4g", v)
}

// place is where a value lies, from 0 to 1.
func (a *axis) place(v float64) float64 {
	if a.log {
		return (math.Log10(max(v, a.lo)) - math.Log10(a.lo)) / (math.Log10(a.hi) - math.Log10(a.lo))
	}
	return (v - a.lo) / (a.hi - a.lo)
}

func (c *chart) px(v float64) float64 {
	return marginLeft + c.x.place(v)*(chartWidth-marginLeft-marginRight)
}

func (c *chart) py(v float64) float64 {
	return chartHeight - marginBelow - c.y.place(v)*(chartHeight-c.top-marginBelow)
}

// grid draws marks, their lines and the units.
func (c *chart) grid(b *strings.Builder) {
	const bottom = chartHeight - marginBelow
	for _, m := range c.y.marks {
		y := c.py(m.at)
		fmt.Fprintf(b, `<path class="grid" d="M%d %.1fH%d"/><text class="mark" x="%d" y="%.1f" text-anchor="end">%s</text>`,
			marginLeft, y, chartWidth-marginRight, marginLeft-6, y+4, html.EscapeString(m.text))
	}
	for _, m := range c.x.marks {
		if m.at < c.x.lo || m.at > c.x.hi {
			continue
		}
		x := c.px(m.at)
		fmt.Fprintf(b, `<path class="grid" d="M%.1f %.1fV%d"/><text class="mark" x="%.1f" y="%d" text-anchor="middle">%s</text>`,
			x, c.top, bottom, x, bottom+15, html.EscapeString(m.text))
	}
	fmt.Fprintf(b, `<text class="mark" x="%d" y="%d" text-anchor="end">%s</text>`,
		chartWidth-marginRight, chartHeight-6, html.EscapeString(c.x.label))
}

// name writes the names of the spans along the lines between them.
func (c *chart) name(b *strings.Builder) {
	const bottom = chartHeight - marginBelow
	for i, s := range c.spans {
		from, to := c.px(max(s.from, c.x.lo)), c.px(min(s.to, c.x.hi))
		if to <= from {
			continue
		}
		if i%2 == 0 {
			fmt.Fprintf(b, `<path class="span" d="M%.1f %.1fH%.1fV%dH%.1fZ"/>`, from, c.top, to, bottom, from)
		}
		x := (from + to) / 2
		fmt.Fprintf(b, `<text class="span" x="%.1f" y="%.1f" transform="rotate(-90 %.1f %.1f)">%s</text>`, x+4, c.top+4, x+4, c.top+4,
			html.EscapeString(s.name))
	}
}

func (c *chart) draw(b *strings.Builder, s series) {
	var path strings.Builder
	for _, p := range s.line {
		if c.y.log && p.y <= 0 {
			continue
		}
		command := "L"
		if path.Len() == 0 {
			command = "M"
		}
		fmt.Fprintf(&path, "%s%.1f %.1f", command, c.px(p.x), c.py(p.y))
	}
	if len(s.line) == 1 {
		path.WriteString("h3") // a single value is a dot, or nobody sees it
	}
	fmt.Fprintf(b, `<path class="%s" d="%s"/>`, s.class(), path.String())
}

func (s *series) class() string {
	class := fmt.Sprintf("line c%d", s.colour%Colours)
	if s.dashed {
		class += " dashed"
	}
	return class
}

// legend names the lines, in as many rows as they need below the title, and moves the lines down.
func (c *chart) legend(b *strings.Builder) {
	if len(c.series) < 2 {
		return
	}
	c.top += legendRow
	x := float64(titleLeft)
	for _, s := range c.series {
		width := float64(8*len([]rune(s.name)) + 32)
		if x+width > chartWidth && x > titleLeft {
			x = titleLeft
			c.top += legendRow
		}
		y := c.top - 12
		fmt.Fprintf(b, `<path class="%s" d="M%.1f %.1fh16"/><text class="mark" x="%.1f" y="%.1f">%s</text>`,
			s.class(), x, y, x+20, y+4, html.EscapeString(s.name))
		x += width
	}
}
