package caddymodule

import (
	"context"

	"go.uber.org/zap"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// enter puts the destinations into service and lets webhooks in; while there
// are no works it has them refused. It requires that engine.mu is held.
func (a *App) enter(w *works) {
	if w != nil {
		a.leaving = w.worker.Serve(a.destinations()...)
	}
	for _, g := range a.gateways {
		g.Open(a.backing(g))
	}
}

// leave takes the destinations out of service. It requires that engine.mu is held.
func (a *App) leave() {
	if a.leaving != nil {
		a.leaving()
	}
}

// destinations are those of all endpoints. Copies of an endpoint, which Caddy
// makes for a site that listens on several ports, have the same ones.
func (a *App) destinations() []*gateway.Destination {
	seen := make(map[gateway.Address]bool)
	var all []*gateway.Destination
	for _, g := range a.gateways {
		for _, d := range g.Destinations() {
			if !seen[d.Address] {
				seen[d.Address] = true
				all = append(all, d)
			}
		}
	}
	return all
}

// backing is what makes the endpoint durable or, while there are no works, why
// it is not.
func (a *App) backing(g *gateway.Gateway) *gateway.Backing {
	w := a.engine.works.Load()
	if w == nil {
		return &gateway.Backing{Err: *a.engine.shut.Load()}
	}
	b := &gateway.Backing{Journal: w.store, Status: a.status(g, w.store)}
	for _, d := range g.Destinations() {
		b.Lanes = append(b.Lanes, w.worker.Lane(d.Address))
	}
	return b
}

// warnOrphans tells of deliveries whose endpoint or destination is gone from
// the configuration. They wait for it to return. When a configuration starts,
// the one before it still serves its own: it tells of them when it stops.
func (a *App) warnOrphans(concerned func(gateway.Address) bool) {
	a.engine.measure(context.Background())
	for address, waiting := range a.engine.orphans() {
		if !concerned(address) {
			continue
		}
		a.log.Warn("deliveries wait for a destination that is not in the configuration", zap.String("endpoint", address.Endpoint),
			zap.String("destination", address.Destination), zap.Int64("deliveries", waiting))
	}
}
