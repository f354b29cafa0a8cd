package activity

import (
	"slices"
	"strings"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// notRefusals are the outcomes that are no reason of a refusal.
var notRefusals = []string{
	gateway.OutcomeDelivered, gateway.OutcomeFailed, gateway.OutcomeFiltered, gateway.OutcomeDuplicate,
	gateway.OutcomeHandshake, gateway.OutcomeQueued, gateway.OutcomeDeferred,
}

func TestEveryReasonHasAdvice(t *testing.T) {
	var reasons []string
	for _, name := range gateway.Outcomes() {
		if slices.Contains(notRefusals, name) {
			continue
		}
		reasons = append(reasons, name)
		if text := advice[name]; strings.Count(text, ". ") < 2 || !strings.HasSuffix(text, ".") {
			t.Errorf("%s: %q does not say what it means, why, and what to do", name, text)
		}
	}
	for name := range advice {
		if !slices.Contains(reasons, name) {
			t.Errorf("there is advice about %q, which is no reason", name)
		}
	}
}

// TestAdviceIsOfItsOwn wants no two reasons to have the same text.
func TestAdviceIsOfItsOwn(t *testing.T) {
	seen := make(map[string]string)
	for name, text := range advice {
		if other, twice := seen[text]; twice {
			t.Errorf("%s and %s have the same advice", name, other)
		}
		seen[text] = name
	}
}
