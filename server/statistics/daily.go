package statistics

import (
	"strconv"
	"time"
)

// DailyLine is the line of the CSV file for the time since the last one, and begins the next. Week and month have a number
// only when they have ended: on Mondays, and on the first of the month.
func (b *Book) DailyLine(now time.Time) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.read(now)
	b.from = s.At
	for i := range b.sets {
		if day := &b.sets[i].Day; !day.Over {
			day.end() // with its line, whatever the time is
		}
	}
	line := make([]byte, 0, 512)
	for _, c := range b.table.Daily {
		if c.Kind == ColumnReset {
			b.begin(c.ID)
			continue
		}
		if len(line) > 0 {
			line = append(line, ',')
		}
		line = b.appendColumn(line, c, &s)
	}
	return string(append(line, '\n'))
}

func (b *Book) appendColumn(line []byte, c Column, s *Snapshot) []byte {
	var over *period
	switch c.Kind {
	case ColumnDate:
		return s.From.AppendFormat(line, time.DateOnly)
	case ColumnZero:
		return append(line, '0')
	case ColumnDay:
		over = &b.sets[c.Set].Day
	case ColumnWeek:
		over = &b.sets[c.Set].Week
	case ColumnMonth:
		over = &b.sets[c.Set].Month
	case ColumnCounter:
		b.begin(c.ID)
		fallthrough
	default:
		return strconv.AppendInt(line, s.Values[c.ID], 10)
	}
	if n, ok := over.ended(); ok {
		line = strconv.AppendInt(line, n, 10)
	}
	return line
}

// begin begins a counter anew.
func (b *Book) begin(id ID) { b.offsets[id] = -b.reading.Values[id] }
