package gateway

import (
	"errors"
	"fmt"
	"hash/maphash"
	"net/netip"
	"sync/atomic"
)

// errBudget and errShare refuse a body memory: no more may be held, by anybody
// or by this sender.
var (
	errBudget = errors.New("too many bytes of bodies are being read at once")
	errShare  = fmt.Errorf("%w, and one sender holds too large a part of them", errBudget)
)

// counters is how many counters of senders a Budget has. Senders whose hashes
// meet count as one; the seed is a secret, so that nobody can choose with whom.
const counters = 1 << 14

var senderSeed = maphash.MakeSeed()

// A share is a Budget as one sender may use it: what all its bodies that are
// not verified yet hold together is never more than three times what is left
// free, unless it is one body alone. So one sender can have three quarters of
// the memory, which is room for others of his beside a large one, and whoever
// holds nothing finds some. A share may be used concurrently.
type share struct {
	budget     *Budget
	unverified *atomic.Int64 // bytes that the sender holds; nil: they are not counted
}

// share returns what the sender may use. Addresses of networks of our own, and
// unknown ones, are not counted: they are those of proxies as a rule, behind
// which anybody may be.
func (b *Budget) share(sender netip.Addr) share {
	if !sender.IsValid() || sender.IsPrivate() || sender.IsLoopback() {
		return share{b, nil}
	}
	address := sender.As16()
	network := address[:8] // whoever has one address of IPv6 has 64 bits of them
	if sender.Is4() {
		network = address[12:]
	}
	return share{b, &b.senders[maphash.Bytes(senderSeed, network)%counters]}
}

// take takes n bytes for a body that holds own bytes already.
func (s share) take(n, own int64) error {
	left, ok := s.budget.take(n)
	if !ok {
		return errBudget
	}
	if s.unverified == nil {
		return nil
	}
	held := s.unverified.Add(n)
	if others := held - n - own; others > 0 && held > 3*left {
		s.give(n)
		return errShare
	}
	return nil
}

// give gives n bytes of a body back that is not verified.
func (s share) give(n int64) {
	s.verified(n)
	s.budget.give(n)
}

// verified no longer counts n bytes as the sender's.
func (s share) verified(n int64) {
	if s.unverified != nil {
		s.unverified.Add(-n)
	}
}
