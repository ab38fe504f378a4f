package tally

// Times is a histogram of times in seconds: exact up to 5 s, then rounded up to 5 s, 10 s, 30 s and a minute, as the
// reference does, up to a day. Longer ones are in no bucket.
type Times struct {
	Sum, Max, Count int64
	Buckets         [buckets]int64
}

const (
	byMinutes = 18 // first bucket of those that are whole minutes
	buckets   = byMinutes + 24*60 - 3
)

// bucketOf is the bucket of a time, or buckets.
func bucketOf(t int64) int {
	up := func(step int64) int { return int((t + step - 1) / step) }
	switch {
	case t <= 5:
		return int(max(t, 0))
	case t <= 30:
		return 4 + up(5) // 10 s: 6
	case t <= 60:
		return 7 + up(10) // 40 s: 11
	case t <= 180:
		return 11 + up(30) // 90 s: 14
	}
	return min(byMinutes-4+up(60), buckets) // 240 s: 18
}

// Bound is the longest time of a bucket.
func Bound(bucket int) int64 {
	i := int64(bucket)
	switch {
	case i <= 5:
		return i
	case i <= 10:
		return 5 * (i - 4)
	case i <= 13:
		return 10 * (i - 7)
	case i < byMinutes:
		return 30 * (i - 11)
	}
	return 60 * (i - byMinutes + 4)
}

// Add adds a time.
func (t *Times) Add(seconds int64) {
	t.Sum += seconds
	t.Max = max(t.Max, seconds)
	t.Count++
	if i := bucketOf(seconds); i < buckets {
		t.Buckets[i]++
	}
}

// Join adds all of another histogram.
func (t *Times) Join(other *Times) {
	t.Sum += other.Sum
	t.Max = max(t.Max, other.Max)
	t.Count += other.Count
	for i, n := range &other.Buckets {
		t.Buckets[i] += n
	}
}

// PeriodBounds are the ends of the periods by which times are summed up; the last period has none.
var PeriodBounds = [...]int64{60, 300, 1200, 3600}

// Periods is how many times there are in each period, by the bound of their bucket: below the first of PeriodBounds, from there
// to the second, and so on.
type Periods [len(PeriodBounds) + 1]int64

// add adds times of one length.
func (p *Periods) add(bound, n int64) {
	i := 0
	for i < len(PeriodBounds) && bound >= PeriodBounds[i] {
		i++
	}
	p[i] += n
}

// Periods sums the histogram up.
func (t *Times) Periods() (p Periods) {
	left := t.Count
	for i, n := range &t.Buckets {
		p.add(Bound(i), n)
		left -= n
	}
	p[len(p)-1] += left
	return p
}
