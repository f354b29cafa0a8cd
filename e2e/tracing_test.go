package e2e

import (
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// A traceServer takes in spans as an OpenTelemetry collector does.
type traceServer struct {
	*httptest.Server
	spans chan *otlp.Span
}

func newTraceServer(t *testing.T) *traceServer {
	s := &traceServer{spans: make(chan *otlp.Span, 10_000)}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// ServeHTTP takes in spans over HTTP, as protobuf.
func (s *traceServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var sent collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &sent)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	for _, resource := range sent.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			for _, span := range scope.Spans {
				s.spans <- span
			}
		}
	}
}

// environment has a process send its spans here, soon.
func (s *traceServer) environment() []string {
	return []string{
		"BROXI=" + senderSecret, "OTEL_TRACES_EXPORTER=otlp", "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "OTEL_EXPORTER_OTLP_ENDPOINT=" + s.URL,
		"OTEL_BSP_SCHEDULE_DELAY=50",
	}
}

// next waits for a span that is wanted.
func (s *traceServer) next(wanted func(*otlp.Span) bool) *otlp.Span {
	for {
		if span := <-s.spans; wanted(span) {
			return span
		}
	}
}

// named is about spans of the name in which an attribute has the value.
func named(name, key, value string) func(*otlp.Span) bool {
	return func(s *otlp.Span) bool { return s.Name == name && attribute(s, key) == value }
}

func attribute(s *otlp.Span, key string) string {
	for _, a := range s.Attributes {
		if a.Key == key {
			return a.Value.GetStringValue()
		}
	}
	return ""
}

func traceparent(s *otlp.Span) string {
	return fmt.Sprintf("00-%s-%s-01", hex.EncodeToString(s.TraceId), hex.EncodeToString(s.SpanId))
}

// traced sends an event of the trace and returns its id.
func (f front) traced(t *testing.T, path, parent string) (id string, a answer) {
	t.Helper()
	id = fmt.Sprint("t", serial.Add(1))
	body := fmt.Sprintf(`{"delivery_id":%q,"event":"e"}`, id)
	return id, f.ask(t, post(t, f.url+path, body, append(broxi(senderSecret, body), "Traceparent", parent)...))
}

const (
	sendersTrace = "0af7651916cd43dd8448eb211c80319c"
	sendersSpan  = "00-" + sendersTrace + "-b7ad6b7169203331-01"
)

// TestTracesOfAProxiedEvent: sender, gateway and application are in one trace.
func TestTracesOfAProxiedEvent(t *testing.T) {
	eachFront(t, func(t *testing.T, f front) {
		app, traces := newArrivals(t), newTraceServer(t)
		site := "tracing {\nspan hooks\n}\n" + guarded("proxied", "", app.address()) + `
			webhook_gateway /inner inner {
				verify broxi {env.BROXI}
				deliver {
					tracing {
						span inner
					}
					reverse_proxy ` + app.address() + `
				}
			}`
		start(t, stored(t, f, site), traces.environment()...)
		for _, endpoint := range []string{"proxied", "inner"} {
			id, a := f.traced(t, "/"+endpoint, sendersSpan)
			a.want(t, 200, "thanks")
			called := (<-app.came).Header.Get("Traceparent")
			spans := make(map[string]*otlp.Span)
			for spans["hooks"] == nil {
				span := traces.next(func(*otlp.Span) bool { return true })
				spans[span.Name] = span
			}
			chain := []string{"hooks", "webhook receive", "webhook attempt"}
			if endpoint == "inner" {
				chain = append(chain, "inner")
			}
			parent := "b7ad6b7169203331"
			for _, name := range chain {
				span := spans[name]
				if hex.EncodeToString(span.GetTraceId()) != sendersTrace || hex.EncodeToString(span.GetParentSpanId()) != parent {
					t.Errorf("%s is %v, want it below %s", name, span, parent)
				}
				parent = hex.EncodeToString(span.GetSpanId())
			}
			if last := spans[chain[len(chain)-1]]; called != traceparent(last) {
				t.Errorf("the application was called by %s, want %s", called, traceparent(last))
			}
			if got := attribute(spans["webhook receive"], "webhook.id"); got != id {
				t.Errorf("webhook.id is %q, want %q", got, id)
			}
		}
	})
}

// TestTracesOverARestart: an event that one process took in, and another one
// delivered, has a span of each, linked.
func TestTracesOverARestart(t *testing.T) {
	f := inClear(t)
	app, traces := newApplication(t), newTraceServer(t)
	var well atomic.Bool
	var call atomic.Value // the traceparent of the first event's call that the application took
	app.then(func(w http.ResponseWriter, r *http.Request) {
		if !well.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		if r.Header.Get("X-First") != "" {
			call.Store(r.Header.Get("Traceparent"))
		}
	})
	text := stored(t, f, "tracing\n"+guarded("kept", "mode store\nbreaker off\nretry {\nattempts 10000\ndelay 20ms 20ms\n}", app.address()))
	c := start(t, text, traces.environment()...)
	id := fmt.Sprint("t", serial.Add(1))
	body := fmt.Sprintf(`{"delivery_id":%q,"event":"e"}`, id)
	f.ask(t, post(t, f.url+"/kept", body, append(broxi(senderSecret, body), "X-First", "yes", "Traceparent", sendersSpan)...)).want(t, 200, fmt.Sprintf(queuedBody, id))
	receive := traces.next(named("webhook receive", "webhook.id", id))
	isLinked := func(s *otlp.Span) bool {
		return s.Name == "webhook attempt" && len(s.Links) == 1 && string(s.Links[0].SpanId) == string(receive.SpanId) && string(s.Links[0].TraceId) == string(receive.TraceId)
	}
	traces.next(isLinked)
	f.client.CloseIdleConnections()
	c.stop()
	for len(traces.spans) > 0 { // those of the first process
		<-traces.spans
	}

	start(t, text, traces.environment()...)
	_, a := f.traced(t, "/kept", sendersSpan) // from now on the new process knows where spans go
	if a.status != 200 {
		t.Fatalf("answered %d %s", a.status, a.body)
	}
	traces.next(isLinked)
	well.Store(true)
	taken := traces.next(func(s *otlp.Span) bool { return isLinked(s) && attribute(s, "webhook.status") == "200" })
	if len(taken.ParentSpanId) != 0 || hex.EncodeToString(taken.TraceId) == sendersTrace {
		t.Errorf("the attempt is in the sender's trace: %v", taken)
	}
	if called := call.Load(); called != traceparent(taken) {
		t.Errorf("the application was called by %v, want %s", called, traceparent(taken))
	}
	if strings.TrimLeft(attribute(taken, "webhook.attempt"), "0123456789") != "" || attribute(taken, "webhook.destination") != "default" {
		t.Errorf("attributes %v", taken.Attributes)
	}
}
