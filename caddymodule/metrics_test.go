package caddymodule

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/delivery"
)

const prefix = "caddy_webhook_gateway_"

// gather returns our metrics, as a registry shows them.
func gather(t *testing.T, registry prometheus.Gatherer) []*dto.MetricFamily {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var ours []*dto.MetricFamily
	for _, f := range families {
		if strings.HasPrefix(f.GetName(), prefix) {
			ours = append(ours, f)
		}
	}
	return ours
}

// gatherActive returns our metrics, as the running configuration shows them.
func gatherActive(t *testing.T) []*dto.MetricFamily {
	t.Helper()
	ctx := caddy.ActiveContext()
	return gather(t, ctx.GetMetricsRegistry())
}

// counts are the values of requests_total of one endpoint, by outcome.
func counts(families []*dto.MetricFamily, endpoint string) map[string]float64 {
	found := make(map[string]float64)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			l := labels(m)
			if f.GetName() == prefix+"requests_total" && l["endpoint"] == endpoint {
				found[l["outcome"]] = m.GetCounter().GetValue()
			}
		}
	}
	return found
}

func labels(m *dto.Metric) map[string]string {
	l := make(map[string]string)
	for _, pair := range m.GetLabel() {
		l[pair.GetName()] = pair.GetValue()
	}
	return l
}

func series(families []*dto.MetricFamily) int {
	n := 0
	for _, f := range families {
		n += len(f.GetMetric())
	}
	return n
}

func TestCountsSurviveReloads(t *testing.T) {
	counted := func() float64 { return counts(gatherActive(t), "counting")[gateway.OutcomeDelivered] }
	mustLoad(t, counting)
	before := counted()
	wantStatus(t, "srv0", "1", http.StatusAccepted)
	for range 2 {
		mustLoad(t, counting)
		if got := counted(); got != before+1 {
			t.Errorf("after a reload %v are delivered, want %v", got, before+1)
		}
	}
	if err := load(t, strings.Replace(counting, "a-secret-for-tests", "{env.WG_NONE_SUCH}", 1)); err == nil {
		t.Fatal("the bad configuration was accepted")
	}
	wantStatus(t, "srv0", "2", http.StatusAccepted)
	if got := counted(); got != before+2 {
		t.Errorf("after a reload that failed %v are delivered, want %v", got, before+2)
	}
}

func TestMetricsEndpoint(t *testing.T) {
	mustLoad(t, strings.Replace(counting, "{\n", "{\n\thandle /metrics {\n\t\tmetrics\n\t}\n", 1))
	w := send(t, "srv0", httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, name := range gateway.Outcomes() {
		want := fmt.Sprintf(`requests_total{endpoint="counting",outcome=%q} `, name)
		if !strings.Contains(w.Body.String(), prefix+want) {
			t.Errorf("%s is missing from the start", want)
		}
	}
}

// withEngine opens a store, with a delivery for the address, until the test ends.
func withEngine(t *testing.T, a gateway.Address) {
	t.Helper()
	e, err := newEngine(new(App), filepath.Join(t.TempDir(), "webhooks.db"), slog.New(slog.DiscardHandler), (*App).openStore)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Destruct(); err != nil {
			t.Error(err)
		}
	})
	event := &gateway.Event{Endpoint: a.Endpoint, ReceivedAt: time.Now(), Method: http.MethodPost, Target: "/"}
	entry := &gateway.Entry{Event: event, Deliveries: []*gateway.Delivery{{Event: event, Address: a, ReceivedAt: event.ReceivedAt, Due: event.ReceivedAt}}}
	if _, err := e.works.Load().store.Append(t.Context(), entry); err != nil {
		t.Fatal(err)
	}
	e.works.Load().worker.Pause(a)
	e.join(new(App))
	e.measure(t.Context())
}

