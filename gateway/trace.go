package gateway

import (
	"context"
	"net/http"
	"strconv"
)

// A Tracer begins spans: stretches of work that a tracing system is told
// about. It may be used concurrently.
type Tracer interface {
	// Start begins a span below the one that ctx has. Where it has none, the
	// span begins a trace of its own and is linked to the span that link names
	// in the form of a W3C traceparent; with link "" there is no span. It is
	// nil if nobody wants to know of it, and ctx is then returned as it is.
	Start(ctx context.Context, name, link string) (context.Context, Span)
}

// A Span is one stretch of work. It must be ended.
type Span interface {
	// Set notes a fact about the work.
	Set(key, value string)

	// Inject puts the span in the place of whatever trace a header names (W3C
	// traceparent), for whoever goes on with the work.
	Inject(h http.Header)

	// End ends the span; err is why the work failed, or nil.
	End(err error)
}

// The names of spans.
const (
	spanReceive = "webhook receive" // a request, from its beginning to the answer
	spanVerify  = "webhook verify"  // its signature
	spanStore   = "webhook store"   // its event, until it is on the disk
	spanAttempt = "webhook attempt" // one try of a delivery
)

// traceRequest begins the span of the request, if somebody traces it.
func (v *visit) traceRequest() {
	if v.Tracer == nil {
		return
	}
	ctx, span := v.Tracer.Start(v.r.Context(), spanReceive, "")
	if span == nil {
		return
	}
	v.span, v.r = span, v.r.WithContext(ctx)
	span.Set("webhook.endpoint", v.outcome.Endpoint)
	span.Set("webhook.provider", v.outcome.Provider)
}

// step begins the span of a step of the request.
func (v *visit) step(name string) Span {
	if v.span == nil {
		return nil
	}
	_, span := v.Tracer.Start(v.r.Context(), name, "")
	return span
}

// traceparent names the request's span to those who go on with the event; ""
// if it has none.
func (v *visit) traceparent() string {
	if v.span == nil {
		return ""
	}
	h := make(http.Header)
	v.span.Inject(h)
	return h.Get("Traceparent")
}

// traced ends the request's span. Of a refusal it has the reason alone: more
// may come from a stranger.
func (v *visit) traced() {
	if v.span == nil {
		return
	}
	v.span.Set("webhook.outcome", v.outcome.Name)
	if v.outcome.ID != "" { // the event's, so it was verified
		v.span.Set("webhook.id", v.outcome.ID)
	}
	var err error
	switch {
	case v.outcome.Refused:
		err = &Refusal{Reason: v.outcome.Name}
	case v.outcome.Name == OutcomeFailed:
		err = v.outcome.Err
	}
	v.span.End(err)
}

// endStep ends the span of a step, if it has one.
func endStep(span Span, err error) {
	if span != nil {
		span.End(err)
	}
}

// endVerify ends the span of a verification: with no more than the reason.
func endVerify(span Span, err error) {
	if span != nil && err != nil {
		err = &Refusal{Reason: ReasonOf(err)}
	}
	endStep(span, err)
}

// trace begins the span of an attempt of the event. An event that was received
// without one is attempted without one.
func (d *Destination) trace(ctx context.Context, e *Event) (context.Context, Span) {
	if d.Tracer == nil || e.Trace == "" {
		return ctx, nil
	}
	ctx, span := d.Tracer.Start(ctx, spanAttempt, e.Trace)
	if span != nil {
		span.Set("webhook.endpoint", d.Endpoint)
		span.Set("webhook.destination", d.Destination)
		span.Set("webhook.attempt", strconv.Itoa(e.Attempt))
	}
	return ctx, span
}

// inject has the application's own spans be below the attempt's.
func inject(span Span, h http.Header) {
	if span != nil {
		span.Inject(h)
	}
}

// endAttempt ends the span of an attempt.
func endAttempt(span Span, r Result) {
	if span == nil {
		return
	}
	if r.Status != 0 {
		span.Set("webhook.status", strconv.Itoa(r.Status))
	}
	if r.Reason != "" {
		span.Set("webhook.reason", r.Reason)
	}
	span.End(r.Err)
}
