// Package activity remembers, in memory and bounded, what happened lately: how
// many requests and deliveries went how in each minute, which requests were
// refused and why, and tells those who listen what is happening now.
package activity

import (
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/delivery"
)

// Options are what a Log works with. Now is required.
type Options struct {
	Refusals int // how many are remembered, the latest; 0: 1000
	Now      func() time.Time
}

// A Log remembers what happened lately. It is made by New and may be used
// concurrently. What it is told costs little: it never waits for a listener.
//
// It is both a gateway.Observer and a delivery.Observer, and wants to be told
// by both: an Outcome that is Durable leaves its attempts to be counted when
// the delivery.Observer is told of them.
type Log struct {
	now       func() time.Time
	minutes   minutes
	refusals  refusals
	listeners listeners
}

// New returns a Log of nothing.
func New(o Options) *Log {
	l := &Log{now: o.Now}
	l.minutes.init(o.Now)
	l.refusals.init(o.Refusals)
	return l
}

// Observe is told how a request went. It keeps nothing of the Outcome.
func (l *Log) Observe(o *gateway.Outcome) {
	at := o.Start.Add(o.Total)
	c := l.minutes.at(o.Endpoint, at)
	switch {
	case o.Refused:
		c.refused.Add(1)
		l.refusals.keep(o, at)
	case o.Status/100 == 2:
		c.latency.add(o.Total)
	}
	if o.Dead {
		c.dead.Add(1)
	}
	switch {
	case o.Durable: // Attempted is told
	case o.Name == gateway.OutcomeDelivered:
		c.delivered.Add(1)
	case o.Name == gateway.OutcomeFailed:
		c.failed.Add(1)
	}
	if l.listeners.any() {
		l.tellRequest(o, at)
	}
}

// Attempted implements delivery.Observer.
func (l *Log) Attempted(a delivery.Attempt) {
	if a.Result.Verdict == 0 || a.Result.Verdict == gateway.Canceled {
		return
	}
	at := a.Result.Start.Add(a.Result.Duration)
	c := l.minutes.at(a.Address.Endpoint, at)
	if a.Result.Verdict == gateway.Accepted {
		c.delivered.Add(1)
		return
	}
	c.failed.Add(1)
	if l.listeners.any() {
		l.tellFailure(a, at)
	}
}

// Settled implements delivery.Observer.
func (l *Log) Settled(a gateway.Address, d *gateway.Delivery) {
	at := l.now()
	if d.State == gateway.Dead {
		l.minutes.at(a.Endpoint, at).dead.Add(1)
	}
	if l.listeners.any() {
		l.tellEnd(a, d, at)
	}
}

// Lost implements delivery.Observer. Whoever has the lease tells what becomes
// of the delivery.
func (l *Log) Lost(gateway.Address, *gateway.Delivery) {}

// BreakerChanged implements delivery.Observer. What stands how is for the
// delivery.Worker to say.
func (l *Log) BreakerChanged(gateway.Address, string) {}

// Interface guards
var (
	_ gateway.Observer  = (*Log)(nil)
	_ delivery.Observer = (*Log)(nil)
)