// exercise has every metric know an endpoint, in a registry.
func exercise(t *testing.T, registry *prometheus.Registry, endpoint string) {
	t.Helper()
	m, err := newMetrics(registry, endpoint)
	if err != nil {
		t.Fatal(err)
	}
	for _, outcome := range gateway.Outcomes() {
		m.observe(&gateway.Outcome{Name: outcome, Verify: time.Microsecond, Upstream: time.Second, ConditionFailed: true})
	}
	d := collectedDeliveries()
	address := gateway.Address{Endpoint: endpoint, Destination: "default"}
	d.Attempted(delivery.Attempt{Address: address, Result: gateway.Result{Reason: gateway.ReasonTimeout, Duration: time.Second}})
	d.Settled(address, &gateway.Delivery{State: gateway.Dead})
	d.Lost(address, nil)
	withEngine(t, address)
}

// TestMetricsAreConsistent gathers all metrics as strictly as can be.
func TestMetricsAreConsistent(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	for _, name := range []string{"pedantic", "other"} { // copies register twice
		if _, err := newMetrics(registry, name); err != nil {
			t.Fatal(err)
		}
	}
	exercise(t, registry, "pedantic")
	families := gather(t, registry)
	if len(families) != 28 {
		t.Errorf("%d metrics, want all 28: %v", len(families), families)
	}
	for _, f := range families { // those of all tests before: each has been checked, and promlint compares it with each
		f.Metric = f.Metric[:1]
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("promlint: %v, %v", problems, err)
	}
}

func TestMetricsOfATakenName(t *testing.T) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(prometheus.NewGauge(prometheus.GaugeOpts{Name: prefix + "requests_total", Help: "Not ours."}))
	if _, err := newMetrics(registry, "a"); err == nil || errors.As(err, new(prometheus.AlreadyRegisteredError)) {
		t.Errorf("newMetrics = %v, want an error: the name is another's", err)
	}
}

// random requests for these endpoints end in many ways.
const random = `ADDR {
	webhook_gateway /conditions/* conditions {
		verify github a-secret-for-tests
		events a* b*
		accept body.n>10
		deliver {
			@big webhook body.more.n>90
			respond @big 202
			respond /conditions/a* 500
		}
	}
	webhook_gateway open {
		verify none
		idempotency {header.X-Id}
		rate_limit 100/1s per {client_ip}
		rate_limit 1000/1s per {webhook.event}
		max_body 32
		deliver {
			respond ok
		}
	}
}
`

func randomRequest(rng *rand.Rand) *http.Request {
	word := func() string {
		return fmt.Sprintf("%c%d", 'a'+rng.IntN(6), rng.Uint32())
	}
	body := fmt.Sprintf(`{"n":%d,"more":{"n":%d},"event":%q}`, rng.IntN(100), rng.IntN(100), word())
	if rng.IntN(4) == 0 {
		body = word()
	}
	r := httptest.NewRequest(http.MethodPost, []string{"/", "/conditions/"}[rng.IntN(2)]+word()+"?q="+word(), strings.NewReader(body))
	if rng.IntN(20) == 0 {
		r.Method = word()
	}
	r.Host = word()
	r.RemoteAddr = fmt.Sprintf("203.0.113.%d:4711", rng.IntN(256))
	for _, name := range []string{"X-Github-Event", "X-Github-Delivery", "X-Id", "User-Agent", "X-" + word()} {
		r.Header.Set(name, word())
	}
	if rng.IntN(4) > 0 {
		r.Header.Set("X-Hub-Signature-256", sign(body))
	}
	return r
}

func TestRequestsAddNoSeries(t *testing.T) {
	mustLoad(t, random)
	rng := rand.New(rand.NewPCG(1, 2))
	want := series(gatherActive(t))
	for range 10_000 {
		send(t, "srv0", randomRequest(rng))
	}
	families := gatherActive(t)
	if got := series(families); got != want {
		t.Errorf("%d series became %d", want, got)
	}
	ended := make(map[string]bool)
	for _, endpoint := range []string{"conditions", "open"} {
		for outcome, n := range counts(families, endpoint) {
			ended[outcome] = ended[outcome] || n > 0
		}
	}
	for _, name := range []string{
		gateway.OutcomeDelivered, gateway.OutcomeFailed, gateway.OutcomeFiltered, gateway.ReasonMethod,
		gateway.ReasonSigMissing, gateway.ReasonMalformed, gateway.ReasonTooLarge,
	} {
		if !ended[name] {
			t.Errorf("no request ended %s: these are not random enough", name)
		}
	}
}
