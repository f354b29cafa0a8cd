package sqlite

import (
	"slices"

	engine "zombiezen.com/go/sqlite"
)

// A draft is a run that is being written, a few pages with each group.
type draft struct {
	run     run
	from    source
	instead []*run    // runs that it takes the place of
	ready   []keyList // pages for the group at hand, or, if it was undone, for the next
	list    keyList   // of the page that is being filled
	ended   bool      // there are no more
	owed    int       // claims that should have been written by now
}

// A source gives claims in the order of their keys, each key once.
type source interface {
	// next is the next claim, unless there are no more. One that need not be
	// written is skipped.
	next(c *engine.Conn) (h half, v holding, how offer, err error)
}

// An offer is what came of asking a source.
type offer int

const (
	offered offer = iota
	skipped
	exhausted
)

// pages is how many to write when so many claims more are due, of which one page
// takes some.
func (d *draft) pages(claims, each int) int {
	d.owed += claims
	n := d.owed / each
	d.owed %= each
	return n
}

// pageLooks is how many claims are looked at for one page, at most.
const pageLooks = 8 * pageKeys

// save writes up to so many pages, and completes the run with the last one.
func (d *draft) save(c *engine.Conn, pages int) error {
	for n := len(d.ready); n < pages && !d.ended; n++ {
		if err := d.fill(c); err != nil {
			return err
		}
	}
	for i, list := range d.ready {
		if err := prepare(c, `INSERT INTO keys VALUES (?, ?)`).int(d.run.page(len(d.run.starts) + i)).bytes(list).run(); err != nil {
			return err
		}
	}
	if d.ended {
		return d.complete(c)
	}
	return nil
}

// fill makes a page ready, if it finds anything for it.
func (d *draft) fill(c *engine.Conn) error {
	if d.list == nil {
		d.list = make(keyList, 0, pageBytes)
	}
	for looks := 0; len(d.list) < pageBytes && looks < pageLooks && !d.ended; looks++ {
		h, v, how, err := d.from.next(c)
		if err != nil {
			return err // it goes on there
		}
		switch how {
		case offered:
			d.list = d.list.append(h, v)
		case exhausted:
			d.ended = true
		}
	}
	if len(d.list) > 0 {
		d.ready, d.list = append(d.ready, d.list), nil
	}
	return nil
}

// complete makes the run count, in the place of others.
func (d *draft) complete(c *engine.Conn) error {
	for _, r := range d.instead {
		if err := prepare(c, `DELETE FROM runs WHERE id = ?`).int(r.id).run(); err != nil {
			return err
		}
	}
	if len(d.ready)+len(d.run.starts) == 0 {
		return nil
	}
	return prepare(c, `INSERT INTO runs VALUES (?, ?, ?)`).int(d.run.id, d.run.age, int64(d.run.level)).run()
}

// committed notes that what was ready is written.
func (d *draft) committed() {
	for _, list := range d.ready {
		d.run.add(list)
	}
	d.ready = nil
}

// replaceIn is the list of runs, the newest first, with the draft's.
func (d *draft) replaceIn(runs []*run) []*run {
	runs = slices.DeleteFunc(slices.Clone(runs), func(r *run) bool { return slices.Contains(d.instead, r) })
	if len(d.run.starts) == 0 {
		return runs
	}
	older := slices.IndexFunc(runs, func(r *run) bool { return r.age < d.run.age })
	if older < 0 {
		older = len(runs)
	}
	return slices.Insert(runs, older, &d.run)
}

// A snapshot is a map's claims, in order. One that is released needs to be
// written only if an older run may have it.
type snapshot struct {
	keys  []half
	of    map[half]holding
	older filter
}

func (s *snapshot) next(*engine.Conn) (h half, v holding, how offer, err error) {
	if len(s.keys) == 0 {
		return h, v, exhausted, nil
	}
	h = s.keys[0]
	s.keys, v = s.keys[1:], s.of[h]
	if v == (holding{}) && !s.older.may(h) {
		return h, v, skipped, nil
	}
	return h, v, offered, nil
}
