package sqlite

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// few is how many deliveries are few enough to look at each, where an index
// names them. Of more the newest are soon found.
const few = 4096

// terms are conditions, of numbers alone.
type terms []string

func (t *terms) add(on bool, format string, args ...any) {
	if on {
		*t = append(*t, fmt.Sprintf(format, args...))
	}
}

func (t terms) String() string { return strings.Join(append(t, "1"), " AND ") }

// query asks for the filter's deliveries, the newest first: id, event and
// whether it matches, as far as can be told without the event. Now and then it
// returns one that does not match, for who looks at the clock. Nothing can
// match unless some is true.
func (s *Store) query(f gateway.Filter) (text string, some bool) {
	r := s.counts.reach(f)
	if len(r.lanes) == 0 {
		return "", false
	}
	conditions := r.conditions(f)
	return fmt.Sprintf(`SELECT id, id - nth, %s FROM deliveries WHERE %s AND ((%s) OR id %% %d = 0) ORDER BY id DESC`,
		conditions, r.narrow(f), conditions, lookStep), true
}

// A reach is how far a filter goes, by what is counted.
type reach struct {
	lanes []int64 // destinations that it selects, with deliveries in its states
	open  int64   // deliveries to them that are not settled
	dead  int64   // deliveries to any destination that are
}

// reach is the filter's.
func (c *counts) reach(f gateway.Filter) (r reach) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, l := range c.lanes {
		r.dead += l.count[gateway.Dead]
		if (f.Endpoint == "" || f.Endpoint == l.address.Endpoint) && (f.Destination == "" || f.Destination == l.address.Destination) && l.some(f.States) {
			r.lanes = append(r.lanes, id)
			r.open += l.open()
		}
	}
	return r
}

// some reports whether there are deliveries in one of the states; none given
// are all.
func (l *lane) some(states []gateway.State) bool {
	for state, n := range l.count {
		if n > 0 && (len(states) == 0 || slices.Contains(states, gateway.State(state))) {
			return true
		}
	}
	return false
}

// conditions are what is asked of each delivery. One without a hash is looked
// at in its event.
func (r *reach) conditions(f gateway.Filter) (t terms) {
	t.add(!f.Since.IsZero(), "received >= %d", nanos(f.Since))
	t.add(!f.Until.IsZero(), "received < %d", nanos(f.Until))
	t.add(f.Endpoint != "" || f.Destination != "", "destination IN (%s)", join(r.lanes))
	t.add(len(f.States) > 0, "state IN (%s)", join(f.States))
	t.add(f.Reference != "", "(reference = %d OR reference IS NULL)", digest(f.Reference))
	t.add(f.Type != "", "(type = %d OR type IS NULL)", digest(f.Type))
	return t
}

// narrow are those for which there is an index. The state is written out, since
// only so that of the dead is used.
func (r *reach) narrow(f gateway.Filter) (t terms) {
	t.add(f.Before != 0, "id < %d", f.Before)
	switch {
	case len(f.IDs) > 0:
		t.add(true, "id IN (%s)", join(f.IDs))
	case len(f.States) == 1 && f.States[0] == gateway.Dead:
		t.add(true, "state = %d", gateway.Dead)
	case r.few(f.States):
		t.add(true, "id IN (%s)", r.unsettled(f.States))
	}
	return t
}

// few reports whether there are few deliveries in the states, with an index for
// each of them.
func (r *reach) few(states []gateway.State) bool {
	n := r.open
	if slices.Contains(states, gateway.Dead) {
		n += r.dead
	}
	return len(states) > 0 && !slices.Contains(states, gateway.Delivered) && n <= few
}

// unsettled asks for the ids of what is not settled and, if that is one of the
// states, of what is dead. Behind another of its order a delivery is in no lane.
func (r *reach) unsettled(states []gateway.State) string {
	lanes := join(r.lanes)
	query := fmt.Sprintf(`SELECT id FROM deliveries WHERE lane IN (%s, -%s)
		UNION ALL SELECT id FROM deliveries WHERE destination IN (%s) AND ordering IS NOT NULL AND state < 2`,
		lanes, strings.ReplaceAll(lanes, ", ", ", -"), lanes)
	if slices.Contains(states, gateway.Dead) {
		query += ` UNION ALL SELECT id FROM deliveries WHERE state = 3`
	}
	return query
}

func join[T ~int | ~int64](numbers []T) string {
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		texts[i] = strconv.FormatInt(int64(n), 10)
	}
	return strings.Join(texts, ", ")
}
