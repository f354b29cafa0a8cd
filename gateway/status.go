package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/ratelimit"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// A Status is what it takes to tell senders what became of their events.
type Status struct {
	Events Shower
	Secret []byte // of the tokens; the same in all replicas, and over restarts
}

// A Shower shows what is stored: the part of an Archive that a Status needs.
type Shower interface {
	Show(ctx context.Context, id int64) (*Delivery, error)
}

// statusParam is the query parameter that makes a request one for a status.
const statusParam = "webhook_status"

const (
	statusRate  = 10 // a second, for each address
	statusBurst = 20 //
)

func newStatusLimiter() *ratelimit.Limiter {
	return &ratelimit.Limiter{Rate: statusRate, Burst: statusBurst}
}

// errStatusToken is why a status is refused to a stranger.
var errStatusToken = errors.New("the status token is not one of this endpoint's")

// HasStatusURL reports whether senders of stored events are told where to ask
// what became of them: the endpoint's Backing needs a Status then.
func (g *Gateway) HasStatusURL() bool { return g.config.StatusURL }

// statusToken is the token of a request for a status, which need not be one of
// ours. What is not even like one may be a part of the provider's handshake.
func (g *Gateway) statusToken(r *http.Request) (token string, asked bool) {
	if !g.config.StatusURL || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return "", false
	}
	uri := g.Server.RequestURI(r)
	_, query, _ := strings.Cut(uri, "?")
	values, _ := url.ParseQuery(query) // what it could read
	token = values.Get(statusParam)
	if looksLikeStatusToken(token) {
		return token, true
	}
	greeting := verify.Request{Method: r.Method, URI: uri, Header: r.Header}
	return token, values.Has(statusParam) && !g.verifier.MayBeHandshake(&greeting)
}

// serveStatus answers a request for a status. It is no webhook, so it goes
// through none of the pipeline and is no Outcome. The error is a *Refusal.
func (g *Gateway) serveStatus(w http.ResponseWriter, r *http.Request, token string) error {
	sender := ratelimit.Key(g.Server.ClientIP(r).Unmap().String())
	if d := g.statusLimiter.Take(g.Now(), sender); !d.OK {
		return &Refusal{Status: http.StatusTooManyRequests, Reason: ReasonRateLimited, Wait: max(d.Wait, time.Second)}
	}
	backing := g.backing.Load()
	switch {
	case backing != nil && backing.Err != nil:
		return storeRefusal(backing.Err)
	case backing == nil || backing.Status == nil:
		return storeRefusal(ErrClosed)
	}
	t, ours := openStatusToken(backing.Status.Secret, g.config.Name, token)
	if !ours {
		return &Refusal{Status: http.StatusNotFound, Reason: ReasonSigBad, Err: errStatusToken}
	}
	d, err := backing.Status.Events.Show(r.Context(), t.delivery)
	switch {
	case errors.Is(err, ErrNotFound):
		d = nil
	case err != nil:
		return storeRefusal(err)
	case d.Address.Endpoint != g.config.Name || newStatusToken(d.ID, d.Event.Key) != t:
		d = nil // of another store
	}
	return answerStatus(w, d)
}

// A statusAnswer is what the asker hears of a delivery that is settled.
type statusAnswer struct {
	State  string `json:"state"`
	Status int    `json:"status"` // the application's; 0 when it gave none
	Body   string `json:"body"`   // the beginning of its answer
}

// answerStatus tells what became of the delivery; nil: it is gone.
func answerStatus(w http.ResponseWriter, d *Delivery) error {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff") // the body has text of the application's
	status, text := http.StatusGone, []byte(`{"state":"gone"}`)
	switch {
	case d == nil:
	case d.State == Delivered, d.State == Dead:
		last := d.LastAttempt
		body := strings.ToValidUTF8(string(last.Answer[:min(len(last.Answer), keptAnswer)]), "\uFFFD")
		status = http.StatusOK
		text, _ = json.Marshal(statusAnswer{d.State.String(), last.Status, body}) // it cannot fail
	default:
		h.Set("Retry-After", "1")
		status, text = http.StatusAccepted, []byte(`{"state":"pending"}`)
	}
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // the asker may be gone; it can ask again
	return nil
}

// locate tells the sender where it can ask what becomes of its event. Of
// several destinations it is the first one that counts: it is also the one
// that answers in mode proxy.
func (v *visit) locate() {
	if v.config.StatusURL && v.outcome.Delivery != 0 && v.backing.Status != nil {
		token := newStatusToken(v.outcome.Delivery, v.event.Key).seal(v.backing.Status.Secret, v.config.Name)
		v.w.Header().Set("Location", pathAsSent(v.Server.RequestURI(v.r))+"?"+statusParam+"="+token)
	}
}

// pathAsSent is the path of a request's target, in a form that a relative
// reference can have: two slashes at its beginning would be before a host.
func pathAsSent(target string) string {
	u, err := url.ParseRequestURI(target)
	if err != nil || !strings.HasPrefix(u.EscapedPath(), "/") {
		return "/"
	}
	path := u.EscapedPath()
	if strings.HasPrefix(path, "//") {
		return "/." + path
	}
	return path
}
