package caddymodule

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	zapobserver "go.uber.org/zap/zaptest/observer"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

func TestSample(t *testing.T) {
	t0 := time.Unix(1_800_000_000, 0)
	tests := []struct {
		odd   string
		at    time.Time
		times int
		want  int
	}{
		{"up to 100", t0, 100, 100},
		{"the 101st", t0, 1, 0},
		{"the 200th", t0.Add(999 * time.Millisecond), 99, 1},
		{"a second later", t0.Add(time.Second), 101, 100},
		{"the clock goes back", t0, 1, 1},
	}
	s := new(sample)
	for _, tt := range tests {
		got := 0
		for range tt.times {
			if s.take(tt.at) {
				got++
			}
		}
		if got != tt.want {
			t.Errorf("%s: %d lines of %d, want %d", tt.odd, got, tt.times, tt.want)
		}
	}
}

func TestLine(t *testing.T) {
	tests := []struct {
		outcome gateway.Outcome
		level   zapcore.Level
		text    string
	}{
		{gateway.Outcome{Name: gateway.OutcomeDelivered, Status: 200}, zap.InfoLevel, "webhook delivered"},
		{gateway.Outcome{Name: gateway.OutcomeFiltered, Status: 200}, zap.InfoLevel, "webhook filtered"},
		{gateway.Outcome{Name: gateway.OutcomeDuplicate, Status: 200}, zap.InfoLevel, "webhook duplicate"},
		{gateway.Outcome{Name: gateway.OutcomeFailed, Status: 404}, zap.ErrorLevel, "webhook not delivered"},
		{gateway.Outcome{Name: gateway.OutcomeFailed}, zap.ErrorLevel, "webhook not delivered"},
		{gateway.Outcome{Name: gateway.ReasonSigBad, Status: 401, Refused: true}, zap.WarnLevel, "webhook refused: sig_bad"},
		{gateway.Outcome{Name: gateway.ReasonBusy, Status: 503, Refused: true}, zap.ErrorLevel, "webhook refused: busy"},
	}
	for _, tt := range tests {
		if level, text := line(&tt.outcome); level != tt.level || text != tt.text {
			t.Errorf("%s is %v %q", tt.outcome.Name, level, text)
		}
	}
}

func TestFields(t *testing.T) {
	always := []string{"endpoint", "provider", "reason", "status", "duration"}
	tests := []struct {
		odd     string
		outcome gateway.Outcome
		more    []string
	}{
		{"nothing known", gateway.Outcome{}, nil},
		{"sender", gateway.Outcome{Sender: netip.MustParseAddr("203.0.113.7")}, []string{"sender"}},
		{"event", gateway.Outcome{ID: "id", Type: "push"}, []string{"id", "event", "secret"}},
		{"answered", gateway.Outcome{Upstream: 1}, []string{"upstream"}},
		{"failed", gateway.Outcome{Err: errors.New("x")}, []string{"error"}},
	}
	for _, tt := range tests {
		var got []string
		for _, f := range fields(&tt.outcome) {
			got = append(got, f.Key)
		}
		if want := append(slices.Clone(always), tt.more...); !slices.Equal(got, want) {
			t.Errorf("%s: fields %q, want %q", tt.odd, got, want)
		}
	}
}

func TestShorten(t *testing.T) {
	for _, tt := range []struct{ odd, in, want string }{
		{"empty", "", ""},
		{"just fits", strings.Repeat("a", 64), strings.Repeat("a", 64)},
		{"one too long", strings.Repeat("a", 65), strings.Repeat("a", 64) + "…"},
	} {
		if got := shorten(tt.in); got != tt.want {
			t.Errorf("%s: %q", tt.odd, got)
		}
	}
}

// TestLogHasNothingPrivate sends what must not be logged everywhere that a
// sender can put something, and reads the lines.
func TestLogHasNothingPrivate(t *testing.T) {
	const private = "PRIVATE"
	body := `{"x":"` + private + `"}`
	tests := []struct {
		odd     string
		change  func(*http.Request)
		deliver error
	}{
		{"delivered", func(*http.Request) {}, nil},
		{"not delivered", func(*http.Request) {}, errors.New("dial")},
		{"bad signature", func(r *http.Request) { r.Header.Set("X-Hub-Signature-256", sign(private)) }, nil},
		{"malformed signature", func(r *http.Request) { r.Header.Set("X-Hub-Signature-256", private) }, nil},
		{"two signatures", func(r *http.Request) { r.Header.Add("X-Hub-Signature-256", private) }, nil},
		{"bad id", func(r *http.Request) { r.Header.Set("X-Github-Delivery", "\x01") }, nil},
		{"bad method", func(r *http.Request) { r.Method = private }, nil},
		{"body is not JSON", func(r *http.Request) { *r = *push(private) }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.odd, func(t *testing.T) {
			core, logs := zapobserver.New(zapcore.DebugLevel)
			h := newHandler(t, zap.New(core), func(http.ResponseWriter, *http.Request) error { return tt.deliver })
			r := push(body)
			r.Header.Set("Authorization", private)
			r.URL.RawQuery = private
			signature := r.Header.Get("X-Hub-Signature-256")
			tt.change(r)
			if err := h.ServeHTTP(httptest.NewRecorder(), r, nil); err != nil {
				t.Fatal(err)
			}
			if logs.Len() != 1 {
				t.Fatalf("%d lines", logs.Len())
			}
			text, err := json.Marshal(logs.All()[0].ContextMap())
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range []string{private, secret, signature, r.Header.Get("X-Hub-Signature-256")} {
				if strings.Contains(string(text)+logs.All()[0].Message, s) {
					t.Errorf("%q is in %s %s", s, logs.All()[0].Message, text)
				}
			}
		})
	}
}
