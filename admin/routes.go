package admin

import (
	"net/http"
	"slices"
	"strings"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin/dashboard"
)

// A route is one thing that the API can be asked.
type route struct {
	method string
	path   string // below the prefix, as a pattern of http.ServeMux
	serve  func(*call, http.ResponseWriter) error
}

// routes are all of the API. docs/openapi.yaml describes them.
var routes = []route{
	{http.MethodGet, "/status", answer((*call).status)},
	{http.MethodGet, "/activity", answer((*call).activity)},
	{http.MethodGet, "/deliveries", answer((*call).deliveries)},
	{http.MethodGet, "/deliveries/{id}", answer((*call).delivery)},
	{http.MethodGet, "/deliveries/{id}/body", (*call).body},
	{http.MethodPost, "/deliveries/{id}/replay", answer((*call).replayOne)},
	{http.MethodPost, "/deliveries/{id}/discard", answer((*call).discardOne)},
	{http.MethodPost, "/replay", answer((*call).replay)},
	{http.MethodPost, "/discard", answer((*call).discard)},
	{http.MethodPost, "/destinations/{endpoint}/{name}/pause", answer((*call).pause)},
	{http.MethodPost, "/destinations/{endpoint}/{name}/resume", answer((*call).resume)},
	{http.MethodGet, "/refusals", answer((*call).refusals)},
	{http.MethodGet, "/endpoints", answer((*call).endpoints)},
	{http.MethodPost, "/endpoints/{name}/test", answer((*call).test)},
	{http.MethodPost, "/backup", answer((*call).backup)},
	{http.MethodGet, "/stream", (*call).stream},
	{http.MethodGet, "/session", (*call).session},
}

// pages are the dashboard's.
var pages = []string{"/{$}", "/assets/"}

// register adds all routes to mux, and for each of their paths what answers the
// other methods: http.ServeMux would answer those in plain text.
func (a *api) register(mux *http.ServeMux) {
	methods := map[string][]string{}
	for _, r := range routes {
		mux.Handle(r.method+" "+a.Prefix+r.path, a.handler(r))
		methods[r.path] = append(methods[r.path], r.method)
	}
	files := http.StripPrefix(a.Prefix, dashboard.Handler())
	for _, path := range pages {
		mux.Handle(http.MethodGet+" "+a.Prefix+path, files)
		methods[path] = []string{http.MethodGet}
	}
	for path, some := range methods {
		mux.Handle(a.Prefix+path, notAllowed(some))
	}
	mux.HandleFunc(a.Prefix+"/", func(w http.ResponseWriter, _ *http.Request) {
		answerError(w, fail(http.StatusNotFound, "there is nothing here"))
	})
}

// notAllowed answers methods that a path does not have.
func notAllowed(methods []string) http.Handler {
	if slices.Contains(methods, http.MethodGet) {
		methods = append(slices.Clone(methods), http.MethodHead)
	}
	allow := strings.Join(methods, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allow)
		answerError(w, fail(http.StatusMethodNotAllowed, "%s is not possible here, only %s", r.Method, allow))
	})
}
