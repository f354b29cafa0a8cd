package e2e

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

const querySecret, headerSecret = "secret-of-the-query", "secret-of-a-header"

// breakingOff is an application that breaks its first answer off, and says
// when an event comes.
func breakingOff(t *testing.T) (app *application, came chan struct{}) {
	app, came = newApplication(t), make(chan struct{}, 10)
	first := make(chan struct{}, 1)
	first <- struct{}{}
	app.then(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead { // a check of its health
			return
		}
		came <- struct{}{}
		select {
		case <-first:
			io.WriteString(w, "half of ")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		default:
			io.WriteString(w, "all of it")
		}
	})
	return app, came
}

// secretive is a webhook with a secret wherever one can be.
func secretive(t *testing.T, f front) (r *http.Request, signature string) {
	t.Helper()
	r = f.signed(t, "hook?token="+querySecret, "x", "X-Gitlab-Token", headerSecret)
	return r, r.Header.Get("X-Broxi-Signature")
}

func hook(options, routes string) string {
	return "webhook_gateway /hook hook {\nverify broxi {env.BROXI}\n" + options + routes + "\n}\n"
}

// TestBrokenAnswersKeepTheSecrets: Caddy's reverse proxy would log the request
// of an answer that breaks off.
func TestBrokenAnswersKeepTheSecrets(t *testing.T) {
	tests := []struct{ name, options, routes string }{
		{"proxy", quickRetry, "to APP"},
		{"store", "mode store\n" + quickRetry, "to APP"},
		{"in a subroute", quickRetry, "deliver {\nroute {\nhandle /hook* {\nreverse_proxy APP\n}\n}\n}"},
		{"copied by the proxy's own routes", quickRetry, "deliver {\nreverse_proxy APP {\n@any status 2xx\nhandle_response @any {\ncopy_response\n}\n}\n}"},
		{"held by the proxy", quickRetry, "deliver {\nreverse_proxy APP {\nresponse_buffers 1KiB\n}\n}"},
		{"with checks of health", quickRetry, "deliver {\nreverse_proxy APP {\nhealth_uri /\nhealth_method HEAD\nhealth_interval 1h\n}\n}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eachFront(t, func(t *testing.T, f front) {
				app, came := breakingOff(t)
				c := start(t, stored(t, f, hook(tt.options, strings.ReplaceAll(tt.routes, "APP", app.address()))), "BROXI="+senderSecret)
				r, signature := secretive(t, f)
				if a := f.ask(t, r); a.status != 200 || !strings.Contains(a.body, `"queued"`) {
					t.Errorf("answered %d %q, want that it is queued", a.status, a.body)
				}
				<-came
				<-came // the second attempt
				c.keeps(t, querySecret, headerSecret, signature)
			})
		})
	}
}

// TestBrokenAnswersWithoutAStore reach the sender as what they are.
func TestBrokenAnswersWithoutAStore(t *testing.T) {
	eachFront(t, func(t *testing.T, f front) {
		app, _ := breakingOff(t)
		c := start(t, f.caddyfile("", hook("", "to "+app.address())), "BROXI="+senderSecret)
		r, signature := secretive(t, f)
		if a, err := f.try(r); err == nil || a.status != 200 || a.body != "half of " {
			t.Errorf("answered %d %q, %v; want half of an answer", a.status, a.body, err)
		}
		c.keeps(t, querySecret, headerSecret, signature)
	})
}

// TestSendersThatLeave do so within an answer that goes on until somebody
// breaks it off.
func TestSendersThatLeave(t *testing.T) {
	eachFront(t, func(t *testing.T, f front) {
		app, ended := newApplication(t), make(chan struct{})
		app.then(func(w http.ResponseWriter, r *http.Request) {
			defer close(ended)
			for r.Context().Err() == nil {
				_, _ = w.Write(make([]byte, 64<<10))
			}
		})
		c := start(t, f.caddyfile("", hook("", "to "+app.address())), "BROXI="+senderSecret)
		r, signature := secretive(t, f)
		response, err := f.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		<-ended
		c.keeps(t, querySecret, headerSecret, signature)
	})
}
