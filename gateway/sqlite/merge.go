package sqlite

import (
	engine "zombiezen.com/go/sqlite"
)

// fanIn runs of one level are merged into one of the next, so that there are
// never many, and each claim is written again a few times at most.
const fanIn = 8

// A merger gives what some runs have, the newest of which is the first.
type merger struct {
	readers []*runReader
	now     int64 // what has ended by then is not claimed
	last    bool  // no run is older
}

// A runReader reads a run from its beginning to its end.
type runReader struct {
	run  *run
	page int // the next one
	list keyList
	nth  int // the next claim in the list
}

// next gives a claim that has ended as a release, for the sake of older runs,
// and skips both where there is none.
func (m *merger) next(c *engine.Conn) (h half, v holding, how offer, err error) {
	h, v, more, err := m.newest(c)
	if err != nil || !more {
		return h, v, exhausted, err
	}
	if v.until <= m.now {
		v = holding{}
	}
	if v == (holding{}) && m.last {
		return h, v, skipped, nil
	}
	return h, v, offered, nil
}

// newest takes the next key from all runs that have it.
func (m *merger) newest(c *engine.Conn) (h half, v holding, more bool, err error) {
	for _, r := range m.readers {
		key, held, ok, err := r.peek(c)
		if err != nil {
			return h, v, false, err
		}
		if ok && (!more || key.compare(h) < 0) {
			h, v, more = key, held, true
		}
	}
	if !more {
		return h, v, false, nil
	}
	for _, r := range m.readers {
		r.pass(h)
	}
	return h, v, true, nil
}

// peek is the run's next claim.
func (r *runReader) peek(c *engine.Conn) (h half, v holding, ok bool, err error) {
	if r.nth == r.list.len() {
		if r.page == len(r.run.starts) {
			return h, v, false, nil
		}
		list, err := r.run.read(c, r.page, r.list)
		if err != nil {
			return h, v, false, err // it is read again
		}
		r.list, r.page, r.nth = list, r.page+1, 0
	}
	h, v = r.list.at(r.nth)
	return h, v, true, nil
}

// pass goes on if h is the next key.
func (r *runReader) pass(h half) {
	if r.nth < r.list.len() {
		if key, _ := r.list.at(r.nth); key == h {
			r.nth++
		}
	}
}

// mergeable chooses what is to be merged: the oldest of a level that has many,
// or the oldest run of all, when nothing in it is claimed any more.
func mergeable(runs []*run, now int64) (some []*run) {
	if n := len(runs); n > 0 && runs[n-1].until <= now {
		return runs[n-1:]
	}
	for from := 0; from < len(runs); {
		to := from
		for to < len(runs) && runs[to].level == runs[from].level {
			to++
		}
		if to-from >= fanIn {
			return runs[to-fanIn : to]
		}
		from = to
	}
	return nil
}

// newMerge drafts the run that takes the place of some that lie side by side.
func newMerge(id int64, some []*run, last bool, now int64) *draft {
	m := &merger{now: now, last: last}
	living := some
	for n := len(living); last && n > 0 && living[n-1].until <= now; n-- {
		living = living[:n-1] // nothing in it is claimed, and it has nothing to hide
	}
	for _, r := range living {
		m.readers = append(m.readers, &runReader{run: r})
	}
	return &draft{run: run{id: id, age: some[0].age, level: some[0].level + 1}, from: m, instead: some}
}
