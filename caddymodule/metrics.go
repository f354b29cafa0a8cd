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
	request         *prometheus.HistogramVec
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
		request: histogram("request_seconds", "Time until a request that was not refused was answered.",
			[]float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 3, 5, 10, 30}), // 3: above the default of ack_within
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
	all := append(collectedDeliveries().collectors(), c.requests, c.conditionErrors, c.request, c.verify, c.upstream, c.buffered)
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
	outcomes                  map[string]prometheus.Counter
	conditionErrors           prometheus.Counter
	request, verify, upstream prometheus.Observer
}

func newMetrics(registry *prometheus.Registry, endpoint string) (*metrics, error) {
	c, err := register(registry)
	if err != nil {
		return nil, err
	}
	m := &metrics{
		outcomes:        make(map[string]prometheus.Counter),
		conditionErrors: c.conditionErrors.WithLabelValues(endpoint),
		request:         c.request.WithLabelValues(endpoint),
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
	if !o.Refused {
		m.request.Observe(o.Total.Seconds())
	}
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
