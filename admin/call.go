package admin

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// A call is one request to the API.
type call struct {
	*api
	*http.Request
	system *System // what runs at its beginning; nil: nothing
	query  url.Values
}

// handler serves a route.
func (a *api) handler(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setHeader(w.Header())
		c := &call{api: a, Request: r, system: a.Source()}
		if err := c.serve(rt, w); err != nil {
			answerError(w, err)
		}
	})
}

func (c *call) serve(rt route, w http.ResponseWriter) error {
	if rt.method == http.MethodPost {
		if err := c.guardChange(w); err != nil {
			return err
		}
	}
	return rt.serve(c, w)
}

// answer makes a route of what returns its answer.
func answer[T any](ask func(*call) (T, error)) func(*call, http.ResponseWriter) error {
	return func(c *call, w http.ResponseWriter) error {
		if c.system == nil {
			return errNotRunning
		}
		v, err := ask(c)
		if err != nil {
			return err
		}
		return answerJSON(w, v)
	}
}

var (
	errNotRunning = fail(http.StatusServiceUnavailable, "the gateway does not run")
	errNoStore    = fail(http.StatusServiceUnavailable, "the gateway runs without a store")
)

// engine is the store and its worker, or an error when there is none, or it is
// not open.
func (c *call) engine() (*Engine, error) {
	switch {
	case c.system == nil:
		return nil, errNotRunning
	case c.system.Engine == nil:
		return nil, errNoStore
	case c.system.Engine.Store == nil:
		return nil, c.system.Engine.Stats.Err
	}
	return c.system.Engine, nil
}

// parameters reads the query, in which each of the names may be once and
// nothing else may be: a filter with a mistake in it would select too much.
func (c *call) parameters(names ...string) error {
	query, err := url.ParseQuery(c.URL.RawQuery)
	if err != nil {
		return fail(http.StatusBadRequest, "the query cannot be read: %w", err)
	}
	for name, values := range query {
		switch {
		case !slices.Contains(names, name):
			return fail(http.StatusBadRequest, "there is no parameter %q, only %s", name, strings.Join(names, ", "))
		case len(values) > 1:
			return fail(http.StatusBadRequest, "the parameter %s may be given once", name)
		}
	}
	c.query = query
	return nil
}

// Bounds of a page.
const (
	defaultLimit = 50
	maxLimit     = 500
)

// limit is the parameter of that name.
func (c *call) limit() (int, error) {
	text := c.query.Get("limit")
	if text == "" {
		return defaultLimit, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxLimit {
		return 0, fail(http.StatusBadRequest, "limit: %q is no number from 1 to %d", text, maxLimit)
	}
	return n, nil
}

// id is the delivery that the path names. What cannot be an id is none's.
func (c *call) id() (int64, error) {
	id, err := parseID(c.PathValue("id"))
	if err != nil {
		return 0, gateway.ErrNotFound
	}
	return id, nil
}
