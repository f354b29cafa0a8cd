package caddymodule

import (
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/delivery"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/sqlite"
)

// deliveryMetrics count what becomes of stored events. Like the others they
// are the process's, and registered with every configuration's registry.
type deliveryMetrics struct {
	attempts *prometheus.CounterVec
	duration *prometheus.HistogramVec
	lag      *prometheus.HistogramVec
	dead     *prometheus.CounterVec
	lost     *prometheus.CounterVec
	commit   prometheus.Histogram
	group    prometheus.Histogram
	dropped  prometheus.Counter

	ways sync.Map // gateway.Address → *wayMetrics

	mu      sync.Mutex
	engines []*engine // open; the gauges are the last one's
}

// show shows the gauges of an engine, until it is hidden.
func (m *deliveryMetrics) show(e *engine) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.engines = append(m.engines, e)
}

func (m *deliveryMetrics) hide(e *engine) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.engines = slices.DeleteFunc(m.engines, func(open *engine) bool { return open == e })
}

// shown is whose gauges are; nil if no engine is open.
func (m *deliveryMetrics) shown() *engine {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.engines) == 0 {
		return nil
	}
	return m.engines[len(m.engines)-1]
}

// wayMetrics are those of one destination, looked up once.
type wayMetrics struct {
	accepted, dead, lost prometheus.Counter
	duration, lag        prometheus.Observer
}

var destinationLabels = []string{"endpoint", "destination"}

var collectedDeliveries = sync.OnceValue(func() *deliveryMetrics {
	histogram := func(name, help string, buckets []float64) prometheus.HistogramOpts {
		return prometheus.HistogramOpts{Namespace: namespace, Subsystem: subsystem, Name: name, Help: help, Buckets: buckets}
	}
	counter := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Namespace: namespace, Subsystem: subsystem, Name: name, Help: help}
	}
	seconds := prometheus.ExponentialBuckets(0.001, 2.5, 12) // 1 ms to 24 s
	return &deliveryMetrics{
		attempts: prometheus.NewCounterVec(counter("attempts_total", "Attempts of deliveries by how they ended: accepted, network, timeout, status, internal, canceled."),
			append([]string{"outcome"}, destinationLabels...)),
		duration: prometheus.NewHistogramVec(histogram("attempt_seconds", "Time an attempt took.", seconds), destinationLabels),
		lag: prometheus.NewHistogramVec(histogram("due_lag_seconds", "How long after it was due an attempt in the background began.",
			prometheus.ExponentialBuckets(0.001, 4, 10)), destinationLabels), // 1 ms to 4 min
		dead:    prometheus.NewCounterVec(counter("dead_total", "Deliveries that became dead letters in the background."), destinationLabels),
		lost:    prometheus.NewCounterVec(counter("leases_lost_total", "Attempts whose lease had ended when their result was to be stored."), destinationLabels),
		commit:  prometheus.NewHistogram(histogram("store_commit_seconds", "Time a commit took, with its fsync.", prometheus.ExponentialBuckets(0.00025, 2.5, 12))),
		group:   prometheus.NewHistogram(histogram("store_group_size", "Calls that shared a commit.", prometheus.ExponentialBuckets(1, 2, 11))),
		dropped: prometheus.NewCounter(counter("store_dropped_total", "Events the application had taken that are missing from the history, because the store could not keep up.")),
	}
})

func (m *deliveryMetrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{m.attempts, m.duration, m.lag, m.dead, m.lost, m.commit, m.group, m.dropped, (*storeGauges)(m)}
}

// committed implements sqlite.Options.Observe.
func (m *deliveryMetrics) committed(c sqlite.Commit) {
	m.commit.Observe(c.Duration.Seconds())
	m.group.Observe(float64(c.Size))
	m.dropped.Add(float64(c.Dropped))
}

// Attempted implements delivery.Observer.
func (m *deliveryMetrics) Attempted(a delivery.Attempt) {
	way := m.way(a.Address)
	if a.Result.Verdict == gateway.Accepted {
		way.accepted.Inc()
	} else {
		m.attempts.WithLabelValues(a.Result.Reason, a.Address.Endpoint, a.Address.Destination).Inc()
	}
	way.duration.Observe(a.Result.Duration.Seconds())
	if !a.Live {
		way.lag.Observe(max(a.Lag, 0).Seconds())
	}
}

// way returns a destination's. Its counters are there, as zero, from its first
// attempt on: an increase from nothing is none to Prometheus.
func (m *deliveryMetrics) way(a gateway.Address) *wayMetrics {
	if way, ok := m.ways.Load(a); ok {
		return way.(*wayMetrics)
	}
	way, _ := m.ways.LoadOrStore(a, &wayMetrics{
		accepted: m.attempts.WithLabelValues(gateway.Accepted.String(), a.Endpoint, a.Destination),
		duration: m.duration.WithLabelValues(a.Endpoint, a.Destination),
		lag:      m.lag.WithLabelValues(a.Endpoint, a.Destination),
		dead:     m.dead.WithLabelValues(a.Endpoint, a.Destination),
		lost:     m.lost.WithLabelValues(a.Endpoint, a.Destination),
	})
	return way.(*wayMetrics)
}

// Settled implements delivery.Observer.
func (m *deliveryMetrics) Settled(a gateway.Address, d *gateway.Delivery) {
	if d.State == gateway.Dead {
		m.way(a).dead.Inc()
	}
}

// Lost implements delivery.Observer.
func (m *deliveryMetrics) Lost(a gateway.Address, _ *gateway.Delivery) {
	m.way(a).lost.Inc()
}
