package statistics

import "time"

// The numbers of a server of these tests.
const (
	sent ID = iota
	blocked
	stored
	open
	day
	week
	month
)

var table = Table{
	Names:     []string{"msgSent", "qBlocked", "msgCount"},
	Numbers:   7,
	Sets:      []string{"active"},
	SetGauges: [][3]ID{{day, week, month}},
	Daily: []Column{
		{Kind: ColumnDate}, {Kind: ColumnCounter, ID: sent}, {Kind: ColumnKept, ID: stored},
		{Kind: ColumnDay}, {Kind: ColumnWeek}, {Kind: ColumnMonth}, {Kind: ColumnReset, ID: blocked}, {Kind: ColumnZero},
	},
	Backup: []Group{
		{Entries: []Entry{{Name: "msgSent", ID: sent, Need: true}, {Name: "msgCount", ID: stored, Told: true}}},
		{Name: "active", HasSet: true},
		{Name: "group", Entries: []Entry{{Name: "blocked", ID: blocked}}},
	},
	Old: map[string]Old{
		"/sent": {As: "msgSent"}, "/gone": {}, "/dayQueues": {Set: "active/dayHashes"}, "dropped/": {},
	},
	Lines: []Line{
		{Format: "sent: %d", IDs: []ID{sent}}, {Format: "pair: (%d,%d)", IDs: []ID{open, blocked}},
		{Format: "secret: %d", IDs: []ID{stored}, Admin: true},
	},
	Prefix: "x_",
	Sections: []Section{
		{Title: "One", Families: []Family{
			{Name: "sent", Kind: "counter", Help: "Sent.", Samples: []Sample{{ID: sent, Note: "msgSent"}}},
			{Name: "open", Kind: "gauge", Help: "Open.", Samples: []Sample{{ID: open, Labels: `type="a"`}, {ID: day, Labels: `type="b"`}}},
		}},
		{Title: "Two", Tight: true, Families: []Family{
			{Name: "info", Kind: "gauge", Help: "Info.", More: func(*Snapshot) []Sample { return Info("1", "X_OPTIONS", "") }},
		}},
	},
	Today: []ID{blocked},
}

// fixture is a book with the server that it reads.
type fixture struct {
	*Book
	values [4]int64
	set    Distinct
}

func newFixture(now time.Time) *fixture {
	f := new(fixture)
	f.Book = NewBook(&table, now, func(r *Reading) {
		copy(r.Values, f.values[:])
		r.Sets[0].Merge(&f.set)
		f.set.Reset()
	})
	return f
}
