package activity

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// Minutes is how far back a Log remembers.
const Minutes = 60

// A Minute is what happened in one.
type Minute struct {
	Start     time.Time
	Accepted  int64 // requests answered 2xx by the application or by us
	Refused   int64
	Delivered int64 // deliveries that the application took
	Failed    int64 // attempts that it did not take
	Dead      int64
	Latency   Latency // of the answers to accepted requests
}

// Last returns the last sixty minutes of an endpoint, or of all ("" ), the
// oldest first, the current one last.
func (l *Log) Last(endpoint string) []Minute {
	rings, current := l.minutes.rings(endpoint), minuteOf(l.now())
	last := make([]Minute, Minutes)
	for i := range last {
		var t tally
		minute := current - Minutes + 1 + int64(i)
		t.addAll(rings, minute)
		last[i] = t.minute(minute)
	}
	return last
}

// Hour returns the sum of them; its Start is the first one's.
func (l *Log) Hour(endpoint string) Minute {
	rings, first := l.minutes.rings(endpoint), minuteOf(l.now())-Minutes+1
	var t tally
	for i := range int64(Minutes) {
		t.addAll(rings, first+i)
	}
	return t.minute(first)
}

// minutes count for each endpoint. What happened at all of them is summed up
// when somebody asks: so a request counts in one place.
type minutes struct {
	now func() time.Time
	mu  sync.Mutex // of changes to all
	all atomic.Pointer[map[string]*ring]
}

func (m *minutes) init(now func() time.Time) {
	m.now = now
	m.all.Store(&map[string]*ring{})
}

// at returns where to count what happened at the endpoint at the instant. It
// takes no lock, and no memory but for the first of an endpoint's minute.
func (m *minutes) at(endpoint string, at time.Time) *count {
	r := (*m.all.Load())[endpoint]
	if r == nil {
		r = m.add(endpoint)
	}
	minute := minuteOf(at)
	if c := r.slot(minute).Load(); c != nil && c.minute == minute {
		return c
	}
	return r.begin(minute, minuteOf(m.now()))
}

// add makes a ring for an endpoint that has none. Endpoints come from the
// configuration, so they are few; those of earlier configurations go when
// nothing has happened there for an hour.
func (m *minutes) add(endpoint string) *ring {
	m.mu.Lock()
	defer m.mu.Unlock()
	old := *m.all.Load()
	if r := old[endpoint]; r != nil {
		return r
	}
	current, r := minuteOf(m.now()), new(ring)
	r.begin(current, current) // so that it is in use
	all := maps.Clone(old)
	maps.DeleteFunc(all, func(_ string, r *ring) bool { return !r.used(current) })
	all[endpoint] = r
	m.all.Store(&all)
	return r
}

// rings returns those of an endpoint, or of all.
func (m *minutes) rings(endpoint string) []*ring {
	var found []*ring
	for name, r := range *m.all.Load() {
		if endpoint == "" || endpoint == name {
			found = append(found, r)
		}
	}
	return found
}

// minuteOf is the number of the minute, from 1970 on.
func minuteOf(t time.Time) int64 { return t.Unix() / 60 }

// A ring has an endpoint's last minutes: at most 50 KB, when something happens
// in each.
type ring [Minutes]atomic.Pointer[count]

// A count is what happened in one minute. Accepted are those that have a
// latency.
type count struct {
	minute                           int64
	refused, delivered, failed, dead atomic.Int64
	latency                          histogram
}

func (r *ring) slot(minute int64) *atomic.Pointer[count] { return &r[uint64(minute)%Minutes] }

// begin returns the count of a minute that seems to have none yet. A minute
// that is not among the last ones is not remembered: what is told so late, or
// by a clock that was set since, counts as of now.
func (r *ring) begin(minute, current int64) *count {
	if minute > current || minute <= current-Minutes {
		minute = current
	}
	for slot := r.slot(minute); ; {
		c := slot.Load()
		if c != nil && c.minute == minute {
			return c
		}
		if fresh := (&count{minute: minute}); slot.CompareAndSwap(c, fresh) {
			return fresh
		}
	}
}

// used reports whether anything happened in the last minutes.
func (r *ring) used(current int64) bool {
	for i := range int64(Minutes) {
		if c := r.slot(current - i).Load(); c != nil && c.minute == current-i {
			return true
		}
	}
	return false
}

// A tally is a sum of counts. The zero tally is of none.
type tally struct {
	refused, delivered, failed, dead int64
	latency                          [buckets]int64
}

// addAll adds what happened in the minute.
func (t *tally) addAll(rings []*ring, minute int64) {
	for _, r := range rings {
		if c := r.slot(minute).Load(); c != nil && c.minute == minute {
			t.add(c)
		}
	}
}

func (t *tally) add(c *count) {
	t.refused += c.refused.Load()
	t.delivered += c.delivered.Load()
	t.failed += c.failed.Load()
	t.dead += c.dead.Load()
	for i := range c.latency {
		t.latency[i] += int64(c.latency[i].Load())
	}
}

func (t *tally) minute(minute int64) Minute {
	m := Minute{Start: time.Unix(minute*60, 0).UTC(), Refused: t.refused, Delivered: t.delivered, Failed: t.failed, Dead: t.dead}
	m.Accepted, m.Latency = latencyOf(&t.latency)
	return m
}
