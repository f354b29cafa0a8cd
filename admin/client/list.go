package client

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
)

// PageSize is the most that the API has on a page.
const PageSize = 500

// A Query selects deliveries. Its zero fields select all.
type Query struct {
	Endpoint    string
	Destination string
	State       string // one, or several with commas between them
	Event       string // the event's type
	ID          string // the event's reference
	Search      string
	Since       time.Time
	Until       time.Time
}

// Values is the query as the API's GET deliveries takes it.
func (q Query) values() url.Values {
	v := values("endpoint", q.Endpoint, "destination", q.Destination, "state", q.State, "event", q.Event, "id", q.ID, "q", q.Search)
	if !q.Since.IsZero() {
		v.Set("since", q.Since.Format(time.RFC3339Nano))
	}
	if !q.Until.IsZero() {
		v.Set("until", q.Until.Format(time.RFC3339Nano))
	}
	return v
}

// Selection is the query as POST replay and POST discard take it.
func (q Query) Selection() admin.Selection {
	return admin.Selection{
		Endpoint: q.Endpoint, Destination: q.Destination, State: q.State, Event: q.Event,
		ID: q.ID, Search: q.Search, Since: q.Since, Until: q.Until,
	}
}

// Deliveries yields pages of what the query selects, the newest first, until
// the limit is reached (0: none) or there are no more. A page may be empty. The
// last one has a cursor if there would be more. An error is the last thing
// that is yielded.
func (c *Client) Deliveries(ctx context.Context, q Query, limit int) iter.Seq2[Answer[admin.Deliveries], error] {
	return pages(ctx, c, "/deliveries", q.values(), limit, func(d admin.Deliveries) (int, string) {
		return len(d.Deliveries), d.Next
	})
}

// Refusals yields pages of requests that were refused, as Deliveries does, of
// an endpoint and for a reason ("": all).
func (c *Client) Refusals(ctx context.Context, endpoint, reason string, limit int) iter.Seq2[Answer[admin.Refusals], error] {
	return pages(ctx, c, "/refusals", values("endpoint", endpoint, "reason", reason), limit, func(r admin.Refusals) (int, string) {
		return len(r.Refusals), r.Next
	})
}

// pages yields page after page; measure says how much is on one, and the cursor
// of the next.
func pages[T any](ctx context.Context, c *Client, path string, query url.Values, limit int, measure func(T) (int, string)) iter.Seq2[Answer[T], error] {
	return func(yield func(Answer[T], error) bool) {
		for left := limit; ; {
			size := PageSize
			if limit > 0 {
				size = min(size, left)
			}
			query.Set("limit", strconv.Itoa(size))
			page, err := get[T](ctx, c, path, query)
			if err != nil {
				yield(page, err)
				return
			}
			n, next := measure(page.Value)
			left -= n
			if next != "" && next == query.Get("cursor") {
				yield(page, fmt.Errorf("the server gives the page %q again and again", next))
				return
			}
			if !yield(page, nil) || next == "" || limit > 0 && left <= 0 {
				return
			}
			query.Set("cursor", next)
		}
	}
}

// values returns a query of the pairs that have a value.
func values(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	return v
}
