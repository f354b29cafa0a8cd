package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/bench/load"
	"github.com/webhook-gateway/caddy-webhook-gateway/bench/program"
)

// prepare fills the kept store, unless an experiment before this one has.
func (e experiment) prepare(ctx context.Context, p *program.Set) error {
	keeps := slices.ContainsFunc(e.sides, func(t *target) bool { return t.keeps })
	if !keeps || p.Has(full.folder) {
		return nil
	}
	got, err := e.filling().alone(ctx, p, full)
	if err != nil {
		return err
	}
	fmt.Printf("  %d events stored in %v, %.0f/s, slowest answer %v\n", got[0].Requests, got[0].Time.Round(time.Second), got[0].Rate(), short(got[0].Max))
	return nil
}

// filling sends the events as senders would, over HTTP, as fast as they are taken.
func (e experiment) filling() experiment {
	return experiment{job: load.Job{Size: 1 << 10, Conns: e.job.Conns, Requests: e.fill, Duration: 20 * time.Minute}}
}
