package gateway

import (
	"context"
	"log/slog"
	"time"
)

const (
	tendEvery = time.Minute
	clockStep = time.Hour // a clock that jumps further ahead is not believed at once
)

// Tend sweeps the store at once and then every minute until ctx ends: what has outlived its
// retention goes. When the clock has jumped far ahead it waits an hour, so that
// somebody who sets the clock wrong has the time to set it right before
// everything is too old.
func Tend(ctx context.Context, store Archive, now func() time.Time, log *slog.Logger) {
	ticker := time.NewTicker(tendEvery)
	defer ticker.Stop()
	wall, tick := now().Round(0), time.Now() //nolint:forbidigo // the monotonic clock is what the wall clock is held against
	var holdUntil time.Time
	sweep(ctx, store, now, log)
	for {
		select {
		case <-ctx.Done():
			return
		case at := <-ticker.C:
			if jump := now().Round(0).Sub(wall) - at.Sub(tick); jump > clockStep {
				log.Warn("the clock jumped ahead: nothing is forgotten for an hour", slog.Duration("by", jump))
				holdUntil = at.Add(clockStep)
			}
			wall, tick = now().Round(0), at
			if at.After(holdUntil) {
				sweep(ctx, store, now, log)
			}
		}
	}
}

// sweep goes on while there is more to do.
func sweep(ctx context.Context, store Archive, now func() time.Time, log *slog.Logger) {
	for {
		more, err := store.Sweep(ctx, now())
		if err != nil && ctx.Err() == nil {
			log.Error("the webhook store cannot be swept", slog.Any("error", err))
		}
		if err != nil || !more {
			return
		}
	}
}
