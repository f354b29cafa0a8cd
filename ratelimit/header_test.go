package ratelimit

import (
	"testing"
	"time"
)

func TestPolicyHeader(t *testing.T) {
	tests := []struct {
		name string
		p    Policy
		want string
	}{
		{"broxi", Policy{50, time.Second, 100}, `"broxi";q=50;w=1`},
		{"daily", Policy{1000, 24 * time.Hour, 1000}, `"daily";q=1000;w=86400`},
		{"fraction", Policy{5, 1500 * time.Millisecond, 5}, `"fraction";q=5`},
		{`a"b\c`, Policy{1, time.Second, 1}, `"a\"b\\c";q=1;w=1`},
		{"a\r\nü", Policy{1, time.Second, 1}, `"a????";q=1;w=1`},
		{"", Policy{}, `"";q=0`},
	}
	for _, tt := range tests {
		if got := tt.p.Header(tt.name); got != tt.want {
			t.Errorf("Header(%q) = %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestDecisionHeader(t *testing.T) {
	tests := []struct {
		d          Decision
		want       string
		retryAfter string
	}{
		{Decision{OK: true, Remaining: 49, Reset: time.Second / 50}, `"broxi";r=49;t=1`, "1"},
		{Decision{OK: true, Remaining: 1}, `"broxi";r=1`, "1"},
		{Decision{Wait: 1, Reset: 1}, `"broxi";r=0;t=1`, "1"},
		{Decision{Wait: time.Minute, Reset: time.Minute}, `"broxi";r=0;t=60`, "60"},
		{Decision{Wait: time.Minute + 1, Reset: time.Minute + 1}, `"broxi";r=0;t=61`, "61"},
		{(&Limiter{}).Take(t0, "a"), `"broxi";r=0;t=9223372037`, "9223372037"},
	}
	for _, tt := range tests {
		if got := tt.d.Header("broxi"); got != tt.want {
			t.Errorf("%+v: Header = %s, want %s", tt.d, got, tt.want)
		}
		if got := RetryAfter(tt.d.Wait); got != tt.retryAfter {
			t.Errorf("RetryAfter(%v) = %s, want %s", tt.d.Wait, got, tt.retryAfter)
		}
	}
	if got := RetryAfter(-time.Hour); got != "1" {
		t.Errorf("RetryAfter(-1h) = %s, want 1", got)
	}
}
