package keyset

import (
	"errors"
	"net/netip"
	"testing"
	"time"
)

func TestAllowanceOfSender(t *testing.T) {
	a := newAllowance()
	for i := range maxOfSender {
		if err := a.spend(t0.Add(time.Duration(i)), netip.MustParseAddr("2001:db8::1")); err != nil {
			t.Fatalf("fetch %d: %v", i, err)
		}
	}
	tests := []struct {
		name, sender string
		after        time.Duration
		want         error
	}{
		{"the same", "2001:db8::1", time.Minute - 1, errSpent},
		{"its neighbour", "2001:db8::ffff:ffff:ffff:ffff", time.Minute - 1, errSpent},
		{"with a zone", "2001:db8::1%eth0", time.Minute - 1, errSpent},
		{"another network", "2001:db8:0:1::1", time.Minute - 1, nil},
		{"IPv4", "192.0.2.1", time.Minute - 1, nil},
		{"a minute after the first", "2001:db8::1", time.Minute, nil},
		{"but not after the second", "2001:db8::1", time.Minute, errSpent},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := a.spend(t0.Add(tt.after), netip.MustParseAddr(tt.sender)); !errors.Is(err, tt.want) {
				t.Errorf("spend = %v, want %v", err, tt.want)
			}
		})
	}
}

func TestAllowanceIPv4InIPv6(t *testing.T) {
	a := newAllowance()
	for range maxOfSender {
		if err := a.spend(t0, netip.MustParseAddr("::ffff:192.0.2.1")); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.spend(t0, netip.MustParseAddr("192.0.2.1")); !errors.Is(err, errSpent) {
		t.Errorf("the same sender: %v, want errSpent", err)
	}
	if err := a.spend(t0, netip.MustParseAddr("192.0.2.2")); err != nil {
		t.Errorf("another: %v", err)
	}
}

func TestAllowanceUnknownSenders(t *testing.T) {
	a := newAllowance()
	for range maxOfSender {
		if err := a.spend(t0, netip.Addr{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.spend(t0, netip.Addr{}); !errors.Is(err, errSpent) {
		t.Errorf("spend = %v, want errSpent", err)
	}
}

// However many senders there are, the fetches and what is remembered are
// bounded, and who has spent its own is not forgotten.
func TestAllowanceInTotal(t *testing.T) {
	a, spent := newAllowance(), 0
	for range maxOfSender {
		if err := a.spend(t0, stranger); err != nil {
			t.Fatal(err)
		}
	}
	sender := provider
	for range 10 * maxFetches {
		sender = sender.Next()
		if err := a.spend(t0, sender); err == nil {
			spent++
		} else if !errors.Is(err, errSpent) {
			t.Fatal(err)
		}
	}
	if want := maxFetches - maxOfSender; spent != want || a.senders.Len() > maxFetches {
		t.Errorf("%d fetches, %d senders remembered, want %d", spent, a.senders.Len(), want)
	}
	if own, known := a.senders.Peek(stranger); !known || !own.full(t0) {
		t.Error("the first sender is forgotten")
	}
	if err := a.spend(t0.Add(time.Minute), provider); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}
