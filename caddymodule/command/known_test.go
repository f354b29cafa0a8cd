package command

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
)

// TestUnknownDestination: it may be misspelt, as an endpoint may.
func TestUnknownDestination(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	for _, tt := range []struct{ command, out string }{
		{"deliveries", "no deliveries\n"},
		{"replay", "0 deliveries replayed\n"},
		{"discard", "0 deliveries discarded\n"},
	} {
		asks := func(note string, args ...string) {
			t.Helper()
			if note != "" {
				note = "caddy webhook " + tt.command + ": " + note + "\n"
			}
			s.execute(append([]string{tt.command}, args...)...).wants(t, 0, tt.out, note)
		}
		asks(`endpoint "stripe" has no destination "defalt", in the configuration or in the store; it has default, audit`, "--endpoint", "stripe", "--destination", "defalt")
		asks(`no endpoint "strype" is known, in the configuration or in the store`, "--endpoint", "strype", "--destination", "default")
		asks(`no destination "defalt" is known, in the configuration or in the store`, "--destination", "defalt")
		asks("", "--endpoint", "stripe", "--destination", "audit")
		asks("", "--destination", "audit")
	}
}

// TestTailOfNobody: it is told before anything is waited for.
func TestTailOfNobody(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	api := admin.NewHandler(admin.Options{Source: func() *admin.System { return s.system }, Prefix: prefix, Now: time.Now})
	s.address = serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "status") {
			api.ServeHTTP(w, r)
			return
		}
		w.WriteHeader(http.StatusServiceUnavailable) // so that tail ends
	}))
	const note = "caddy webhook tail: no endpoint \"strype\" is known, in the configuration or in the store\n"
	s.execute("tail", "--endpoint", "strype").wants(t, 2, "", note)
	for _, args := range [][]string{{"tail"}, {"tail", "--endpoint", "stripe"}} {
		if r := s.execute(args...); strings.Contains(r.err, "is known") {
			t.Errorf("%v: %s", args, r.err)
		}
	}
}
