package sqlite

import (
	"context"
	"maps"
	"math"
	"slices"
	"time"

	engine "zombiezen.com/go/sqlite"
)

// shiftStep is how many are changed in one transaction.
const shiftStep = 1000

// Shift has what is pending follow a clock that was put back to now by so much.
// What was put off is due as much earlier, so that it waits as long as was
// meant; what was due already is due now, one after the other as before. What
// is due after now was set by the old clock, unless it comes after the first
// step.
//
// Each call of step changes some, and reports whether there may be more. When
// it fails, and ctx has not ended, it has changed nothing and may be called
// again. It must not be called concurrently.
func (s *Store) Shift(now time.Time, by time.Duration) (step func(context.Context) (more bool, err error)) {
	var done shifted
	return func(ctx context.Context) (bool, error) {
		x := &shifting{now: nanos(now), by: int64(by), from: done}
		if err := s.do(ctx, x, 0, 0); err != nil {
			return true, err
		}
		done = x.to
		return len(done.left) > 0, nil
	}
}

// A shifting is one step.
type shifting struct {
	now, by  int64
	from, to shifted
}

// shifted is how far the steps have come.
type shifted struct {
	end  int64 // ids from here on came after the first step; 0: that is yet to come
	left []track
}

// A track is the way through some deliveries to a destination in the order of
// an index, from behind a place and id on. None is met twice: those that wait
// for their time only move to places before, and those that wait behind another
// of their order stay where they are.
type track struct {
	query     string
	lane      int64
	place, id int64
}

// The parameters are the track's lane, place and id, the instant behind which
// it lies, the id before which it ends, and how many are wanted.
const (
	timeTrack = `SELECT id, due, due FROM deliveries WHERE lane = ?1 AND (due, id) > (?2, ?3) AND id < ?5 ORDER BY due, id LIMIT ?6`
	// It says state < 2 as well because only so its index is used.
	orderTrack = `SELECT id, due, ordering FROM deliveries WHERE destination = ?1 AND ordering IS NOT NULL AND state < 2 AND state = 0 AND lane IS NULL
		AND (ordering, id) > (?2, ?3) AND due > ?4 AND id < ?5 ORDER BY ordering, id LIMIT ?6`
)

func (x *shifting) apply(w *writer) error {
	x.to = shifted{x.from.end, slices.Clone(x.from.left)}
	if x.from.end == 0 {
		x.to = shifted{w.next, x.tracks(w)}
	}
	for room := shiftStep; room > 0 && len(x.to.left) > 0; {
		n, err := x.follow(w, &x.to.left[0], room)
		if err != nil {
			return err
		}
		if n < room {
			x.to.left = x.to.left[1:]
		}
		room -= n
	}
	return nil
}

func (x *shifting) tracks(w *writer) (all []track) {
	for _, id := range slices.Sorted(maps.Keys(w.byID)) {
		all = append(all, track{timeTrack, id, x.now, math.MaxInt64}, track{orderTrack, id, math.MinInt64, 0})
	}
	return all
}

// follow moves the next n of a track, or all that are left if they are fewer.
func (x *shifting) follow(w *writer, t *track, n int) (moved int, err error) {
	due := make(map[int64]int64) // by id
	err = prepare(w.conn, t.query).int(t.lane, t.place, t.id, x.now, x.to.end, int64(n)).each(func(s *engine.Stmt) {
		t.id, t.place = s.ColumnInt64(0), s.ColumnInt64(2)
		due[t.id] = x.moved(s.ColumnInt64(1))
	})
	for id, due := range due {
		if err == nil {
			err = prepare(w.conn, `UPDATE deliveries SET due = ? WHERE id = ?`).int(due, id).run()
		}
	}
	return len(due), err
}

// moved is when a delivery is due now that was due then. What was due at once
// before the clock was put back is so within a millisecond, which keeps its
// order.
func (x *shifting) moved(then int64) int64 {
	if was := x.now + x.by; then < was {
		return x.now - (was-then)/max(1, x.by/int64(time.Millisecond))
	}
	return then - x.by
}

// Prolong makes all leases end later by so much: the clock has been put
// forward, and those who have them know nothing of it.
func (s *Store) Prolong(ctx context.Context, by time.Duration) error {
	return s.do(ctx, prolonging(by), 0, 0)
}

type prolonging time.Duration

func (p prolonging) apply(w *writer) error {
	return prepare(w.conn, `UPDATE deliveries SET due = due + ? WHERE lane < 0`).int(int64(p)).run()
}
