package admin

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// deliveries answers GET deliveries.
func (c *call) deliveries() (Deliveries, error) {
	if err := c.parameters("endpoint", "destination", "state", "event", "id", "q", "since", "until", "limit", "cursor"); err != nil {
		return Deliveries{}, err
	}
	filter, err := c.filter()
	if err != nil {
		return Deliveries{}, err
	}
	limit, err := c.limit()
	if err != nil {
		return Deliveries{}, err
	}
	e, err := c.engine()
	if err != nil {
		return Deliveries{}, err
	}
	page, err := e.Store.List(c.Context(), filter, limit)
	if err != nil {
		return Deliveries{}, err
	}
	answer := Deliveries{Deliveries: make([]Delivery, len(page.Deliveries)), Next: cursor(page.Next)}
	for i, d := range page.Deliveries {
		answer.Deliveries[i] = deliveryOf(d)
	}
	return answer, nil
}

// filter is the one that the query describes.
func (c *call) filter() (f gateway.Filter, err error) {
	get := c.query.Get
	f = gateway.Filter{Endpoint: get("endpoint"), Destination: get("destination"), Type: get("event"), Reference: get("id"), Search: get("q")}
	if f.States, err = states(get("state")); err != nil {
		return f, err
	}
	if f.Since, err = c.instant("since"); err != nil {
		return f, err
	}
	if f.Until, err = c.instant("until"); err != nil {
		return f, err
	}
	f.Before, err = c.before()
	return f, err
}

// states reads names with commas between them; none: any state.
func states(names string) (all []gateway.State, err error) {
	if names == "" {
		return nil, nil
	}
	for name := range strings.SplitSeq(names, ",") {
		state, ok := stateNames[name]
		if !ok {
			return nil, fail(http.StatusBadRequest, "state: %q is none of pending, delivering, delivered and dead", name)
		}
		all = append(all, state)
	}
	return all, nil
}

var stateNames = map[string]gateway.State{}

func init() {
	for state := gateway.Pending; state <= gateway.Dead; state++ {
		stateNames[state.String()] = state
	}
}

// instant reads a parameter that is a time, or how long ago one was.
func (c *call) instant(name string) (time.Time, error) {
	text := c.query.Get(name)
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	ago, err := gateway.ParseDuration(text)
	if err != nil {
		return time.Time{}, fail(http.StatusBadRequest, "%s: %q is neither a time like 2006-01-02T15:04:05Z nor a duration like 24h or 7d", name, text)
	}
	return c.Now().Add(-time.Duration(ago)), nil
}

// delivery answers GET deliveries/{id}.
func (c *call) delivery() (DeliveryDetail, error) {
	e, d, err := c.show()
	if err != nil {
		return DeliveryDetail{}, err
	}
	attempts, err := e.Store.Attempts(c.Context(), d.ID)
	if err != nil {
		return DeliveryDetail{}, err
	}
	siblings, err := siblings(c.Context(), e.Store, d)
	if err != nil {
		return DeliveryDetail{}, err
	}
	redactor := c.system.redactor(d.Address.Endpoint)
	detail := DeliveryDetail{Delivery: deliveryOf(d), Request: requestOf(d.Event, redactor), History: make([]Attempt, len(attempts)), Siblings: siblings}
	for i, a := range attempts {
		detail.History[i] = attemptOf(a)
	}
	return detail, nil
}

// show finds the delivery that the path names.
func (c *call) show() (*Engine, *gateway.Delivery, error) {
	if err := c.parameters(); err != nil {
		return nil, nil, err
	}
	e, err := c.engine()
	if err != nil {
		return nil, nil, err
	}
	id, err := c.id()
	if err != nil {
		return nil, nil, err
	}
	d, err := e.Store.Show(c.Context(), id)
	return e, d, err
}

// near is how far from its id those of a delivery's siblings are looked for.
const near = 100

// siblings are the ids of the event's other deliveries. A store gives them
// together, one after the other, and all were received at one instant.
func siblings(ctx context.Context, store gateway.Archive, d *gateway.Delivery) (ids []string, err error) {
	f := gateway.Filter{Endpoint: d.Address.Endpoint, Since: d.ReceivedAt, Until: d.ReceivedAt.Add(1)}
	for id := max(d.ID-near, 1); id <= d.ID+near; id++ {
		f.IDs = append(f.IDs, id)
	}
	for more := true; more; more = f.Before != 0 {
		page, err := store.List(ctx, f, len(f.IDs))
		if err != nil {
			return nil, err
		}
		for _, other := range page.Deliveries {
			if other.EventID == d.EventID && other.ID != d.ID {
				ids = append(ids, formatID(other.ID))
			}
		}
		f.Before = page.Next
	}
	slices.Reverse(ids)
	return ids, nil
}

// body answers GET deliveries/{id}/body: a file that no browser shows.
func (c *call) body(w http.ResponseWriter) error {
	_, d, err := c.show()
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", `attachment; filename="webhook-`+formatID(d.ID)+`.bin"`)
	_, _ = w.Write(d.Event.Body) // the client may be gone; there is nobody to tell
	return nil
}
