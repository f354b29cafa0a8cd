package main

import (
	"errors"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

func BenchmarkVerify(b *testing.B) {
	for _, p := range providers {
		for _, w := range ways {
			b.Run(p.name+"/"+w.name, p.bench(w))
		}
	}
}

// What is measured must be a verification: all three accept the same and
// refuse the same.
func TestAgree(t *testing.T) {
	tests := []struct {
		name   string
		change func(r *verify.Request)
		want   error
	}{
		{"as sent", func(*verify.Request) {}, nil},
		{"first bit of the body", func(r *verify.Request) { r.Body[0] ^= 0x80 }, verify.ErrMismatch},
		{"last bit of the body", func(r *verify.Request) { r.Body[len(r.Body)-1] ^= 1 }, verify.ErrMismatch},
		{"body cut", func(r *verify.Request) { r.Body = r.Body[:len(r.Body)-1] }, verify.ErrMismatch},
		{"body longer", func(r *verify.Request) { r.Body = append(r.Body, ' ') }, verify.ErrMismatch},
		{"no body", func(r *verify.Request) { r.Body = nil }, verify.ErrMismatch},
	}
	for _, p := range providers {
		for _, tt := range tests {
			d := p.sign(time.Now(), event())
			tt.change(d.Request)
			for _, w := range ways {
				agree(t, p, w, d, tt.name, tt.want)
			}
		}
	}
}

// The floor reads neither header nor clock, so this is about ours and the SDK.
func TestAgreeOnHeaders(t *testing.T) {
	for _, p := range providers {
		other := *p
		other.key = []byte("another-key-0123456789-abcdefghi")
		forged := other.sign(time.Now(), event())
		unsigned := p.sign(time.Now(), event())
		unsigned.Header.Del(p.signature)
		stale := p.sign(time.Now().Add(-10*time.Minute), event())
		wantStale := verify.ErrStale
		if p.before == "" {
			wantStale = nil // GitHub signs no time
		}
		for _, w := range ways[wayOurs:] {
			agree(t, p, w, forged, "another key", verify.ErrMismatch)
			agree(t, p, w, unsigned, "no signature", verify.ErrMissing)
			agree(t, p, w, stale, "ten minutes old", wantStale)
		}
	}
}

// agree wants exactly want of ours, and just any error of the others: some of
// the SDKs' are not exported.
func agree(t *testing.T, p *provider, w way, d *delivery, what string, want error) {
	t.Helper()
	check, err := w.make(p, d)
	if err != nil {
		t.Fatalf("%s/%s: %v", p.name, w.name, err)
	}
	err = check(d.Request)
	if w.name == "ours" && !errors.Is(err, want) || (err == nil) != (want == nil) {
		t.Errorf("%s/%s, %s: %v, want %v", p.name, w.name, what, err, want)
	}
}

func TestMissed(t *testing.T) {
	tests := []struct {
		name             string
		floor, ours, sdk cost
		want             int
	}{
		{"as promised", cost{1000, 0}, cost{1200, 2}, cost{1300, 9}, 0},
		{"far from the floor", cost{1000, 0}, cost{1201, 2}, cost{1300, 9}, 1},
		{"no faster than the SDK", cost{1000, 0}, cost{1100, 2}, cost{1100, 9}, 1},
		{"allocates", cost{1000, 0}, cost{1100, 3}, cost{1300, 9}, 1},
		{"all of it", cost{1000, 0}, cost{1500, 3}, cost{1300, 9}, 3},
	}
	for _, tt := range tests {
		r := &row{name: tt.name, costs: [len(ways)][]cost{{tt.floor}, {tt.ours}, {tt.sdk}}}
		if got := r.missed(); len(got) != tt.want {
			t.Errorf("%s: missed %q, want %d", tt.name, got, tt.want)
		}
	}
}
