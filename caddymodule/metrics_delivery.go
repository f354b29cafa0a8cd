package caddymodule

import (
	"slices"
	"sync"
	"time"

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
	accepted      prometheus.Counter
	duration, lag prometheus.Observer
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

func (m *deliveryMetrics) way(a gateway.Address) *wayMetrics {
	if way, ok := m.ways.Load(a); ok {
		return way.(*wayMetrics)
	}
	way, _ := m.ways.LoadOrStore(a, &wayMetrics{
		accepted: m.attempts.WithLabelValues(gateway.Accepted.String(), a.Endpoint, a.Destination),
		duration: m.duration.WithLabelValues(a.Endpoint, a.Destination),
		lag:      m.lag.WithLabelValues(a.Endpoint, a.Destination),
	})
	return way.(*wayMetrics)
}

// Settled implements delivery.Observer.
func (m *deliveryMetrics) Settled(a gateway.Address, d *gateway.Delivery) {
	if d.State == gateway.Dead {
		m.dead.WithLabelValues(a.Endpoint, a.Destination).Inc()
	}
}

// Lost implements delivery.Observer.
func (m *deliveryMetrics) Lost(a gateway.Address, _ *gateway.Delivery) {
	m.lost.WithLabelValues(a.Endpoint, a.Destination).Inc()
}

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
	deliveries   = describe("deliveries", "Deliveries in the store by state.", append(destinationLabels, "state")...)
	oldestAge    = describe("oldest_age_seconds", "Age of the oldest event that is not settled.", destinationLabels...)
	dueLag       = describe("overdue_seconds", "How long the next delivery has been due.", destinationLabels...)
	breakerState = describe("breaker_state", "0: attempts are made; 1: a probe is; 2: the destination counts as down.", destinationLabels...)
	inFlight     = describe("in_flight", "Attempts under way.", destinationLabels...)
	orphaned     = describe("orphaned", "Deliveries whose destination is not in the configuration.", destinationLabels...)
)

// Describe implements prometheus.Collector.
func (*storeGauges) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{storeState, storeEvents, storeBytes, deliveries, oldestAge, dueLag, breakerState, inFlight, orphaned} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (g *storeGauges) Collect(to chan<- prometheus.Metric) {
	e := (*deliveryMetrics)(g).shown()
	if e == nil {
		return
	}
	stats := e.stats.Load()
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	for h := gateway.Ready; h <= gateway.Closed; h++ {
		gauge(storeState, oneIf(stats.Health == h), h.String())
	}
	gauge(storeEvents, float64(stats.Events))
	gauge(storeBytes, float64(stats.Bytes))
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
	for _, lane := range e.worker.Snapshot() {
		gauge(breakerState, breakerStates[lane.Breaker], lane.Address.Endpoint, lane.Address.Destination)
		gauge(inFlight, float64(lane.Attempting), lane.Address.Endpoint, lane.Address.Destination)
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
