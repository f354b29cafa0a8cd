package caddymodule

import (
	"errors"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// collectors are the process's metrics. They are registered anew with every
// configuration's registry and so keep their counts over reloads. No label
// ever comes from a request.
type collectors struct {
	requests        *prometheus.CounterVec
	conditionErrors *prometheus.CounterVec
	verify          *prometheus.HistogramVec
	upstream        *prometheus.HistogramVec
	buffered        prometheus.GaugeFunc
}

// The first parts of all metrics' names.
const namespace, subsystem = "caddy", "webhook_gateway"

var collected = sync.OnceValue(func() *collectors {
	histogram := func(name, help string, buckets []float64) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: subsystem, Name: name, Help: help, Buckets: buckets,
		}, []string{"endpoint"})
	}
	return &collectors{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "requests_total",
			Help: "Requests by endpoint and how they ended: delivered, failed, filtered, duplicate, or why they were refused.",
		}, []string{"endpoint", "outcome"}),
		conditionErrors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "condition_errors_total",
			Help: "Conditions that were false because of a missing field or a wrong type.",
		}, []string{"endpoint"}),
		verify: histogram("verify_seconds", "Time spent on verifying a request.",
			prometheus.ExponentialBuckets(1e-6, 4, 9)), // 1 µs to 65 ms
		upstream: histogram("upstream_seconds", "Time the application took to answer.",
			prometheus.ExponentialBuckets(0.001, 2.5, 12)), // 1 ms to 24 s
		buffered: prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "buffered_bytes",
			Help: "Memory held for request bodies now.",
		}, func() float64 { return float64(budget.Used()) }),
	}
})

// register makes the collectors known to a configuration's registry.
func register(registry *prometheus.Registry) (*collectors, error) {
	c := collected()
	all := append(collectedDeliveries().collectors(), c.requests, c.conditionErrors, c.verify, c.upstream, c.buffered)
	for _, collector := range all {
		var already prometheus.AlreadyRegisteredError
		if err := registry.Register(collector); err != nil && !errors.As(err, &already) {
			return nil, err
		}
	}
	return c, nil
}

// metrics are one endpoint's, looked up once.
type metrics struct {
	outcomes         map[string]prometheus.Counter
	conditionErrors  prometheus.Counter
	verify, upstream prometheus.Observer
}

func newMetrics(registry *prometheus.Registry, endpoint string) (*metrics, error) {
	c, err := register(registry)
	if err != nil {
		return nil, err
	}
	m := &metrics{
		outcomes:        make(map[string]prometheus.Counter),
		conditionErrors: c.conditionErrors.WithLabelValues(endpoint),
		verify:          c.verify.WithLabelValues(endpoint),
		upstream:        c.upstream.WithLabelValues(endpoint),
	}
	for _, name := range gateway.Outcomes() {
		m.outcomes[name] = c.requests.WithLabelValues(endpoint, name)
	}
	return m, nil
}

func (m *metrics) observe(o *gateway.Outcome) {
	m.outcomes[o.Name].Inc()
	if o.Verify > 0 {
		m.verify.Observe(o.Verify.Seconds())
	}
	if o.Upstream > 0 {
		m.upstream.Observe(o.Upstream.Seconds())
	}
	if o.ConditionFailed {
		m.conditionErrors.Inc()
	}
}
