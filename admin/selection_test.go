package admin_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

func replaceID(text, id string) string { return strings.ReplaceAll(text, "ID", id) }

func TestSelection(t *testing.T) {
	t.Parallel()
	const all = `"state":"dead,delivered"`
	tests := []struct {
		name, change, body string
		want               admin.Changed
		changed            []int // which of the deliveries below
	}{
		{"dead ones are the default", "replay", `{"endpoint":"shop"}`, admin.Changed{Count: 3}, []int{0, 1, 2}},
		{"so they are to discard", "discard", `{"endpoint":"shop"}`, admin.Changed{Count: 3}, []int{0, 1, 2}},
		{"a destination", "replay", `{"endpoint":"shop","destination":"audit"}`, admin.Changed{Count: 1}, []int{1}},
		{"a state alone", "replay", `{"state":"delivered"}`, admin.Changed{Count: 1}, []int{4}},
		{"states", "replay", `{"endpoint":"shop",` + all + `}`, admin.Changed{Count: 4}, []int{0, 1, 2, 4}},
		{"pending to discard", "discard", `{"state":"pending"}`, admin.Changed{Count: 1}, []int{5}},
		{"a type", "replay", `{"event":"invoice.sent"}`, admin.Changed{Count: 1}, []int{3}},
		{"a reference", "replay", `{"id":"evt_two"}`, admin.Changed{Count: 1}, []int{2}},
		{"a text", "discard", `{"q":"needle"}`, admin.Changed{Count: 1}, []int{2}},
		{"since", "replay", `{"since":"T3"}`, admin.Changed{Count: 1}, []int{3}},
		{"until", "replay", `{"until":"T2"}`, admin.Changed{Count: 2}, []int{0, 1}},
		{"ids in any state", "replay", `{"ids":["I0","I4","I5","I6"]}`, admin.Changed{Count: 2}, []int{0, 4}},
		{"ids in a state", "replay", `{"ids":["I0","I4"],"state":"delivered"}`, admin.Changed{Count: 1}, []int{4}},
		{"ids to discard", "discard", `{"ids":["I0","I5","I6"]}`, admin.Changed{Count: 2}, []int{0, 5}},
		{"all of the ids", "replay", `{"ids":["I0","I4"]}`, admin.Changed{Count: 2}, []int{0, 4}},
		{"unknown ids", "replay", `{"ids":["4711"]}`, admin.Changed{}, nil},
		{"a limit, the newest first", "replay", `{"state":"dead","limit":2}`, admin.Changed{Count: 2, More: true}, []int{2, 3}},
		{"a limit that is not reached", "replay", `{"state":"dead","limit":5}`, admin.Changed{Count: 4}, []int{0, 1, 2, 3}},
		{"ids and a limit", "replay", `{"ids":["I0","I4"],"limit":1}`, admin.Changed{Count: 1, More: true}, []int{4}},
		{"nobody's", "discard", `{"endpoint":"nobody"}`, admin.Changed{}, nil},
		{"a dry run", "replay", `{"state":"dead","dry_run":true}`, admin.Changed{Count: 4, DryRun: true}, nil},
		{"a dry run with a limit", "discard", `{"state":"dead","dry_run":true,"limit":3}`, admin.Changed{Count: 4, More: true, DryRun: true}, nil},
		{"a dry run with ids", "discard", `{"ids":["I0","I6"],"dry_run":true}`, admin.Changed{Count: 1, DryRun: true}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			made := s.add(gateway.Dead, nil, shop, audit)
			made = append(made, s.add(gateway.Dead, func(e *gateway.Event) { e.ID, e.Body = "evt_two", []byte("a needle") }, shop)...)
			made = append(made, s.add(gateway.Dead, func(e *gateway.Event) { e.Type = "invoice.sent" }, git)...)
			made = append(made, s.add(gateway.Delivered, nil, shop)...)
			made = append(made, s.add(gateway.Pending, nil, shop)...)
			made = append(made, s.add(gateway.Delivering, nil, git)...)
			before := s.states(made)
			var got admin.Changed
			if s.post("/"+tt.change, s.fill(tt.body, made), &got); got != tt.want {
				t.Errorf("changed %+v, want %+v", got, tt.want)
			}
			var changed []int
			for i, state := range s.states(made) {
				if state != before[i] {
					changed = append(changed, i)
				}
			}
			if !slices.Equal(changed, tt.changed) {
				t.Errorf("changed %v, want %v", changed, tt.changed)
			}
		})
	}
}

// fill puts ids and instants in place of I0, I1 and T0, T1 and so on.
func (s *stand) fill(body string, ids []string) string {
	var pairs []string
	for i, id := range ids {
		at := s.start.Add(time.Duration(i) * time.Second).Format(time.RFC3339Nano)
		pairs = append(pairs, fmt.Sprintf(`"I%d"`, i), `"`+id+`"`, fmt.Sprintf(`"T%d"`, i), `"`+at+`"`)
	}
	return strings.NewReplacer(pairs...).Replace(body)
}

// states are those of the deliveries.
func (s *stand) states(ids []string) (all []string) {
	for _, id := range ids {
		all = append(all, s.state(id))
	}
	return all
}

func TestBadSelection(t *testing.T) {
	t.Parallel()
	s := open(t)
	id := s.add(gateway.Dead, nil, shop)[0]
	tests := []struct{ name, change, body, want string }{
		{"nothing at all", "replay", "", "nothing is selected"},
		{"an empty object", "discard", "{}", "nothing is selected"},
		{"nothing but how", "discard", `{"dry_run":true,"limit":1}`, "nothing is selected"},
		{"no ids", "discard", `{"ids":[]}`, "nothing is selected"},
		{"an unknown field", "discard", `{"endpiont":"shop"}`, `unknown field "endpiont"`},
		{"an unknown state", "replay", `{"state":"lost"}`, `state: "lost"`},
		{"a state to replay", "replay", `{"state":"dead,pending"}`, "what is pending cannot be replayed"},
		{"a state to discard", "discard", `{"state":"delivering"}`, "what is delivering cannot be discarded"},
		{"an id that is none", "replay", `{"ids":["` + id + `","x"]}`, `"x" is not the id`},
		{"an id that is a number", "replay", `{"ids":[1]}`, "ids"},
		{"too many ids", "replay", `{"ids":["1"` + strings.Repeat(`,"1"`, 10_000) + `]}`, "these are 10001"},
		{"a limit below zero", "replay", `{"state":"dead","limit":-1}`, "limit: -1"},
		{"a limit that is too large", "replay", `{"state":"dead","limit":10001}`, "limit: 10001"},
		{"a time that is none", "replay", `{"since":"24h"}`, "24h"},
		{"no object", "replay", `[]`, "array"},
		{"broken", "replay", `{"state":"dead"`, "unexpected EOF"},
		{"two objects", "replay", `{"state":"dead"}{}`, "more after its end"},
		{"something after it", "replay", `{"state":"dead"}}`, "invalid character '}'"},
		{"a parameter", "replay?dry_run=true", `{"state":"dead"}`, `there is no parameter "dry_run"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s.refused(http.MethodPost, "/"+tt.change, tt.body, http.StatusBadRequest, tt.want)
		})
	}
	s.refused(http.MethodPost, "/replay", `{"q":"`+strings.Repeat("a", 1<<20)+`"}`, http.StatusRequestEntityTooLarge, "longer than 1048576 bytes")
	if got := s.state(id); got != "dead" {
		t.Errorf("it is %q, want it dead still", got)
	}
}
