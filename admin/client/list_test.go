package client_test

import (
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin/client"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

func TestDeliveries(t *testing.T) {
	t.Parallel()
	s := newStand(t, 12)
	for _, tt := range []struct {
		name  string
		query client.Query
		limit int
		want  int
		more  bool
	}{
		{"all", client.Query{}, 0, 12, false},
		{"some", client.Query{}, 5, 5, true},
		{"exactly", client.Query{}, 12, 12, false},
		{"one by its reference", client.Query{ID: "evt_7"}, 0, 1, false},
		{"by a part of its body", client.Query{Search: `"EVT_3"`}, 0, 1, false},
		{"in two states", client.Query{State: "pending,dead", Endpoint: "stripe", Destination: "default", Event: "order.paid"}, 0, 12, false},
		{"received before they were", client.Query{Until: storetest.Epoch}, 0, 0, false},
		{"received since", client.Query{Since: storetest.Epoch}, 0, 12, false},
	} {
		n, next := 0, ""
		for page, err := range s.Deliveries(t.Context(), tt.query, tt.limit) {
			wants(t, err, 0, "")
			n, next = n+len(page.Value.Deliveries), page.Value.Next
		}
		if n != tt.want || (next != "") != tt.more {
			t.Errorf("%s: %d deliveries, next %q; want %d, %v", tt.name, n, next, tt.want, tt.more)
		}
	}
	for _, err := range s.Deliveries(t.Context(), client.Query{State: "lost"}, 0) {
		wants(t, err, http.StatusBadRequest, "state")
	}
}

// A server may take long to find something: pages are empty then.
func TestPages(t *testing.T) {
	t.Parallel()
	book := map[string]string{
		"":  `{"deliveries":[],"next":"a"}`,
		"a": `{"deliveries":[{"id":"3"}],"next":"b"}`,
		"b": `{"deliveries":[],"next":"c"}`,
		"c": `{"deliveries":[{"id":"2"},{"id":"1"}]}`,
	}
	var asked []string
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.FormValue("cursor")+":"+r.FormValue("limit"))
		io.WriteString(w, book[r.FormValue("cursor")])
	}))
	for _, tt := range []struct {
		limit int
		ids   []string
		asked []string
	}{
		{0, []string{"3", "2", "1"}, []string{":500", "a:500", "b:500", "c:500"}},
		{1, []string{"3"}, []string{":1", "a:1"}},
		{3, []string{"3", "2", "1"}, []string{":3", "a:3", "b:2", "c:2"}},
		{900, []string{"3", "2", "1"}, []string{":500", "a:500", "b:500", "c:500"}},
	} {
		var ids []string
		asked = nil
		for page, err := range c.Deliveries(t.Context(), client.Query{}, tt.limit) {
			wants(t, err, 0, "")
			for _, d := range page.Value.Deliveries {
				ids = append(ids, d.ID)
			}
		}
		if !slices.Equal(ids, tt.ids) || !slices.Equal(asked, tt.asked) {
			t.Errorf("limit %d: %q, asked %q; want %q, %q", tt.limit, ids, asked, tt.ids, tt.asked)
		}
	}
}

func TestPagesInACircle(t *testing.T) {
	t.Parallel()
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"refusals":[],"next":"a"}`)
	}))
	n := 0
	var last error
	for _, err := range c.Refusals(t.Context(), "stripe", "", 0) {
		n, last = n+1, err
	}
	wants(t, last, 0, `"a" again and again`)
	if n != 2 {
		t.Errorf("%d pages, want 2", n)
	}
}
