package keyset

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// The bounds of an allowance, in a minute. A provider signs with one
// certificate at a time, so a genuine sender needs one fetch, and two when the
// certificate changes. Together they are what a provider's host, and our own
// sockets, can bear: it takes maxFetches/maxOfSender networks to use them up.
const (
	maxOfSender = 4
	maxFetches  = 256
)

// errSpent: the fetches of this minute are used up.
var errSpent = fmt.Errorf("too many new addresses of certificates in a minute: %w", ErrUnavailable)

// An allowance bounds how often strangers can have something fetched: 4 times a
// minute for each sender, 256 times in total. It is not for concurrent use.
type allowance struct {
	total minute
	// senders are those of the last 256 fetches. One that is forgotten
	// had its last fetch so many fetches ago, which is more than a minute.
	senders *simplelru.LRU[netip.Addr, minute]
}

func newAllowance() *allowance {
	a := &allowance{total: make(minute, maxFetches)}
	a.senders, _ = simplelru.NewLRU[netip.Addr, minute](maxFetches, nil)
	return a
}

// spend counts one fetch for the sender, or returns errSpent.
func (a *allowance) spend(now time.Time, sender netip.Addr) error {
	sender = network(sender)
	own, known := a.senders.Peek(sender)
	if !known {
		own = make(minute, maxOfSender)
	}
	if a.total.full(now) || own.full(now) {
		return errSpent
	}
	a.total.add(now)
	own.add(now)
	a.senders.Add(sender, own)
	return nil
}

// network is what stands for a sender: of an IPv6 address the first 64 bits,
// because whoever has one address has all of them.
func network(sender netip.Addr) netip.Addr {
	sender = sender.Unmap()
	if !sender.Is6() {
		return sender
	}
	first, _ := sender.Prefix(64) // no error: it has 128
	return first.Addr()
}

// A minute is when the last fetches began, the latest first, as many as there
// may be in a minute.
type minute []time.Time

func (m minute) full(now time.Time) bool {
	oldest := m[len(m)-1]
	return !oldest.IsZero() && now.Sub(oldest) < time.Minute
}

func (m minute) add(now time.Time) {
	copy(m[1:], m)
	m[0] = now
}
