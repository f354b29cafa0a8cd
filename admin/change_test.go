package admin_test

import (
	"errors"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// state is the delivery's, "" when it is gone.
func (s *stand) state(id string) string {
	s.Helper()
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		s.Fatal(err)
	}
	d, err := s.store.Show(s.Context(), n)
	if errors.Is(err, gateway.ErrNotFound) {
		return ""
	}
	if err != nil {
		s.Fatal(err)
	}
	return d.State.String()
}

func TestChangeOne(t *testing.T) {
	t.Parallel()
	tests := []struct {
		state  gateway.State
		change string
		want   string // state
		words  string // of the error; "": there is none
	}{
		{gateway.Dead, "replay", "pending", ""},
		{gateway.Delivered, "replay", "pending", ""},
		{gateway.Pending, "replay", "pending", "the delivery is pending, and cannot be replayed"},
		{gateway.Delivering, "replay", "delivering", "the delivery is delivering, and cannot be replayed"},
		{gateway.Dead, "discard", "", ""},
		{gateway.Delivered, "discard", "", ""},
		{gateway.Pending, "discard", "", ""},
		{gateway.Delivering, "discard", "delivering", "the delivery is delivering, and cannot be discarded"},
	}
	for _, tt := range tests {
		t.Run(tt.change+" "+tt.state.String(), func(t *testing.T) {
			t.Parallel()
			s := open(t)
			all := s.add(tt.state, nil, shop, audit)
			path := "/deliveries/" + all[0] + "/" + tt.change
			if tt.words != "" {
				s.refused(http.MethodPost, path, "", http.StatusConflict, tt.words)
			} else {
				var got admin.Changed
				if s.post(path, "{}", &got); got != (admin.Changed{Count: 1}) {
					t.Errorf("changed %+v, want one", got)
				}
			}
			if got := s.state(all[0]); got != tt.want {
				t.Errorf("it is %q, want %q", got, tt.want)
			}
			if got := s.state(all[1]); got != tt.state.String() {
				t.Errorf("the event's other delivery is %q, want %s", got, tt.state)
			}
		})
	}
}

// What is replayed is attempted at once, and its key is claimed: the sender's
// own redelivery is a repeat.
func TestReplayDelivers(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, path, body string }{
		{"one", "/deliveries/ID/replay", ""},
		{"by id", "/replay", `{"ids":["ID"]}`},
		{"by endpoint", "/replay", `{"endpoint":"shop"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			var key gateway.Key
			id := s.add(gateway.Dead, func(e *gateway.Event) { key = e.Key }, shop)[0]
			happenings := s.serve(shop)
			s.post(replaceID(tt.path, id), replaceID(tt.body, id), nil)
			for h := range happenings {
				if h.Kind == "delivered" {
					break
				}
			}
			if got := s.state(id); got != "delivered" {
				t.Errorf("it is %s, want delivered", got)
			}
			if known, err := s.store.Known(t.Context(), time.Now().Add(23*time.Hour), key); !known || err != nil {
				t.Errorf("Known = %v, %v, want it claimed for a day", known, err)
			}
		})
	}
}
