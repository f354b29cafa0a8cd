package command

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// A watcher is written to and says when it has seen a text.
type watcher struct {
	bytes.Buffer
	text string
	seen func() // called once
}

func (w *watcher) Write(p []byte) (int, error) {
	n, err := w.Buffer.Write(p)
	if w.seen != nil && strings.Contains(w.String(), w.text) {
		w.seen()
		w.seen = nil
	}
	return n, err
}

// The stream of a server that is replaced ends; the next one is busy at first.
func TestTailReconnects(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	over := make(chan struct{})
	options := admin.Options{Source: func() *admin.System { return s.system }, Prefix: prefix, Now: time.Now}
	second := admin.NewHandler(options)
	options.Done = over
	first := admin.NewHandler(options)
	var requests atomic.Int32
	f := follower{endpoint: "stripe", kinds: []string{"dead"}, wait: time.Microsecond}
	f.address = serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch requests.Add(1) {
		case 1:
			first.ServeHTTP(w, r)
		case 2:
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			second.ServeHTTP(w, r)
		}
	}))
	c, err := f.dial()
	if err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	happen := func(d *gateway.Delivery) {
		s.system.Activity.Settled(gateway.Address{Endpoint: "stripe", Destination: "default"}, d)
	}
	var errs bytes.Buffer
	out := &watcher{text: "#2"}
	do := c.Do
	c.Do = func(r *http.Request) (*http.Response, error) {
		answer, err := do(r)
		switch requests.Load() { // the server listens before it answers
		case 1:
			out.seen = func() { close(over) }
			happen(&gateway.Delivery{ID: 1, State: gateway.Delivered})
			happen(&gateway.Delivery{ID: 2, State: gateway.Dead})
		case 3:
			out.text, out.seen = "#3", interrupt
			happen(&gateway.Delivery{ID: 3, State: gateway.Dead})
		}
		return answer, err
	}
	if err := f.follow(ctx, c, out, &errs); err != nil {
		t.Error(err)
	}
	if strings.Count(out.String(), "\n") != 2 || errs.String() != "the stream has ended: connecting again\n" {
		t.Errorf("%q, %q", out, &errs)
	}
}

func TestTailRefused(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.execute("tail", "--kind", "new,all").wants(t, 2, "", `--kind: "all" is not one of new, attempt`)
	s.system = nil
	s.execute("tail").wants(t, 2, "", "the gateway does not run")
}

// A reader that is gone, as head when it has its lines.
func TestTailIntoNothing(t *testing.T) {
	t.Parallel()
	f := follower{}
	f.address = answering(t, "data: {\"kind\":\"new\"}\n\n")
	c, err := f.dial()
	if err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	r.Close()
	if err := f.follow(t.Context(), c, w, io.Discard); err != nil {
		t.Error(err)
	}
}

func TestDescribeHappening(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 31, 12, 0, 0, 0, time.Local)
	for _, tt := range []struct {
		h    admin.Happening
		want string
	}{
		{admin.Happening{Kind: "new", Endpoint: "a", Delivery: "7", Event: "paid\x1b", Reference: "evt_1\n"}, "12:00:00  new        a  #7  paid   evt_1 "},
		{admin.Happening{Kind: "attempt", Endpoint: "a", Destination: "b", Delivery: "7", Status: 503, Reason: "status", Duration: 1.25}, "12:00:00  attempt    a/b  #7  503  status  1.3s"},
		{admin.Happening{Kind: "refused", Endpoint: "a", Status: 401, Reason: "mismatch"}, "12:00:00  refused    a  401  mismatch"},
	} {
		tt.h.Time = at
		if got := describeHappening(&tt.h); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	execute(t, "", "refusals", "--address", answering(t, `{"refusals":[]}`)).wants(t, 0, "no refusals\n", "")
	answer := `{"refusals":[{"id":"1","time":"2020-01-01T00:00:00Z","endpoint":"stripe","reason":"sig_bad","status":401,"detail":"no signature\nfits","advice":"look at the secret","sender":"192.0.2.7","method":"POST","path":"/a\u001b","size":2048}],"next":"x"}`
	var asked string
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.RawQuery
		io.WriteString(w, answer)
	}))
	got := execute(t, "", "refusals", "--endpoint", "stripe", "--reason", "sig_bad", "--limit", "1", "--address", address)
	got.wants(t, 0, "stripe: 401 sig_bad, POST /a  from 192.0.2.7, 2.0 KiB\n    no signature fits\n    → look at the secret\nthere are more: see --limit and --all\n", "")
	if want := "endpoint=stripe&limit=1&reason=sig_bad"; asked != want {
		t.Errorf("asked %q, want %q", asked, want)
	}
	execute(t, "", "refusals", "--limit", "1", "--json", "--address", address).wants(t, 0, `"path":"/a\u001b","size":2048}`+"\n"+`],"next":"x"}`, "")
}

func TestRefusalsByReason(t *testing.T) {
	t.Parallel()
	address := answering(t, `{"refusals":[]}`)
	known := strings.Join(gateway.Reasons(), ", ")
	execute(t, "", "refusals", "--reason", "signature_mismatch", "--address", address).wants(t, 2, "", `--reason: "signature_mismatch" is not one of `+known+"\n")
	for _, reason := range gateway.Reasons() {
		execute(t, "", "refusals", "--reason", reason, "--address", address).wants(t, 0, "no refusals\n", "")
	}
	execute(t, "", "refusals", "--help").wants(t, 0, "refusals --reason sig_bad --json", "")
}
