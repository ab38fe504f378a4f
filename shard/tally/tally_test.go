package tally

import (
	"math/rand/v2"
	"testing"
	"time"

	"switchyard/server/statistics"
	"switchyard/smp"
)

// TestBuckets: the bucket of a time is that of the reference: exact up to 5 s, then rounded up, more coarsely the longer it is.
func TestBuckets(t *testing.T) {
	up := func(t, step int64) int64 { return (t + step - 1) / step * step }
	last := int64(-1)
	for i := range buckets {
		if b := Bound(i); b <= last || bucketOf(b) != i {
			t.Fatalf("bucket %d ends at %d, behind %d; %d is in bucket %d", i, b, last, b, bucketOf(b))
		}
		last = Bound(i)
	}
	if last != 24*3600 {
		t.Errorf("the last bucket ends at %d", last)
	}
	for seconds := range int64(100_000) {
		want := seconds
		switch {
		case seconds <= 5:
		case seconds <= 30:
			want = up(seconds, 5)
		case seconds <= 60:
			want = up(seconds, 10)
		case seconds <= 180:
			want = up(seconds, 30)
		default:
			want = up(seconds, 60)
		}
		i := bucketOf(seconds)
		if want > 24*3600 && i != buckets || want <= 24*3600 && Bound(i) != want {
			t.Fatalf("%d s are in bucket %d", seconds, i)
		}
	}
}

// TestPeriodsGoByTime: times are summed up by how long they are, and not by how many are alike.
func TestPeriodsGoByTime(t *testing.T) {
	var times Times
	for range 500 { // more than 300 of less than a minute
		times.Add(1)
	}
	for _, seconds := range []int64{59, 61, 299, 301, 1199, 3599, 3601, 1 << 20} {
		times.Add(seconds)
	}
	if got, want := times.Periods(), (Periods{500, 2, 2, 1, 3}); got != want { // 59 s are rounded up to 60
		t.Errorf("%v, want %v", got, want)
	}
	if times.Count != 508 || times.Max != 1<<20 {
		t.Errorf("%d, %d", times.Count, times.Max)
	}
}

// TestWaiting compares how long deliveries wait with a list of them, over hours, and a clock that stands still or jumps.
func TestWaiting(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var s Shard
	var p Present
	var all []int64
	now := int64(1_700_000_000)
	for step := range 20_000 {
		switch random.IntN(10) {
		case 0, 1:
			now += random.Int64N(5)
		case 2:
			if step%500 == 0 {
				now += random.Int64N(10_000)
			}
		case 3, 4, 5, 6:
			p.Deliver(len(all) == 0)
			all = append(all, now)
		default:
			if len(all) > 0 {
				i := random.IntN(len(all))
				p.End(all[i], len(all) == 1)
				all = append(all[:i], all[i+1:]...)
			}
		}
		s.Publish(&p, now, time.Unix(now, 0))
		if step%100 != 0 {
			continue
		}
		var want Periods
		oldest := int64(0)
		later := now + random.Int64N(100)
		for _, at := range all {
			var one Times
			one.Add(later - at)
			for i, n := range one.Periods() {
				want[i] += n
			}
			oldest = max(oldest, later-at)
		}
		r := Reading{Used: new(statistics.Distinct), UsedNotify: new(statistics.Distinct)}
		s.Read(&r, time.Unix(later, 0))
		if r.Waiting != want || r.Oldest != oldest || r.Figures.Waiting != int64(len(all)) {
			t.Fatalf("step %d: %v, oldest %d, %d in all; want %v, %d, %d", step, r.Waiting, r.Oldest, r.Figures.Waiting, want, oldest, len(all))
		}
	}
}

// drainOf counts messages that are sent and received, some of them with the flag.
func drainOf(d *Drain, ids []smp.ID) {
	for i := range ids {
		d.Add(Sent, 1)
		d.Add(Messages, 1)
		d.Used(&ids[i], i%4 == 0)
		d.Add(Received, 1)
		d.Add(Messages, -1)
		d.Used(&ids[i], i%4 == 0)
		d.Waited(0)
	}
}

func someIDs(n int) []smp.ID {
	random := rand.New(rand.NewPCG(3, 4))
	ids := make([]smp.ID, n)
	for i := range ids {
		for j := range ids[i] {
			ids[i][j] = byte(random.Uint32())
		}
	}
	return ids
}

// TestNoAllocations on the way of a message.
func TestNoAllocations(t *testing.T) {
	var s Shard
	var d Drain
	var p Present
	ids := someIDs(64)
	count := func() {
		drainOf(&d, ids)
		p.Deliver(true)
		p.End(1, true)
		s.Record(&d)
		s.Publish(&p, 1, time.Time{})
		d.Reset()
	}
	count()
	if n := testing.AllocsPerRun(100, count); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkTally is all that is counted of a message that is sent, delivered and acknowledged, in drains of some messages, with
// 100,000 queues in use.
func BenchmarkTally(b *testing.B) {
	ids := someIDs(100_000)
	for _, size := range []int{1, 16, 128} {
		b.Run(map[int]string{1: "alone", 16: "of16", 128: "of128"}[size], func(b *testing.B) {
			var s Shard
			var d Drain
			var p Present
			for i := 0; i+size <= len(ids); i += size {
				drainOf(&d, ids[i:i+size])
				s.Record(&d)
				d.Reset()
			}
			b.ReportAllocs()
			b.ResetTimer()
			at := 0
			for n := 0; n < b.N; n += size {
				if at += size; at+size > len(ids) {
					at = 0
				}
				drainOf(&d, ids[at:at+size])
				for range size {
					p.Deliver(false)
					p.End(1, false)
				}
				s.Record(&d)
				s.Publish(&p, 1, time.Time{})
				d.Reset()
			}
		})
	}
}
