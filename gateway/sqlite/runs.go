package sqlite

import (
	"errors"
	"sort"

	engine "zombiezen.com/go/sqlite"
)

// A run is some of the table keys: claims in the order of their keys, each key
// once. What is complete does not change.
type run struct {
	id, age int64
	level   int
	starts  []half // the first key of each page
	until   int64  // when the last of its claims ends
}

// One of pageKeys fills a page of the file.
const (
	pageKeys  = 224
	pageBytes = pageKeys * entrySize
	runShift  = 32 // of a run's id, in those of its pages
)

func (r *run) page(nth int) int64 { return r.id<<runShift + int64(nth) }

// add notes what is on the run's next page.
func (r *run) add(list keyList) {
	first, _ := list.at(0)
	r.starts = append(r.starts, first)
	for _, v := range list.all() {
		r.until = max(r.until, v.until)
	}
}

// errGone is a page that has been deleted: its run was merged meanwhile.
var errGone = errors.New("a page of keys is gone")

// find finds a key.
func (r *run) find(c *engine.Conn, h half) (v holding, found bool, err error) {
	nth := sort.Search(len(r.starts), func(i int) bool { return r.starts[i].compare(h) > 0 }) - 1
	if nth < 0 {
		return v, false, nil
	}
	list, err := r.read(c, nth, nil)
	if err != nil {
		return v, false, err
	}
	v, found = list.find(h)
	return v, found, nil
}

// read reads a page, into a list that is not used any more.
func (r *run) read(c *engine.Conn, nth int, into keyList) (list keyList, err error) {
	there, err := prepare(c, `SELECT list FROM keys WHERE id = ?`).int(r.page(nth)).one(func(s *engine.Stmt) { list = into.read(s, 0) })
	switch {
	case err != nil:
		return nil, err
	case !there:
		return nil, errGone
	case list.len() == 0:
		return nil, errBroken
	}
	return list, nil
}

// search finds a key in runs, the newest of which is the first.
func search(c *engine.Conn, runs []*run, h half) (holding, error) {
	for _, r := range runs {
		if v, found, err := r.find(c, h); found || err != nil {
			return v, err
		}
	}
	return holding{}, nil
}

// loadRuns reads the runs, the newest first, with a filter of their keys.
// Garbage are those that were never completed, or have been merged.
func loadRuns(c *engine.Conn) (runs []*run, f filter, garbage []int64, err error) {
	pages, err := number(c, `SELECT count(*) FROM keys`)
	if err != nil {
		return nil, nil, nil, err
	}
	f.grow(2 * int(pages) * pageKeys)
	byID := make(map[int64]*run)
	err = prepare(c, `SELECT id, age, level FROM runs ORDER BY age DESC`).each(func(s *engine.Stmt) {
		r := &run{id: s.ColumnInt64(0), age: s.ColumnInt64(1), level: s.ColumnInt(2)}
		runs, byID[r.id] = append(runs, r), r
	})
	if err != nil {
		return nil, nil, nil, err
	}
	sound := true
	var list keyList
	err = prepare(c, `SELECT id, list FROM keys ORDER BY id`).each(func(s *engine.Stmt) {
		id := s.ColumnInt64(0)
		list = list.read(s, 1)
		r := byID[id>>runShift]
		switch {
		case list.len() == 0 || r != nil && id != r.page(len(r.starts)):
			sound = false
		case r != nil:
			r.add(list)
			for h := range list.all() {
				f.add(h)
			}
		case len(garbage) == 0 || garbage[len(garbage)-1] != id>>runShift:
			garbage = append(garbage, id>>runShift)
		}
	})
	if err == nil && !sound {
		err = errBroken
	}
	return runs, f, garbage, err
}
