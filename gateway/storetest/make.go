package storetest

import (
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// Epoch is the instant at which the suite's events are received.
var Epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Retention is how long the stores that the suite is given must keep settled
// events.
const Retention = 24 * time.Hour

var (
	main  = gateway.Address{Endpoint: "stripe", Destination: "main"}
	audit = gateway.Address{Endpoint: "stripe", Destination: "audit"}
)

// Event is a small event whose key is made of the name.
func Event(name string) *gateway.Event {
	return &gateway.Event{
		Key: gateway.NewKey(name), ID: name, Type: "order.paid", Endpoint: "stripe", Provider: "stripe", ReceivedAt: Epoch,
		Sender: netip.MustParseAddr("192.0.2.7"), Method: http.MethodPost, Target: "/hook?a=b", Host: "hooks.example.com",
		RemoteAddr: "192.0.2.7:4711", TLS: true, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"name":"` + name + `"}`),
	}
}

// Entry is an Event with a pending delivery to each address, due at once.
func Entry(name string, to ...gateway.Address) *gateway.Entry {
	e := &gateway.Entry{Event: Event(name), Until: Epoch.Add(7 * 24 * time.Hour)}
	for _, a := range to {
		e.Deliveries = append(e.Deliveries, &gateway.Delivery{Address: a, Due: Epoch})
	}
	return e
}

// entries are n of them, each to main.
func entries(n int) (list []*gateway.Entry) {
	for i := range n {
		list = append(list, Entry("event "+strconv.Itoa(i), main))
	}
	return list
}

// attempted is d after its attempt has ended in the state; a pending one is due
// a minute later.
func attempted(d *gateway.Delivery, state gateway.State, at time.Time) *gateway.Delivery {
	ended := *d
	ended.State, ended.Due = state, at.Add(time.Minute)
	ended.Spent++
	ended.LastAttempt = gateway.Attempt{
		Number: d.Attempt, Start: at, Duration: 20 * time.Millisecond, Status: 200, Answer: []byte("ok"),
	}
	if state != gateway.Delivered {
		ended.LastAttempt.Status, ended.LastAttempt.Reason, ended.LastAttempt.Error = 503, gateway.ReasonStatus, "the application answered 503"
	}
	return &ended
}
