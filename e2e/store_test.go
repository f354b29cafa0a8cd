package e2e

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

const appSecret = "whsec_ZTJlLXNlY3JldC1vZi10aGUtYXBwbGljYXRpb24="

// stored is a Caddyfile with a store in a folder of its own.
func stored(t *testing.T, f front, site string) string {
	t.Helper()
	store := "store sqlite " + filepath.Join(t.TempDir(), "webhooks.db")
	return strings.Replace(f.caddyfile(trusting, site), "store off", store, 1)
}

// An arrivals is an application that answers as it is told and says what came.
type arrivals struct {
	*application
	came chan received
}

// newArrivals answers the n-th request with the n-th status, and those that
// follow with 200.
func newArrivals(t *testing.T, statuses ...int) *arrivals {
	a := &arrivals{newApplication(t), make(chan received, 100)}
	var turns sync.Mutex
	a.then(func(w http.ResponseWriter, _ *http.Request) {
		turns.Lock()
		defer turns.Unlock()
		status := http.StatusOK
		if len(statuses) > 0 {
			status, statuses = statuses[0], statuses[1:]
		}
		w.WriteHeader(status)
		io.WriteString(w, "thanks")
		for _, got := range a.take() {
			a.came <- got
		}
	})
	return a
}

const queuedBody = "{\"status\":\"queued\",\"id\":%q}\n"

// event sends one event and returns its id and the answer.
func (f front) event(t *testing.T, path string) (id string, again *http.Request, a answer) {
	t.Helper()
	id = fmt.Sprint("s", serial.Add(1))
	body := fmt.Sprintf(`{"delivery_id":%q,"event":"e","account":"x"}`, id)
	first, again := twice(post(t, f.url+path+"?x=1&y=%20", body, append(broxi(senderSecret, body), "X-Lines", "one", "X-Lines", "two")...))
	return id, again, f.ask(t, first)
}

const quickRetry = "retry {\ndelay 10ms\n}\n"

// TestFallBack has the application fail twice: what it gets in the end is what
// was sent, each time signed anew, and the sender hears that it is queued.
func TestFallBack(t *testing.T) {
	eachFront(t, func(t *testing.T, f front) {
		app := newArrivals(t, 503, 500)
		site := "handle_path /in/* {\n" + `webhook_gateway /hook hook {
			verify broxi {env.BROXI}
			` + quickRetry + `
			sign ` + appSecret + `
			deliver {
				request_header +X-Seen "{webhook.attempt} {webhook.body.account}"
				reverse_proxy ` + app.address() + `
			}
		}
		}`
		c := start(t, stored(t, f, site), "BROXI="+senderSecret)
		id, again, a := f.event(t, "/in/hook")
		a.want(t, 200, fmt.Sprintf(queuedBody, id))
		first := <-app.came
		for attempt := 1; attempt <= 3; attempt++ {
			got := first
			if attempt > 1 {
				got = <-app.came
			}
			checkAttempt(t, f, first, got, attempt, id)
		}
		f.ask(t, again).want(t, 200, processed)
		c.settled(t, "hook", "default", "delivered", 1)
		c.keeps(t, senderSecret)
	})
}

// checkAttempt checks an attempt against the first one.
func checkAttempt(t *testing.T, f front, first, got received, attempt int, id string) {
	t.Helper()
	h := got.Header
	same := []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Broxi-Signature", "Webhook-Gateway-Received-At", "Webhook-Gateway-Endpoint", "Webhook-Id"}
	for _, name := range same {
		if h.Get(name) == "" || h.Get(name) != first.Header.Get(name) {
			t.Errorf("attempt %d: %s is %q, was %q", attempt, name, h.Get(name), first.Header.Get(name))
		}
	}
	if got.RequestURI != "/hook?x=1&y=%20" || got.Host != first.Host || got.Body != first.Body || fmt.Sprint(h["X-Lines"]) != "[one two]" {
		t.Errorf("attempt %d: %s %s %q %v", attempt, got.Host, got.RequestURI, got.Body, h)
	}
	if proto, _, _ := strings.Cut(f.url, ":"); h.Get("X-Forwarded-Proto") != proto {
		t.Errorf("attempt %d came over %s, want %s", attempt, h.Get("X-Forwarded-Proto"), proto)
	}
	if seen := fmt.Sprint([]string{fmt.Sprint(attempt) + " x"}); fmt.Sprint(h["X-Seen"]) != seen || h.Get("Webhook-Gateway-Attempt") != fmt.Sprint(attempt) || h.Get("Webhook-Gateway-Event-Id") != id {
		t.Errorf("attempt %d: %v", attempt, h)
	}
	v, err := verify.New(verify.Config{Provider: "standard-webhooks", Secrets: []string{appSecret}})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if _, err := v.Verify(time.Now(), &verify.Request{Method: got.Method, URI: got.RequestURI, Header: h, Body: []byte(got.Body)}); err != nil {
		t.Errorf("attempt %d: the application cannot verify it: %v", attempt, err)
	}
}

// settled waits until so many deliveries are in a state, as the metrics show.
func (c *caddy) settled(t *testing.T, endpoint, destination, state string, n int) {
	t.Helper()
	series := fmt.Sprintf(`deliveries{destination=%q,endpoint=%q,state=%q}`, destination, endpoint, state)
	ticker := time.NewTicker(100 * time.Millisecond) // the gateway looks at its store every two seconds
	defer ticker.Stop()
	for range 300 {
		if c.metric(series) == fmt.Sprint(n) {
			return
		}
		<-ticker.C
	}
	t.Errorf("%s is %q, want %d", series, c.metric(series), n)
}

