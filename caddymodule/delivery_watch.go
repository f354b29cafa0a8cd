package caddymodule

import (
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/delivery"
)

// A deliveryWatch is told of all deliveries of an engine: it has them logged
// and counted, remembered for a while, and announced where that matters.
type deliveryWatch struct {
	*deliveryLog
	herald *herald
}

// Attempted implements delivery.Observer.
func (w *deliveryWatch) Attempted(a delivery.Attempt) {
	w.deliveryLog.Attempted(a)
	lately.Attempted(a)
}

// Settled implements delivery.Observer.
func (w *deliveryWatch) Settled(to gateway.Address, d *gateway.Delivery) {
	w.deliveryLog.Settled(to, d)
	lately.Settled(to, d)
	if d.State == gateway.Dead {
		w.herald.deadLettered(to, d)
	}
}

// Lost implements delivery.Observer.
func (w *deliveryWatch) Lost(to gateway.Address, d *gateway.Delivery) {
	w.deliveryLog.Lost(to, d)
	lately.Lost(to, d)
}

// BreakerChanged implements delivery.Observer.
func (w *deliveryWatch) BreakerChanged(to gateway.Address, state string) {
	lately.BreakerChanged(to, state)
	w.herald.breakerChanged(to, state)
}
