package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func init() {
	caddy.RegisterModule(new(traced))
	httpcaddyfile.RegisterHandlerDirective("traced", func(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
		return new(traced), nil
	})
}

// A traced stands for Caddy's `tracing`, whose spans leave the process: its
// own are ended where a test can look at them.
type traced struct{}

// spans are those that have ended.
type spans chan sdktrace.ReadOnlySpan

var provided atomic.Pointer[sdktrace.TracerProvider]

// collect has the requests of the test traced.
func collect(t *testing.T) spans {
	t.Helper()
	ended := make(spans, 100)
	provided.Store(sdktrace.NewTracerProvider(sdktrace.WithSyncer(ended)))
	t.Cleanup(func() { _ = provided.Load().Shutdown(context.Background()) }) // its exporter does not fail
	return ended
}

func (*traced) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.traced", New: func() caddy.Module { return new(traced) }}
}

func (*traced) UnmarshalCaddyfile(*caddyfile.Dispenser) error { return nil }

func (*traced) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	ctx, span := provided.Load().Tracer("test").Start(r.Context(), "handler")
	defer span.End()
	return next.ServeHTTP(w, r.WithContext(ctx))
}

// ExportSpans and Shutdown are those of an exporter.
func (s spans) ExportSpans(_ context.Context, ended []sdktrace.ReadOnlySpan) error {
	for _, span := range ended {
		s <- span
	}
	return nil
}

func (spans) Shutdown(context.Context) error { return nil }

// take returns the next n spans, by name, as they end.
func (s spans) take(n int) map[string]sdktrace.ReadOnlySpan {
	taken := make(map[string]sdktrace.ReadOnlySpan)
	for range n {
		span := <-s
		taken[span.Name()] = span
	}
	return taken
}

// facts are a span's attributes, in order.
func factsOf(s sdktrace.ReadOnlySpan) string {
	var all []string
	for _, a := range s.Attributes() {
		all = append(all, strings.TrimPrefix(string(a.Key), "webhook.")+"="+a.Value.AsString())
	}
	return strings.Join(all, " ")
}

func wantBelow(t *testing.T, child, parent sdktrace.ReadOnlySpan) {
	t.Helper()
	if child.Parent().SpanID() != parent.SpanContext().SpanID() || child.SpanContext().TraceID() != parent.SpanContext().TraceID() {
		t.Errorf("%s is not below %s", child.Name(), parent.Name())
	}
}

// wantLinked wants a trace of its own that is linked to the span.
func wantLinked(t *testing.T, s, to sdktrace.ReadOnlySpan) {
	t.Helper()
	links := s.Links()
	if s.Parent().IsValid() || s.SpanContext().TraceID() == to.SpanContext().TraceID() {
		t.Errorf("%s is not the root of a trace of its own", s.Name())
	}
	if len(links) != 1 || links[0].SpanContext.SpanID() != to.SpanContext().SpanID() || links[0].SpanContext.TraceID() != to.SpanContext().TraceID() {
		t.Errorf("%s has the links %v, want one to %s", s.Name(), links, to.Name())
	}
}

func traceparentOf(s sdktrace.ReadOnlySpan) string {
	return fmt.Sprintf("00-%s-%s-01", s.SpanContext().TraceID(), s.SpanContext().SpanID())
}

const tracedSite = `ADDR {
	route {
		traced
		webhook_gateway traced {
			verify github a-secret-for-tests
			deliver {
				respond {header.Traceparent} 202
			}
		}
	}
}
`

func TestSpansOfAProxiedEvent(t *testing.T) {
	ended := collect(t)
	for store, spans := range map[string]int{"off": 4, "sqlite " + filepath.Join(t.TempDir(), "webhooks.db"): 4} {
		if err := loadWith(t, "\twebhook_gateway {\n\t\tstore "+store+"\n\t}\n", tracedSite); err != nil {
			t.Fatal(err)
		}
		w := post(t, "srv0", "1"+store[:3])
		got := ended.take(spans)
		receive, attempt := got["webhook receive"], got["webhook attempt"]
		wantBelow(t, receive, got["handler"])
		wantBelow(t, got["webhook verify"], receive)
		wantBelow(t, attempt, receive)
		if w.Code != http.StatusAccepted || w.Body.String() != traceparentOf(attempt) {
			t.Errorf("the application answers %d, and was called by %q, want %q", w.Code, w.Body, traceparentOf(attempt))
		}
		if want := "endpoint=traced destination=default attempt=1 status=202"; factsOf(attempt) != want {
			t.Errorf("attempt: %s", factsOf(attempt))
		}
		if facts := factsOf(receive); !strings.HasPrefix(facts, "endpoint=traced provider=github outcome=delivered id=") {
			t.Errorf("receive: %s", facts)
		}
	}
}

func TestSpansOfARefusal(t *testing.T) {
	ended := collect(t)
	mustLoad(t, tracedSite)
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("1"))
	r.Header.Set("X-Hub-Signature-256", sign("2"))
	r.Header.Set("X-Github-Delivery", "a-strangers-id")
	send(t, "srv0", r)
	got := ended.take(3)
	if want := "endpoint=traced provider=github outcome=sig_bad"; factsOf(got["webhook receive"]) != want {
		t.Errorf("receive: %s", factsOf(got["webhook receive"]))
	}
	for _, name := range []string{"webhook receive", "webhook verify"} {
		if s := got[name].Status(); s.Code != codes.Error || s.Description != "webhook refused: sig_bad" {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

// An app answers 503 until it is well, and says by which trace it was called.
type app struct {
	*httptest.Server
	well   atomic.Bool
	called chan string
}

func newApp(t *testing.T) *app {
	a := &app{called: make(chan string, 1000)}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.called <- r.Header.Get("Traceparent")
		if !a.well.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		io.WriteString(w, "thanks")
	}))
	t.Cleanup(a.Close)
	return a
}