// TestFanOut has one of three destinations fail, and another refuse for good.
func TestFanOut(t *testing.T) {
	for _, mode := range []string{"proxy", "store"} {
		t.Run(mode, func(t *testing.T) {
			f := inClear(t)
			apps := []*arrivals{newArrivals(t), newArrivals(t, 503, 503), newArrivals(t, 404)}
			site := "webhook_gateway /hook hook {\nverify broxi {env.BROXI}\nmode " + mode + "\nrespond 202\n" + quickRetry
			for i, app := range apps {
				site += fmt.Sprintf("deliver to%d {\nreverse_proxy %s\n}\n", i, app.address())
			}
			c := start(t, stored(t, f, site+"}"), "BROXI="+senderSecret)
			id, again, a := f.event(t, "/hook")
			if mode == "proxy" {
				a.want(t, 200, "thanks") // the first one's
			} else {
				a.want(t, 202, fmt.Sprintf(queuedBody, id))
			}
			f.ask(t, again).want(t, 200, processed)
			for i, n := range []int{1, 3, 1} {
				for range n {
					if got := <-apps[i].came; got.Header.Get("Webhook-Gateway-Event-Id") != id {
						t.Errorf("destination %d got %v", i, got.Header)
					}
				}
			}
			c.settled(t, "hook", "to0", "delivered", 1)
			c.settled(t, "hook", "to1", "delivered", 1)
			c.settled(t, "hook", "to2", "dead", 1)
		})
	}
}

// TestRestartForgetsNothing: ids are remembered by the store.
func TestRestartForgetsNothing(t *testing.T) {
	f := inClear(t)
	app := newArrivals(t)
	text := stored(t, f, guarded("proxied", "", app.address())+guarded("stored", "mode store", app.address()))
	c := start(t, text, "BROXI="+senderSecret)
	_, proxied, a := f.event(t, "/proxied")
	a.want(t, 200, "thanks")
	id, kept, a := f.event(t, "/stored")
	a.want(t, 200, fmt.Sprintf(queuedBody, id))
	<-app.came
	<-app.came
	f.client.CloseIdleConnections()
	c.stop()
	c = start(t, text, "BROXI="+senderSecret)
	f.ask(t, proxied).want(t, 200, processed)
	f.ask(t, kept).want(t, 200, processed)
	c.settled(t, "stored", "default", "delivered", 1)
	c.settled(t, "proxied", "default", "delivered", 1)
}

// TestOverLimitIsDeferred: what a limit does not allow now comes later, in its pace.
func TestOverLimitIsDeferred(t *testing.T) {
	f := inClear(t)
	app := newArrivals(t)
	site := guarded("deferred", "rate_limit 1/100ms", app.address()) + guarded("rejected", "rate_limit 1/1h\nover_limit reject", app.address())
	c := start(t, stored(t, f, site), "BROXI="+senderSecret)
	log := c.journal()
	for i := range 3 {
		id, _, a := f.event(t, "/deferred")
		if i == 0 {
			a.want(t, 200, "thanks")
			log.expect(t, "deferred", "delivered")
			continue
		}
		a.want(t, 200, fmt.Sprintf(queuedBody, id))
		log.expect(t, "deferred", "deferred")
	}
	for range 3 {
		<-app.came
	}
	_, _, a := f.event(t, "/rejected")
	a.want(t, 200, "thanks")
	_, _, a = f.event(t, "/rejected")
	a.want(t, 429, refused(429))
}

// TestOrder: what has one account is delivered one after the other, though
// the first takes three attempts.
func TestOrder(t *testing.T) {
	f := inClear(t)
	app := newArrivals(t, 500, 500)
	site := guarded("ordered", "mode store\norder by {webhook.body.account}\n"+quickRetry, app.address())
	start(t, stored(t, f, site), "BROXI="+senderSecret)
	var want, got []string
	for i := range 4 {
		id, _, a := f.event(t, "/ordered")
		a.want(t, 200, fmt.Sprintf(queuedBody, id))
		want = append(want, id)
		if i == 0 {
			want = append(want, id, id)
		}
	}
	for range want {
		got = append(got, (<-app.came).Header.Get("Webhook-Gateway-Event-Id"))
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("delivered %v, want %v", got, want)
	}
}

// TestSlowApplication: the sender is answered within its patience, and the
// attempt that goes on is the one that counts.
func TestSlowApplication(t *testing.T) {
	eachFront(t, func(t *testing.T, f front) {
		app, m := newApplication(t), newMeeting()
		app.then(m.answer)
		c := start(t, stored(t, f, guarded("slow", "ack_within 50ms", app.address())), "BROXI="+senderSecret)
		id, again, a := f.event(t, "/slow")
		<-m.entered
		a.want(t, 200, fmt.Sprintf(queuedBody, id))
		f.ask(t, again).want(t, 200, processed)
		m.leave <- struct{}{}
		c.settled(t, "slow", "default", "delivered", 1)
		if got := len(app.take()); got != 1 {
			t.Errorf("the application got it %d times", got)
		}
	})
}
