package caddymodule

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// storeGauges show how the store and the ways to the destinations stand, as
// the engine last heard.
type storeGauges deliveryMetrics

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, subsystem, name), help, labels, nil)
}

var (
	storeState   = describe("store_state", "1 for the state that the store is in.", "state")
	storeEvents  = describe("stored_events", "Events in the store, those delivered included.")
	storeBytes   = describe("stored_bytes", "Bytes of the events in the store.")
	diskFree     = describe("disk_free_bytes", "Bytes that are free on the store's disk.")
	diskReserve  = describe("disk_reserve_bytes", "How many bytes have to be, or new events are refused.")
	unsettled    = describe("unsettled_events", "Events in the store that wait to be delivered, or are.")
	maxUnsettled = describe("max_unsettled_events", "How many such events there may be before new ones are refused.")
	deliveries   = describe("deliveries", "Deliveries in the store by state.", append(destinationLabels, "state")...)
	oldestAge    = describe("oldest_age_seconds", "Age of the oldest event that is not settled.", destinationLabels...)
	dueLag       = describe("overdue_seconds", "How long the next delivery has been due.", destinationLabels...)
	breakerState = describe("breaker_state", "0: attempts are made; 1: a probe is; 2: the destination counts as down.", destinationLabels...)
	inFlight     = describe("in_flight", "Attempts under way.", destinationLabels...)
	paused       = describe("paused", "1 while an operator has paused the destination.", destinationLabels...)
	orphaned     = describe("orphaned", "Deliveries whose destination is not in the configuration.", destinationLabels...)
)

// Describe implements prometheus.Collector.
func (*storeGauges) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		storeState, storeEvents, storeBytes, diskFree, diskReserve, unsettled, maxUnsettled, deliveries, oldestAge, dueLag, breakerState, inFlight, paused, orphaned,
	} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (g *storeGauges) Collect(to chan<- prometheus.Metric) {
	e := (*deliveryMetrics)(g).shown()
	if e == nil {
		return
	}
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	stats := e.stats.Load()
	for h := gateway.Ready; h <= gateway.Closed; h++ {
		gauge(storeState, oneIf(stats.Health == h), h.String())
	}
	if disk := stats.Disk; disk != nil {
		gauge(diskFree, float64(disk.Free))
		gauge(diskReserve, float64(disk.Reserve))
	}
	if bound, ok := e.bound(); ok {
		gauge(maxUnsettled, float64(bound))
	}
	if w := e.works.Load(); w != nil { // what is in a store that is not open is not known
		gauge(storeEvents, float64(stats.Events))
		gauge(storeBytes, float64(stats.Bytes))
		gauge(unsettled, float64(stats.Unsettled))
		collectLanes(e, w, &stats.Stats, gauge)
	}
}

// bound is how many unsettled events the configuration that counts allows.
func (e *engine) bound() (events int64, ok bool) {
	a := e.newest()
	if a == nil {
		return 0, false
	}
	return a.limits().MaxEvents, true
}

// collectLanes shows the ways to the destinations.
func collectLanes(e *engine, w *works, stats *gateway.Stats, gauge func(d *prometheus.Desc, value float64, labels ...string)) {
	now := time.Now()
	for a, lane := range stats.Lanes {
		for state, n := range lane.Count {
			gauge(deliveries, float64(n), a.Endpoint, a.Destination, gateway.State(state).String())
		}
		gauge(oldestAge, age(now, lane.Oldest), a.Endpoint, a.Destination)
		gauge(dueLag, age(now, lane.Due), a.Endpoint, a.Destination)
	}
	for a, n := range e.orphans() {
		gauge(orphaned, float64(n), a.Endpoint, a.Destination)
	}
	for _, lane := range w.worker.Snapshot() {
		a := lane.Address
		gauge(breakerState, breakerStates[lane.Breaker], a.Endpoint, a.Destination)
		gauge(inFlight, float64(lane.Attempting), a.Endpoint, a.Destination)
		gauge(paused, oneIf(lane.Paused), a.Endpoint, a.Destination)
	}
}

var breakerStates = map[string]float64{"closed": 0, "half_open": 1, "open": 2}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// age is how long ago an instant was, in seconds; 0 for none, and for one to come.
func age(now, then time.Time) float64 {
	if then.IsZero() {
		return 0
	}
	return max(now.Sub(then), 0).Seconds()
}
