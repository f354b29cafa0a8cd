package caddymodule

import (
	"context"
	"net/http"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// tracing is the process's tracer: what is attempted in the background belongs
// to no configuration.
var tracing = new(tracer)

// A tracer makes the gateway's spans. Whether there are any is up to Caddy's
// `tracing` in front of the endpoint, whose span is in the request's context.
// The zero tracer is ready for use.
type tracer struct {
	// latest made the spans of the request that was traced last. Work that
	// belongs to no request is told to it; until there is one, to nobody.
	latest atomic.Pointer[provider]
}

type provider struct{ trace.TracerProvider }

// scope says who made the spans.
const scope = "github.com/webhook-gateway/caddy-webhook-gateway"

// Start implements gateway.Tracer.
func (t *tracer) Start(ctx context.Context, name, link string) (context.Context, gateway.Span) {
	if parent := trace.SpanFromContext(ctx); parent.IsRecording() {
		from := &provider{parent.TracerProvider()}
		if old := t.latest.Load(); old == nil || *old != *from {
			t.latest.Store(from)
		}
		return begin(ctx, from, name)
	}
	from := t.latest.Load()
	if from == nil || link == "" {
		return ctx, nil
	}
	origin := spanOf(link)
	if !origin.IsValid() {
		return ctx, nil
	}
	return begin(ctx, from, name, trace.WithNewRoot(), trace.WithLinks(trace.Link{SpanContext: origin}))
}

// begin begins a span, unless the provider has been shut down or does not want
// this one.
func begin(ctx context.Context, from *provider, name string, options ...trace.SpanStartOption) (context.Context, gateway.Span) {
	below, s := from.Tracer(scope).Start(ctx, name, options...)
	if !s.IsRecording() {
		return ctx, nil
	}
	return below, span{s}
}

// The headers of W3C Trace Context, the only form that the gateway writes.
const traceparent, tracestate = "Traceparent", "Tracestate"

// spanOf is the span that a traceparent names; an invalid one if none.
func spanOf(text string) trace.SpanContext {
	h := http.Header{traceparent: {text}}
	return trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), propagation.HeaderCarrier(h)))
}

// A span is OpenTelemetry's, as the gateway sees it.
type span struct{ trace.Span }

// Set implements gateway.Span.
func (s span) Set(key, value string) { s.SetAttributes(attribute.String(key, value)) }

// Inject implements gateway.Span.
func (s span) Inject(h http.Header) {
	h.Del(tracestate) // of another trace, maybe
	propagation.TraceContext{}.Inject(trace.ContextWithSpan(context.Background(), s.Span), propagation.HeaderCarrier(h))
}

// End implements gateway.Span.
func (s span) End(err error) {
	if err != nil {
		s.SetStatus(codes.Error, err.Error())
	}
	s.Span.End()
}
