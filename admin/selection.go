package admin

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// Bounds of what one request changes.
const (
	defaultSelected = 1000
	maxSelected     = 10_000
)

// replay answers POST replay.
func (c *call) replay() (Changed, error) {
	return c.changeAll(replayable, "replayed", (*call).replaying)
}

// discard answers POST discard.
func (c *call) discard() (Changed, error) {
	return c.changeAll(discardable, "discarded", (*call).discarding)
}

// changeAll changes what the body selects, or counts it.
func (c *call) changeAll(from []gateway.State, done string, change changer) (Changed, error) {
	var s Selection
	if err := c.decode(&s); err != nil {
		return Changed{}, err
	}
	if err := c.parameters(); err != nil {
		return Changed{}, err
	}
	filter, err := s.filter(from, done)
	if err != nil {
		return Changed{}, err
	}
	limit, err := s.limit()
	if err != nil {
		return Changed{}, err
	}
	e, err := c.engine()
	if err != nil {
		return Changed{}, err
	}
	if s.DryRun {
		n, err := e.Store.Count(c.Context(), filter)
		return Changed{Count: n, More: n > limit, DryRun: true}, err
	}
	n, err := change(c, e, filter, limit)
	if err != nil && n > 0 {
		err = fmt.Errorf("%d were %s, and then: %w", n, done, err)
	}
	return Changed{Count: n, More: n == limit && n != len(s.IDs)}, err
}

// filter is what s selects of the deliveries in the states from which the
// change is possible.
func (s *Selection) filter(from []gateway.State, done string) (gateway.Filter, error) {
	if s.empty() {
		return gateway.Filter{}, fail(http.StatusBadRequest, "nothing is selected: give ids, or at least one of endpoint, destination, state, event, id, q, since and until")
	}
	f := gateway.Filter{
		Endpoint: s.Endpoint, Destination: s.Destination, Type: s.Event, Reference: s.ID, Search: s.Search, Since: s.Since, Until: s.Until,
	}
	for _, text := range s.IDs {
		id, err := parseID(text)
		if err != nil {
			return f, err
		}
		f.IDs = append(f.IDs, id)
	}
	return f, s.addStates(&f, from, done)
}

// addStates selects by state: the dead if nothing else is said, and any that
// can be changed where ids are given.
func (s *Selection) addStates(f *gateway.Filter, from []gateway.State, done string) (err error) {
	if f.States, err = states(s.State); err != nil {
		return err
	}
	for _, state := range f.States {
		if !slices.Contains(from, state) {
			return fail(http.StatusBadRequest, "state: what is %s cannot be %s", state, done)
		}
	}
	switch {
	case f.States != nil:
	case f.IDs != nil:
		f.States = from
	default:
		f.States = []gateway.State{gateway.Dead}
	}
	return nil
}

func (s *Selection) empty() bool {
	return len(s.IDs) == 0 && s.Endpoint == "" && s.Destination == "" && s.State == "" && s.Event == "" && s.ID == "" && s.Search == "" &&
		s.Since.IsZero() && s.Until.IsZero()
}

// limit is how many are changed at most: all that are named.
func (s *Selection) limit() (int, error) {
	switch {
	case s.Limit < 0 || s.Limit > maxSelected:
		return 0, fail(http.StatusBadRequest, "limit: %d is no number from 1 to %d", s.Limit, maxSelected)
	case len(s.IDs) > maxSelected:
		return 0, fail(http.StatusBadRequest, "ids: these are %d, and one request may have %d", len(s.IDs), maxSelected)
	case s.Limit > 0:
		return s.Limit, nil
	case len(s.IDs) > 0:
		return len(s.IDs), nil
	}
	return defaultSelected, nil
}
