package admin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// A contract is docs/openapi.yaml.
type contract struct {
	doc *openapi3.T
	mux *http.ServeMux // knows its paths

	mu   sync.Mutex
	kept map[string]bool // operations of which a good answer was checked
}

var document = sync.OnceValues(func() (*openapi3.T, error) {
	return openapi3.NewLoader().LoadFromFile("../docs/openapi.yaml")
})

func openContract(t *testing.T) *contract {
	t.Helper()
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	c := &contract{doc: doc, mux: http.NewServeMux(), kept: map[string]bool{}}
	for _, pattern := range c.patterns() {
		method, path, _ := strings.Cut(pattern, " ")
		c.mux.Handle(method+" "+prefix+path, http.NotFoundHandler())
	}
	return c
}

// patterns are method and path of all that is described.
func (c *contract) patterns() (all []string) {
	for path, item := range c.doc.Paths.Map() {
		for method := range item.Operations() {
			all = append(all, method+" "+path)
		}
	}
	return all
}

// route is what the request asks for; nil when it is not described.
func (c *contract) route(r *http.Request) (*routers.Route, map[string]string) {
	_, pattern := c.mux.Handler(r)
	method, path, _ := strings.Cut(pattern, " ")
	path = strings.TrimPrefix(path, prefix)
	item := c.doc.Paths.Value(path)
	if item == nil {
		return nil, nil
	}
	parameters := map[string]string{}
	got := strings.Split(strings.TrimPrefix(r.URL.Path, prefix), "/")
	for i, part := range strings.Split(path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			parameters[strings.TrimSuffix(name, "}")] = got[i]
		}
	}
	return &routers.Route{Spec: c.doc, Path: path, PathItem: item, Method: method, Operation: item.GetOperation(method)}, parameters
}

// check holds an answer against the description; and the request too, if the
// API took it.
func (c *contract) check(t *testing.T, r *http.Request, answer *http.Response, body []byte) {
	t.Helper()
	route, parameters := c.route(r)
	if route == nil || r.Method == http.MethodHead {
		return
	}
	options := &openapi3filter.Options{IncludeResponseStatus: true, SkipSettingDefaults: true}
	request := &openapi3filter.RequestValidationInput{Request: r, PathParams: parameters, Route: route, Options: options}
	if answer.StatusCode == http.StatusOK {
		if r.GetBody != nil {
			r.Body, _ = r.GetBody()
		}
		if err := openapi3filter.ValidateRequest(t.Context(), request); err != nil {
			t.Errorf("%s %s was taken, and is not described: %v", r.Method, r.URL, err)
		}
		c.mu.Lock()
		c.kept[route.Method+" "+route.Path] = true
		c.mu.Unlock()
	}
	response := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: request, Status: answer.StatusCode, Header: answer.Header, Body: io.NopCloser(bytes.NewReader(body)), Options: options,
	}
	if err := openapi3filter.ValidateResponse(t.Context(), response); err != nil {
		t.Errorf("%s %s = %d %s\nis not as described: %v", r.Method, r.URL, answer.StatusCode, body, err)
	}
}

func TestContractIsValid(t *testing.T) {
	t.Parallel()
	if err := openContract(t).doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestContractHasAllRoutes(t *testing.T) {
	t.Parallel()
	got, want := openContract(t).patterns(), admin.Patterns()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("docs/openapi.yaml describes\n%q\nbut the routes are\n%q", got, want)
	}
}

// happening holds what a stream told against the description.
func (c *contract) happening(t *testing.T, h admin.Happening) {
	t.Helper()
	data, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatal(err)
	}
	if err := c.doc.Components.Schemas["Happening"].Value.VisitJSON(value); err != nil {
		t.Errorf("%s is not as described: %v", data, err)
	}
}

// Every route gives a good answer that is as described.
func TestContractIsKept(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.set(func(sys *admin.System) {
		sys.Endpoints[0].Test = func(context.Context, string, []byte) (admin.TestResult, error) {
			return admin.TestResult{Status: 401, Outcome: "sig_bad", Detail: "does not fit"}, nil
		}
	})
	s.attempts(1, 1)
	s.refuse("git", gateway.ReasonSigBad)
	id, gone := s.add(gateway.Dead, nil, shop, audit)[0], s.add(gateway.Pending, nil, shop)[0]
	for _, path := range []string{
		"/status", "/activity", "/deliveries?limit=1", "/deliveries/" + id, "/deliveries/" + id + "/body", "/refusals", "/endpoints", "/session",
	} {
		s.get(path, nil)
	}
	for path, body := range map[string]string{
		"/deliveries/" + id + "/replay": "", "/deliveries/" + gone + "/discard": "{}", "/replay": `{"endpoint":"git","since":"2026-03-01T12:00:00Z"}`,
		"/discard": `{"ids":["4711"],"limit":1}`, "/destinations/shop/app/pause": "", "/destinations/shop/app/resume": "",
		"/endpoints/shop/test": `{"event":"a","body":{}}`, "/backup": s.backupTo(filepath.Join(s.folder, "copy.db")),
	} {
		s.post(path, body, nil)
	}
	for _, pattern := range admin.Patterns() {
		if !s.contract.kept[pattern] && pattern != "GET /stream" { // which does not end: TestStream
			t.Errorf("%s: no answer was checked", pattern)
		}
	}
}