// TestSpansOverTheStore: attempts from the store, by this process and by the
// next one, are traces of their own that are linked to the event's receipt.
func TestSpansOverTheStore(t *testing.T) {
	ended, app := collect(t), newApp(t)
	site := strings.Replace(tracedSite, "deliver {\n\t\t\t\trespond {header.Traceparent} 202\n\t\t\t}",
		"mode store\n\t\t\tbreaker off\n\t\t\tretry {\n\t\t\t\tattempts 1000\n\t\t\t\tdelay 10ms 10ms\n\t\t\t}\n\t\t\tto "+strings.TrimPrefix(app.URL, "http://"), 1)
	global := "\twebhook_gateway {\n\t\tstore sqlite " + filepath.Join(t.TempDir(), "webhooks.db") + "\n\t}\n"
	load := func() {
		t.Helper()
		if err := loadWith(t, global, site); err != nil {
			t.Fatal(err)
		}
	}
	load()
	if w := post(t, "srv0", "1"); w.Code != http.StatusOK {
		t.Fatalf("answered %d %q", w.Code, w.Body)
	}
	received := make(map[string]sdktrace.ReadOnlySpan)
	var attempts []sdktrace.ReadOnlySpan
	next := func() sdktrace.ReadOnlySpan {
		t.Helper()
		for {
			span := <-ended
			if span.Name() == "webhook attempt" {
				attempts = append(attempts, span)
				return span
			}
			received[span.Name()] = span
		}
	}
	failed := []sdktrace.ReadOnlySpan{next(), next()}
	for n, s := range failed {
		if want := fmt.Sprintf("endpoint=traced destination=default attempt=%d status=503 reason=status", n+1); factsOf(s) != want || s.Status().Code != codes.Error {
			t.Errorf("attempt: %s, %+v", factsOf(s), s.Status())
		}
	}
	load() // a reload
	next()
	stop(t)
	app.well.Store(true)
	load() // as a new process: nothing but the store knows of the event
	for attempts[len(attempts)-1].Status().Code == codes.Error {
		next()
	}
	receive := received["webhook receive"]
	wantBelow(t, received["webhook store"], receive)
	wantBelow(t, received["webhook verify"], receive)
	called := make(map[string]bool)
	for len(app.called) > 0 {
		called[<-app.called] = true
	}
	for _, s := range attempts {
		wantLinked(t, s, receive)
		if canceled := strings.HasSuffix(factsOf(s), "reason=canceled"); !called[traceparentOf(s)] && !canceled {
			t.Errorf("the application was not called by %s (%s)", traceparentOf(s), factsOf(s))
		}
	}
}

// TestWhoTraces has a tracer begin a span in different company.
func TestWhoTraces(t *testing.T) {
	const link = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(make(spans, 10)))
	unwanted := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))
	within := func(p *sdktrace.TracerProvider) context.Context {
		ctx, _ := p.Tracer("test").Start(context.Background(), "parent")
		return ctx
	}
	var tr tracer
	begins := func(when string, ctx context.Context, link string, want bool) {
		t.Helper()
		below, span := tr.Start(ctx, "x", link)
		if (span != nil) != want || (below != ctx) != want {
			t.Errorf("%s there is the span %v", when, span)
		}
		if span != nil {
			span.End(nil)
		}
	}
	begins("when nothing traces", context.Background(), "", false)
	begins("before anything was traced", context.Background(), link, false)
	begins("in a request that is not sampled", within(unwanted), link, false)
	begins("in a request that is traced", within(provider), "", true)
	begins("after one, in the background", context.Background(), link, true)
	begins("for an event that was not traced", context.Background(), "", false)
	begins("with a link that is none", context.Background(), "00-zz", false)
	if err := provider.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	begins("when the provider is gone", context.Background(), link, false)
}

// TestNothingTracedCostsNothing, also where other requests are traced.
func TestNothingTracedCostsNothing(t *testing.T) {
	tr, ctx := new(tracer), t.Context()
	tr.latest.Store(&provider{sdktrace.NewTracerProvider()})
	if n := testing.AllocsPerRun(100, func() { tr.Start(ctx, "x", "") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestInject: what a header says of another trace is replaced.
func TestInject(t *testing.T) {
	ended := make(spans, 10)
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(ended))
	state, err := trace.ParseTraceState("a=1")
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range []trace.TraceState{{}, state} {
		parent := spanOf("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").WithTraceState(state)
		ctx, _ := provider.Tracer("test").Start(trace.ContextWithRemoteSpanContext(context.Background(), parent), "parent")
		_, s := new(tracer).Start(ctx, "x", "")
		h := http.Header{"Traceparent": {"of a stranger"}, "Tracestate": {"b=2", "c=3"}, "X-Other": {"kept"}}
		s.Inject(h)
		s.End(errors.New("down"))
		want := fmt.Sprint(http.Header{"Traceparent": {traceparentOf(<-ended)}, "X-Other": {"kept"}})
		if state.Len() > 0 {
			want = strings.Replace(want, "X-Other", "Tracestate:[a=1] X-Other", 1)
		}
		if got := fmt.Sprint(h); got != want {
			t.Errorf("the header is %s, want %s", got, want)
		}
	}
}
