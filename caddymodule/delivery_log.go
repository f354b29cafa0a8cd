package caddymodule

import (
	"context"
	"log/slog"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/delivery"
)

// A deliveryLog counts attempts and writes a line for each in the background,
// sampled like those of requests. What a sender waited for is in the line of
// its request.
type deliveryLog struct {
	*deliveryMetrics
	log                *slog.Logger
	delivered, unlucky sample
}

// Attempted implements delivery.Observer.
func (l *deliveryLog) Attempted(a delivery.Attempt) {
	l.deliveryMetrics.Attempted(a)
	if a.Live || a.Result.Verdict == gateway.Canceled {
		return
	}
	level, message, sample := slog.LevelWarn, "webhook attempt failed", &l.unlucky
	if a.Result.Verdict == gateway.Accepted {
		level, message, sample = slog.LevelInfo, "webhook delivered", &l.delivered
	}
	if !sample.take(a.Result.Start) {
		return
	}
	attrs := []slog.Attr{
		slog.String("endpoint", a.Address.Endpoint), slog.String("destination", a.Address.Destination), slog.Int64("delivery", a.Delivery.ID),
		slog.Int("attempt", a.Delivery.Attempt), slog.Int("status", a.Result.Status), slog.Duration("duration", a.Result.Duration),
	}
	if a.Result.Err != nil {
		attrs = append(attrs, slog.String("reason", a.Result.Reason), slog.Any("error", a.Result.Err))
	}
	l.log.LogAttrs(context.Background(), level, message, attrs...)
}
