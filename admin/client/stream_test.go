package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

func TestStream(t *testing.T) {
	t.Parallel()
	s := newStand(t, 0)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stream, err := s.Stream(ctx, "stripe")
	wants(t, err, 0, "")
	defer stream.Close()
	for _, name := range []string{"other", "stripe"} {
		s.log.Settled(gateway.Address{Endpoint: name, Destination: "default"}, &gateway.Delivery{ID: 7, State: gateway.Dead})
	}
	a, err := stream.Next()
	wants(t, err, 0, "")
	if a.Value.Kind != "dead" || a.Value.Endpoint != "stripe" || a.Value.Delivery != "7" {
		t.Errorf("%s", a.JSON)
	}
	cancel()
	if _, err := stream.Next(); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("error %v, want that it broke off", err)
	}
}

func TestStreamEnds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		events     int
		want       string
	}{
		{"after a comment", ":\n\n", 0, "EOF"},
		{"after an event", "event: new\ndata: {\"kind\":\"new\"}\n\n", 1, "EOF"},
		{"after one of several lines", "data:{\"kind\":\ndata: \"new\"}\r\n\r\n", 1, "EOF"},
		{"within an event", "data: {\"kind\":\"new\"}\n", 0, "EOF"},
		{"with what is no event", "data: hello\n\n", 0, "not what was expected"},
	} {
		c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, tt.text) }))
		stream, err := c.Stream(t.Context(), "")
		wants(t, err, 0, "")
		for range tt.events {
			a, err := stream.Next()
			wants(t, err, 0, "")
			if a.Value.Kind != "new" {
				t.Errorf("%s: %s", tt.name, a.JSON)
			}
		}
		_, err = stream.Next()
		wants(t, err, 0, tt.want)
		stream.Close()
	}
}

func TestStreamRefused(t *testing.T) {
	t.Parallel()
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		io.WriteString(w, `{"error":"the gateway does not run"}`)
	}))
	_, err := c.Stream(t.Context(), "")
	wants(t, err, http.StatusServiceUnavailable, "does not run")
}
