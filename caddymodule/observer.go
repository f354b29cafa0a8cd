package caddymodule

import (
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// An observer counts each request, writes a log line for it, and has it
// remembered for a while.
type observer struct {
	log     *zap.Logger
	metrics *metrics
	samples map[string]*sample // by the outcome's name
}

func newObserver(log *zap.Logger, m *metrics) *observer {
	o := &observer{log: log, metrics: m, samples: make(map[string]*sample)}
	for _, name := range gateway.Outcomes() {
		o.samples[name] = new(sample)
	}
	return o
}

// Observe implements gateway.Observer.
func (o *observer) Observe(outcome *gateway.Outcome) {
	o.metrics.observe(outcome)
	lately.Observe(outcome)
	if !o.samples[outcome.Name].take(outcome.Start) {
		return
	}
	level, message := line(outcome)
	if checked := o.log.Check(level, message); checked != nil {
		checked.Write(fields(outcome)...)
	}
}

// A sample bounds the log lines of one kind: of each second the first 100,
// then every 100th. So neither a flood of bad requests nor a busy hour fills
// the disk, while the metrics count them all. It is our own because zap's
// sampler takes half a megabyte for each logger.
type sample struct {
	second, lines atomic.Int64
}

func (s *sample) take(now time.Time) bool {
	const most = 100
	if second := now.Unix(); s.second.Swap(second) != second {
		s.lines.Store(0)
	}
	n := s.lines.Add(1)
	return n <= most || n%most == 0
}

// line is the level and the text of a request's log line.
func line(o *gateway.Outcome) (zapcore.Level, string) {
	switch {
	case o.Refused && o.Status >= 500:
		return zapcore.ErrorLevel, "webhook refused: " + o.Name
	case o.Refused:
		return zapcore.WarnLevel, "webhook refused: " + o.Name
	case o.Name == gateway.OutcomeQueued && o.Err != nil: // the application had its chance
		return zapcore.WarnLevel, "webhook " + o.Name
	case o.Name == gateway.OutcomeFailed:
		return zapcore.ErrorLevel, "webhook not delivered"
	default:
		return zapcore.InfoLevel, "webhook " + o.Name
	}
}

func fields(o *gateway.Outcome) []zap.Field {
	f := make([]zap.Field, 0, 12)
	f = append(f,
		zap.String("endpoint", o.Endpoint),
		zap.String("provider", o.Provider),
		zap.String("reason", o.Name),
		zap.Int("status", o.Status),
		zap.Duration("duration", o.Total),
	)
	if o.Sender.IsValid() {
		f = append(f, zap.Stringer("sender", o.Sender))
	}
	if o.ID != "" {
		f = append(f, zap.String("id", shorten(o.ID)), zap.String("event", shorten(o.Type)), zap.Int("secret", o.Secret+1))
	}
	if o.Handshake != "" {
		f = append(f, zap.String("handshake", o.Handshake))
	}
	if o.Upstream > 0 {
		f = append(f, zap.Duration("upstream", o.Upstream))
	}
	if o.Err != nil {
		f = append(f, zap.Error(o.Err))
	}
	return f
}

// shorten keeps what a sender chose from filling the log.
func shorten(s string) string {
	const most = 64
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
