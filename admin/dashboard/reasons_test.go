package dashboard

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// said is a line of the map in reasons.js: a reason, and its name for people.
var said = regexp.MustCompile(`(?m)^\t(\w+): "([^"]+)",$`)

// notRefusals are the outcomes that are no reason of a refusal.
var notRefusals = []string{
	gateway.OutcomeDelivered, gateway.OutcomeFailed, gateway.OutcomeFiltered, gateway.OutcomeDuplicate,
	gateway.OutcomeHandshake, gateway.OutcomeQueued, gateway.OutcomeDeferred,
}

// The page has a name of its own for every reason of a refusal, and for no
// other.
func TestReasons(t *testing.T) {
	t.Parallel()
	names := map[string]string{} // of reasons
	taken := map[string]bool{}
	for _, m := range said.FindAllStringSubmatch(ours()["/assets/js/reasons.js"], -1) {
		if taken[m[2]] || strings.Contains(m[2], "_") {
			t.Errorf("%s is called %q, which is no name, or another's", m[1], m[2])
		}
		names[m[1]], taken[m[2]] = m[2], true
	}
	got := slices.Sorted(maps.Keys(names))
	want := slices.DeleteFunc(gateway.Outcomes(), func(name string) bool { return slices.Contains(notRefusals, name) })
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("reasons.js names\n%q, the gateway has\n%q", got, want)
	}
}

// All of them can be filtered for, by their own names.
func TestReasonsAreFilters(t *testing.T) {
	t.Parallel()
	if page := ours()["/assets/js/pages/refusals.js"]; !strings.Contains(page, `name="reason" value=${query.reason} options=${[...reasons]}`) {
		t.Error("the filter does not offer all reasons")
	}
}
