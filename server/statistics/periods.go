package statistics

import "time"

// Periods are the different IDs of a day, a week and a month, each from one midnight of UTC to another.
type Periods struct{ Day, Week, Month period }

// period counts different hashes from one midnight of UTC to another. It ends by itself when anything is asked of it after
// that, so that nobody has to come each day.
type period struct {
	Set  Distinct
	Ends time.Time // zero: not known yet
	Last int64     // of the period before
	Over bool      // there is one that nobody has asked for
}

// end begins the next period.
func (p *period) end() {
	p.Last, p.Over = p.Set.Count(), true
	p.Set.Reset()
}

// roll ends the period if it is over now; next is when the one ends that now is in.
func (p *period) roll(now, next time.Time) {
	if !p.Ends.IsZero() && !now.Before(p.Ends) {
		p.end()
	}
	p.Ends = next // which is sooner than it was when the clock was set back
}

// ended is the number of the period that is over, once.
func (p *period) ended() (n int64, ok bool) {
	ok, p.Over = p.Over, false
	return p.Last, ok
}

func (p *Periods) all() [3]*period { return [...]*period{&p.Day, &p.Week, &p.Month} }

// roll ends the periods that are over now.
func (p *Periods) roll(now time.Time) {
	now = now.UTC()
	p.Day.roll(now, nextDay(now))
	p.Week.roll(now, nextMonday(now))
	p.Month.roll(now, nextMonth(now))
}

// add adds a hash to all.
func (p *Periods) add(hash uint64) {
	for _, one := range p.all() {
		one.Set.Add(hash)
	}
}

// merge adds a set to all.
func (p *Periods) merge(set *Distinct) {
	for _, one := range p.all() {
		one.Set.Merge(set)
	}
}

func nextDay(now time.Time) time.Time {
	return time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, time.UTC)
}

func nextMonday(now time.Time) time.Time {
	days := 7 - (int(now.Weekday())+6)%7
	return time.Date(now.Year(), now.Month(), now.Day()+days, 0, 0, 0, 0, time.UTC)
}

func nextMonth(now time.Time) time.Time {
	return time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC)
}
