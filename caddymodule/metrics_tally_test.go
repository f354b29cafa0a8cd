package caddymodule

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// A tally is what metrics say that is not 0: of counters and gauges the value,
// of histograms the count, by name and the values of the labels but endpoint.
type tally map[string]float64

// A bookkeeper compares metrics with what a test has done, and notes which it
// has looked at.
type bookkeeper struct {
	*testing.T
	start    time.Time
	before   map[string]float64 // what was counted in this process already, by endpoint and series
	expected map[string]tally   // by endpoint
	looked   map[string]bool    // by family
}

func newBookkeeper(t *testing.T) *bookkeeper {
	b := &bookkeeper{T: t, start: time.Now(), before: make(map[string]float64), expected: make(map[string]tally), looked: make(map[string]bool)}
	b.each(func(f *dto.MetricFamily, m *dto.Metric) {
		if f.GetType() != dto.MetricType_GAUGE {
			b.before[labels(m)["endpoint"]+" "+seriesName(f, m)] = valueOf(m)
		}
	})
	return b
}

// each calls do with each of our metrics.
func (b *bookkeeper) each(do func(*dto.MetricFamily, *dto.Metric)) {
	b.Helper()
	registry := prometheus.NewRegistry()
	if _, err := register(registry); err != nil {
		b.Fatal(err)
	}
	for _, f := range gather(b.T, registry) {
		for _, m := range f.GetMetric() {
			do(f, m)
		}
	}
}

// ages are gauges that grow while nothing happens.
var ages = []string{"oldest_age_seconds", "overdue_seconds"}

// read is what our metrics say now, those of an endpoint, or those of none.
func (b *bookkeeper) read(endpoint string) tally {
	b.Helper()
	if a := running(); a != nil && a.engine != nil {
		a.engine.measure(context.Background())
	}
	found := make(tally)
	b.each(func(f *dto.MetricFamily, m *dto.Metric) {
		name := seriesName(f, m)
		if value := valueOf(m) - b.before[endpoint+" "+name]; labels(m)["endpoint"] == endpoint && value != 0 {
			found[name] = value
		}
	})
	return found
}

func valueOf(m *dto.Metric) float64 {
	return m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
}

func seriesName(f *dto.MetricFamily, m *dto.Metric) string {
	name := strings.TrimPrefix(f.GetName(), prefix)
	for _, pair := range m.GetLabel() { // sorted by name
		if pair.GetName() != "endpoint" {
			name += " " + pair.GetValue()
		}
	}
	return name
}

// becomes wants an endpoint's metrics to say this, and nothing else, once what
// goes on in the background is done; ages aside.
func (b *bookkeeper) becomes(endpoint string, want tally) {
	b.Helper()
	b.expected[endpoint] = want
	for name := range want {
		b.looked[strings.Fields(name)[0]] = true
	}
	var got tally
	until(b.T, func() bool {
		got = b.read(endpoint)
		maps.DeleteFunc(got, func(name string, _ float64) bool { return slices.Contains(ages, strings.Fields(name)[0]) })
		return maps.Equal(got, want)
	}, func() { b.Errorf("%s (-want +got):\n%s", endpoint, cmp.Diff(want, got)) })
}

// value is that of one of the metrics.
func (b *bookkeeper) value(endpoint, name string) float64 {
	b.Helper()
	b.looked[strings.Fields(name)[0]] = true
	return b.read(endpoint)[name]
}

// wantAge wants a gauge of seconds to have begun since the test did.
func (b *bookkeeper) wantAge(endpoint, name string) {
	b.Helper()
	if got := b.value(endpoint, name); got <= 0 || got > time.Since(b.start).Seconds() {
		b.Errorf("%s: %s is %v, want more than 0 and less than the test has taken", endpoint, name, got)
	}
}

// again wants what was expected of all endpoints to be so still: nothing is
// counted twice, or late.
func (b *bookkeeper) again() {
	b.Helper()
	for endpoint, want := range b.expected {
		b.becomes(endpoint, want)
	}
}

// began is before anything that these tests measure.
var began = time.Now()

// wantSums wants the histograms of durations to have sums that can be.
func (b *bookkeeper) wantSums() {
	b.Helper()
	most := time.Since(began).Seconds()
	b.each(func(f *dto.MetricFamily, m *dto.Metric) {
		n, sum := float64(m.GetHistogram().GetSampleCount()), m.GetHistogram().GetSampleSum()
		if _, ours := b.expected[labels(m)["endpoint"]]; ours && (sum < 0 || sum > most*n || (n > 0) != (sum > 0)) {
			b.Errorf("%s: %v took %v seconds", seriesName(f, m), n, sum)
		}
	})
}

// until waits for what goes on in other goroutines; it gives up after a while.
func until(t *testing.T, so func() bool, failed func()) {
	t.Helper()
	for late := time.Now().Add(20 * time.Second); !so(); runtime.Gosched() {
		if time.Now().After(late) {
			failed()
			return
		}
	}
}
