package caddymodule

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/ratelimit"
)

// counting accepts two events an hour and remembers them.
const counting = `ADDR {
	webhook_gateway counting {
		verify github a-secret-for-tests
		rate_limit 2/1h
		deliver {
			respond accepted 202
		}
	}
}
`

// held is how often the limit of counting and the memory of deliveries are held.
func held(t *testing.T) (limit, memory int) {
	t.Helper()
	policy, err := ratelimit.ParsePolicy("2/1h")
	if err != nil {
		t.Fatal(err)
	}
	limit, _ = shared.References(limitKey{"counting", gateway.RateLimit{Limit: policy}})
	memory, _ = shared.References(seenKey{defaultRemember})
	return limit, memory
}

func wantHeld(t *testing.T, limit, memory int) {
	t.Helper()
	if l, m := held(t); l != limit || m != memory {
		t.Errorf("the limit is held %d times and the memory %d, want %d and %d", l, m, limit, memory)
	}
}

func wantStatus(t *testing.T, server, body string, want int) {
	t.Helper()
	if w := post(t, server, body); w.Code != want {
		t.Errorf("posting %q to %s is answered %d, want %d: %s", body, server, w.Code, want, w.Body)
	}
}

func TestCopiesShareState(t *testing.T) {
	mustLoad(t, strings.Replace(counting, "ADDR", "ADDR, ADDR2", 1))
	wantHeld(t, 2, 1)
	wantStatus(t, "srv0", "1", http.StatusAccepted)
	wantStatus(t, "srv1", "1", http.StatusOK) // accepted before, on the other port
	wantStatus(t, "srv0", "2", http.StatusTooManyRequests)
	wantStatus(t, "srv1", "2", http.StatusTooManyRequests)
	stop(t)
	wantEmptyPool(t)
}

func TestReloadKeepsState(t *testing.T) {
	mustLoad(t, counting)
	wantStatus(t, "srv0", "1", http.StatusAccepted)
	mustLoad(t, counting)
	wantHeld(t, 1, 1)
	wantStatus(t, "srv0", "1", http.StatusOK)
	wantStatus(t, "srv0", "2", http.StatusTooManyRequests)
	mustLoad(t, strings.Replace(counting, "2/1h", "3/1h", 1)) // another limit begins anew
	wantHeld(t, 0, 1)
	wantStatus(t, "srv0", "1", http.StatusOK)
	wantStatus(t, "srv0", "2", http.StatusAccepted)
}

func TestAnotherMemoryForgets(t *testing.T) {
	limitless := strings.Replace(counting, "rate_limit 2/1h", "rate_limit 2000/1h", 1)
	remember := func(n string) {
		t.Helper()
		if err := loadWith(t, "\twebhook_gateway {\n\t\tstore off\n\t\tremember "+n+"\n\t}\n", limitless); err != nil {
			t.Fatal(err)
		}
	}
	remember("10")
	wantStatus(t, "srv0", "1", http.StatusAccepted)
	remember("10")
	wantStatus(t, "srv0", "1", http.StatusOK)
	remember("20")
	wantStatus(t, "srv0", "1", http.StatusAccepted)
}

// TestLimitsAreOfOneEndpoint: the same limit of another endpoint is another.
func TestLimitsAreOfOneEndpoint(t *testing.T) {
	other := strings.NewReplacer("counting", "other", "ADDR", "ADDR2", "2/1h", "2/60m").Replace(counting)
	mustLoad(t, counting+"\n"+other)
	for _, server := range []string{"srv0", "srv1"} {
		wantStatus(t, server, "1", http.StatusAccepted) // so are deliveries
		wantStatus(t, server, "2", http.StatusAccepted)
		wantStatus(t, server, "3", http.StatusTooManyRequests)
	}
}

func TestFailedReloadTakesNothing(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	const good = "verify github a-secret-for-tests"
	bad := []struct{ when, caddyfile string }{
		{"before anything is reserved", strings.Replace(counting, good, "verify github {env.WG_NONE_SUCH}", 1)},
		{"after the limits were reserved", strings.Replace(counting, good, "verify github \" a space before the secret\"", 1)},
		{"in the destination", strings.Replace(counting, "respond accepted 202", "@x webhook `1`\n\t\t\trespond @x 202", 1)},
		{"in an endpoint that follows", counting + strings.NewReplacer("counting", "following", good, "verify github x y {env.WG_NONE_SUCH}").Replace("\n"+strings.Replace(counting, "ADDR", "ADDR2", 1))},
		{"when it listens", strings.Replace(counting, "ADDR", addrOf(busy), 1)},
	}
	for _, tt := range bad {
		t.Run(tt.when, func(t *testing.T) {
			mustLoad(t, counting)
			wantStatus(t, "srv0", "1", http.StatusAccepted)
			for range 3 {
				if err := load(t, tt.caddyfile); err == nil {
					t.Fatal("the bad configuration was accepted")
				}
				wantHeld(t, 1, 1)
			}
			wantStatus(t, "srv0", "1", http.StatusOK) // still remembered; takes the second token
			wantStatus(t, "srv0", "2", http.StatusTooManyRequests)
			stop(t)
			wantEmptyPool(t)
		})
	}
}

func TestMaxBuffered(t *testing.T) {
	const global = "\twebhook_gateway {\n\t\tstore off\n\t\tmax_buffered SIZE\n\t}\n"
	small := strings.Replace(counting, "\t\trate_limit 2/1h\n", "\t\tmax_body 4KiB\n", 1)
	if err := loadWith(t, strings.Replace(global, "SIZE", "4KiB", 1), small); err != nil {
		t.Fatal(err)
	}
	finish := holdBuffer(t)
	if w := post(t, "srv0", "1"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("answered %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	refused := strings.Replace(small, "a-secret-for-tests", "{env.WG_NONE_SUCH}", 1)
	if err := loadWith(t, strings.Replace(global, "SIZE", "1MiB", 1), refused); err == nil {
		t.Fatal("the bad configuration was accepted")
	}
	wantStatus(t, "srv0", "1", http.StatusServiceUnavailable) // what was not accepted changes nothing
	mustLoad(t, small)
	wantStatus(t, "srv0", "1", http.StatusAccepted)
	finish()
	wantStatus(t, "srv0", "2", http.StatusAccepted)
}

// holdBuffer has a body hold the smallest buffer until finish is called.
func holdBuffer(t *testing.T) (finish func()) {
	t.Helper()
	body, sender := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		r := httptest.NewRequest(http.MethodPost, "/", body)
		r.Header.Set("X-Hub-Signature-256", sign("held"))
		send(t, "srv0", r)
	}()
	if _, err := sender.Write([]byte("he")); err != nil { // when it has been read, there is a buffer
		t.Fatal(err)
	}
	return func() {
		_, _ = sender.Write([]byte("ld"))
		_ = sender.Close() // it does not fail
		<-done
	}
}
