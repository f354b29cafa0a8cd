package ratelimit

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"golang.org/x/time/rate"
)

func TestParsePolicy(t *testing.T) {
	tests := []struct {
		in   string
		want Policy
		text string
		err  error
	}{
		{"50/1s", Policy{50, time.Second, 50}, "50/1s", nil},
		{"50/1s burst 100", Policy{50, time.Second, 100}, "50/1s burst 100", nil},
		{"3600/1h burst 10", Policy{3600, time.Hour, 10}, "3600/1h burst 10", nil},
		{"50/1s burst 50", Policy{50, time.Second, 50}, "50/1s", nil},
		{" 1/1m30s\tburst  2 ", Policy{1, 90 * time.Second, 2}, "1/1m30s burst 2", nil},
		{"1/60s", Policy{1, time.Minute, 1}, "1/1m", nil},
		{"1/1h0m10s", Policy{1, time.Hour + 10*time.Second, 1}, "1/1h0m10s", nil},
		{"1/1µs", Policy{1, MinInterval, 1}, "1/1µs", nil},
		{"8760/8760h", Policy{8760, MaxFill, 8760}, "8760/8760h", nil},
		{"", Policy{}, "", ErrPolicy},
		{"50", Policy{}, "", ErrPolicy},
		{"50/", Policy{}, "", ErrPolicy},
		{"/1s", Policy{}, "", ErrPolicy},
		{"50/s", Policy{}, "", ErrPolicy},
		{"50/1", Policy{}, "", ErrPolicy},
		{"50/1s/1s", Policy{}, "", ErrPolicy},
		{"50 /1s", Policy{}, "", ErrPolicy},
		{"0/1s", Policy{}, "", ErrPolicy},
		{"-1/1s", Policy{}, "", ErrPolicy},
		{"1.5/1s", Policy{}, "", ErrPolicy},
		{"50/1s burst", Policy{}, "", ErrPolicy},
		{"50/1s burst 0", Policy{}, "", ErrPolicy},
		{"50/1s peak 9", Policy{}, "", ErrPolicy},
		{"50/1s burst 1 2", Policy{}, "", ErrPolicy},
		{"99999999999999999999/1s", Policy{}, "", ErrPolicy},
	}
	for _, tt := range tests {
		got, err := ParsePolicy(tt.in)
		if !errors.Is(err, tt.err) || got != tt.want || got.String() != tt.text {
			t.Errorf("ParsePolicy(%q) = %v, %v, want %v, %v", tt.in, got, err, tt.want, tt.err)
		}
	}
}

func TestParsePolicyOutOfRange(t *testing.T) {
	for _, s := range []string{"50/0s", "50/-1s", "1001/1ms", "1/999ns", "1/8761h", "1/1h burst 8761",
		"9223372036854775807/2562047h burst 9223372036854775807"} {
		if _, err := ParsePolicy(s); !errors.Is(err, ErrPolicy) {
			t.Errorf("ParsePolicy(%q): %v, want %v", s, err, ErrPolicy)
		}
	}
}

func TestValidate(t *testing.T) {
	tests := []struct {
		name string
		p    Policy
		want string
	}{
		{"burst by default", Policy{Events: 1, Window: time.Second}, ""},
		{"every field", Policy{-1, -1, -1}, "invalid rate limit: -1 events, want at least 1\n" +
			"invalid rate limit: window -1ns, want more than 0s\n" +
			"invalid rate limit: burst -1, want at least 1"},
	}
	for _, tt := range tests {
		got := ""
		if err := tt.p.Validate(); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: Validate = %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestPolicyLimiter(t *testing.T) {
	tests := []struct {
		p     Policy
		rate  rate.Limit
		burst int
	}{
		{Policy{50, time.Second, 0}, 50, 50},
		{Policy{50, 100 * time.Millisecond, 7}, 500, 7},
		{Policy{1, MaxFill, 1}, rate.Limit(1 / MaxFill.Seconds()), 1},
		{Policy{}, 0, 0},
		{Policy{50, -1, 50}, 0, 0},
	}
	for _, tt := range tests {
		if l := tt.p.Limiter(9); l.Rate != tt.rate || l.Burst != tt.burst || l.Size != 9 {
			t.Errorf("%+v: Limiter = %v, %v, %v", tt.p, l.Rate, l.Burst, l.Size)
		}
	}
}

func TestPolicyJSON(t *testing.T) {
	type config struct {
		RateLimit Policy `json:"rate_limit,omitzero"`
	}
	for _, text := range []string{`{"rate_limit":"50/1s burst 100"}`, `{}`} {
		var c config
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			t.Fatal(err)
		}
		if got, err := json.Marshal(c); string(got) != text || err != nil {
			t.Errorf("Marshal = %s, %v, want %s", got, err, text)
		}
	}
	c := config{Policy{1, time.Second, 1}}
	if err := json.Unmarshal([]byte(`{"rate_limit":""}`), &c); err != nil || c != (config{}) {
		t.Errorf("Unmarshal of an empty text = %v, %v, want the zero Policy", c, err)
	}
}

func FuzzParsePolicy(f *testing.F) {
	for _, s := range []string{"50/1s", "50/1s burst 100", "1/1h0m10s", "0/0s burst 0", "1/.5us", "/ burst /"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePolicy(s)
		if err != nil {
			if !errors.Is(err, ErrPolicy) {
				t.Errorf("ParsePolicy(%q): %v, want %v", s, err, ErrPolicy)
			}
			return
		}
		if again, err := ParsePolicy(p.String()); again != p || err != nil {
			t.Errorf("%q is %+v, but its text %q is %+v, %v", s, p, p, again, err)
		}
		if got := p.Limiter(1).Take(t0, "a"); !got.OK || got.Remaining != p.Burst-1 {
			t.Errorf("%v: first Take = %+v", p, got)
		}
	})
}
