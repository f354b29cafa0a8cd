package caddymodule

import (
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// An observer writes one log line for each request and counts it.
type observer struct {
	log     *zap.Logger
	metrics *metrics
}

// sampled bounds the lines that a flood of bad requests can write: of each
// second and kind of refusal the first 100, then every 100th.
func sampled(log *zap.Logger) *zap.Logger {
	return log.WithOptions(zap.WrapCore(func(core zapcore.Core) zapcore.Core {
		return &refusalSampler{Core: core, sampler: zapcore.NewSamplerWithOptions(core, time.Second, 100, 100)}
	}))
}

// A refusalSampler samples warnings, which anyone can cause, and nothing else.
type refusalSampler struct {
	zapcore.Core
	sampler zapcore.Core
}

// With implements zapcore.Core.
func (s *refusalSampler) With(fields []zapcore.Field) zapcore.Core {
	return &refusalSampler{Core: s.Core.With(fields), sampler: s.sampler.With(fields)}
}

// Check implements zapcore.Core.
func (s *refusalSampler) Check(entry zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if entry.Level == zapcore.WarnLevel {
		return s.sampler.Check(entry, checked)
	}
	return s.Core.Check(entry, checked)
}

// Observe implements gateway.Observer.
func (o *observer) Observe(outcome *gateway.Outcome) {
	o.metrics.observe(outcome)
	level, message := line(outcome)
	checked := o.log.Check(level, message)
	if checked == nil {
		return
	}
	checked.Write(fields(outcome)...)
}

// line is the level and the text of a request's log line. The text names the
// reason, so that sampling keeps some lines of each.
func line(o *gateway.Outcome) (zapcore.Level, string) {
	switch {
	case o.Refused && o.Status >= 500:
		return zapcore.ErrorLevel, "webhook refused: " + o.Name
	case o.Refused:
		return zapcore.WarnLevel, "webhook refused: " + o.Name
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
