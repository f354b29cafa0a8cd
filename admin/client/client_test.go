package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/admin/client"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/activity"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/delivery"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/sqlite"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

const prefix = "/webhook_gateway"

var address = gateway.Address{Endpoint: "stripe", Destination: "default"}

// A stand is the API over a real store, and a client of it.
type stand struct {
	*client.Client
	log *activity.Log
}

// newStand has a store with deliveries of that many events, pending: their ids
// are the numbers from 1.
func newStand(t *testing.T, events int) *stand {
	t.Helper()
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "webhooks.db"), sqlite.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	for i := range events {
		e := storetest.Entry(fmt.Sprint("evt_", i+1), address)
		e.Deliveries[0].Due = time.Now().Add(time.Hour)
		if _, err := store.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	worker := delivery.New(delivery.Options{Queue: store, Now: time.Now})
	t.Cleanup(func() { _ = worker.Stop(context.Background()) })
	log := activity.New(activity.Options{Now: time.Now})
	system := &admin.System{
		Version: "test", Activity: log,
		Endpoints: []admin.Endpoint{{Name: "stripe", Provider: "stripe", Mode: "store", Destinations: []string{"default"}}},
		Engine:    &admin.Engine{Store: store, Worker: worker},
	}
	h := admin.NewHandler(admin.Options{Source: func() *admin.System { return system }, Prefix: prefix, Backups: true, Now: time.Now})
	return &stand{Client: serve(t, h), log: log}
}

// serve returns a client of a server with the handler.
func serve(t *testing.T, h http.Handler) *client.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return &client.Client{Do: server.Client().Do, Base: server.URL + prefix}
}

// wants checks an error: a part of its text, or "" for none, and the status of
// a refusal.
func wants(t *testing.T, err error, status int, text string) {
	t.Helper()
	var refused *client.Error
	switch {
	case err == nil && text == "":
	case err == nil || text == "" || !strings.Contains(err.Error(), text):
		t.Errorf("error %v, want %q", err, text)
	case errors.As(err, &refused) && refused.Status != status:
		t.Errorf("status %d, want %d", refused.Status, status)
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	a, err := newStand(t, 0).Status(t.Context())
	wants(t, err, 0, "")
	if a.Value.Version != "test" || len(a.Value.Endpoints) != 1 || !bytes.Contains(a.JSON, []byte(`"version":"test"`)) {
		t.Errorf("%s", a.JSON)
	}
}

func TestOneDelivery(t *testing.T) {
	t.Parallel()
	s, ctx := newStand(t, 1), t.Context()
	a, err := s.Show(ctx, "1")
	wants(t, err, 0, "")
	if a.Value.Reference != "evt_1" || a.Value.Request.Body != `{"name":"evt_1"}` {
		t.Errorf("%s", a.JSON)
	}
	var body bytes.Buffer
	wants(t, s.Body(ctx, "1", &body), 0, "")
	if body.String() != `{"name":"evt_1"}` {
		t.Errorf("body %q", &body)
	}
	_, err = s.One(ctx, client.Replay, "1")
	wants(t, err, http.StatusConflict, "pending")
	_, err = s.One(ctx, client.Discard, "1")
	wants(t, err, 0, "")
	for _, id := range []string{"1", "x/../2", "a?b"} {
		_, err = s.Show(ctx, id)
		wants(t, err, http.StatusNotFound, "no such delivery")
		wants(t, s.Body(ctx, id, &body), http.StatusNotFound, "no such delivery")
		_, err = s.One(ctx, client.Replay, id)
		wants(t, err, http.StatusNotFound, "no such delivery")
	}
}

func TestMany(t *testing.T) {
	t.Parallel()
	s, ctx := newStand(t, 3), t.Context()
	query := client.Query{Endpoint: "stripe", State: "pending", Since: storetest.Epoch, Until: storetest.Epoch.Add(time.Second)}.Selection()
	query.DryRun = true
	a, err := s.Many(ctx, client.Discard, query)
	wants(t, err, 0, "")
	if a.Value.Count != 3 || !a.Value.DryRun {
		t.Errorf("%s", a.JSON)
	}
	a, err = s.Many(ctx, client.Discard, admin.Selection{IDs: []string{"1", "3"}})
	wants(t, err, 0, "")
	if a.Value.Count != 2 {
		t.Errorf("%s", a.JSON)
	}
	_, err = s.Many(ctx, client.Discard, admin.Selection{})
	wants(t, err, http.StatusBadRequest, "nothing is selected")
}

func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	s, ctx := newStand(t, 0), t.Context()
	paused := func() bool {
		a, err := s.Status(ctx)
		wants(t, err, 0, "")
		return a.Value.Endpoints[0].Destinations[0].Paused
	}
	_, err := s.Pause(ctx, "stripe", "default")
	wants(t, err, 0, "")
	if !paused() {
		t.Error("it is not paused")
	}
	_, err = s.Resume(ctx, "stripe", "default")
	wants(t, err, 0, "")
	if paused() {
		t.Error("it is still paused")
	}
	_, err = s.Pause(ctx, "stripe", "other/one")
	wants(t, err, http.StatusNotFound, "no such destination")
}

func TestBackup(t *testing.T) {
	t.Parallel()
	s, path := newStand(t, 1), filepath.Join(t.TempDir(), "copy.db")
	_, err := s.Backup(t.Context(), path)
	wants(t, err, 0, "")
	_, err = s.Backup(t.Context(), path)
	wants(t, err, http.StatusConflict, "is there already")
	_, err = s.Backup(t.Context(), "relative")
	wants(t, err, http.StatusBadRequest, "not absolute")
}

func TestRefusedByAnother(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, body string
		status     int
		want       string
	}{
		{"its own words", `{"error":"because"}`, 503, "because"},
		{"no gateway", "404 page not found", 404, "has no webhook gateway"},
		{"a page", "<html>", 502, "the server answers 502 Bad Gateway"},
		{"a redirect", "", 304, "the server answers 304"},
		{"no JSON", "hello", 200, "not what was expected"},
	} {
		c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tt.status)
			io.WriteString(w, tt.body)
		}))
		_, err := c.Status(t.Context())
		if err == nil {
			t.Errorf("%s: no error", tt.name)
		}
		wants(t, err, tt.status, tt.want)
	}
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	gone := errors.New("gone")
	c := &client.Client{Do: func(*http.Request) (*http.Response, error) { return nil, gone }, Base: "http://x"}
	if _, err := c.Status(t.Context()); !errors.Is(err, gone) {
		t.Errorf("error %v, want %v", err, gone)
	}
}
